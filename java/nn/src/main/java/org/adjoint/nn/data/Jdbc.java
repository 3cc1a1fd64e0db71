package org.adjoint.nn.data;

import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;

/**
 * A table from a query's result. Numbers and truth values (1 and 0) are numbers, texts are
 * categories, NULL is missing; columns of other types are refused by name.
 */
public final class Jdbc {
  private Jdbc() {}

  /**
   * Returns all rows that are left of a result, which stays open.
   *
   * @param name what messages call the table
   * @param result what to read
   * @throws DataException naming the column, if its type is none of these, a whole number is one
   *     that no double holds, or reading fails
   */
  public static Table read(String name, ResultSet result) {
    try {
      ResultSetMetaData about = result.getMetaData();
      List<TableBuilder.Growing> columns = new ArrayList<>();
      for (int i = 1; i <= about.getColumnCount(); i++) {
        columns.add(column(name, about, i));
      }
      while (result.next()) {
        for (int i = 0; i < columns.size(); i++) {
          add(name, result, columns.get(i), i + 1);
        }
      }
      return TableBuilder.table(name, columns);
    } catch (SQLException e) {
      throw new DataException(name, "cannot be read: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new DataException(name, "is no table: " + e.getMessage(), e);
    }
  }

  private static TableBuilder.Growing column(String source, ResultSetMetaData about, int at)
      throws SQLException {
    String label = about.getColumnLabel(at);
    return switch (about.getColumnType(at)) {
      case Types.BIT,
          Types.BOOLEAN,
          Types.TINYINT,
          Types.SMALLINT,
          Types.INTEGER,
          Types.BIGINT,
          Types.REAL,
          Types.FLOAT,
          Types.DOUBLE,
          Types.NUMERIC,
          Types.DECIMAL ->
          new TableBuilder.GrowingNumbers(source, label, 0);
      case Types.CHAR, Types.VARCHAR, Types.LONGVARCHAR, Types.NCHAR, Types.NVARCHAR ->
          new TableBuilder.GrowingCategories(source, label, 0);
      default ->
          throw new DataException(
              source,
              "column '"
                  + label
                  + "' is "
                  + about.getColumnTypeName(at)
                  + ", neither numbers nor texts; cast it in the query or leave it out");
    };
  }

  private static void add(String source, ResultSet result, TableBuilder.Growing column, int at)
      throws SQLException {
    if (column instanceof TableBuilder.GrowingNumbers numbers) {
      double value = result.getDouble(at);
      boolean isNull = result.wasNull();
      if (!isNull
          && Math.abs(value) >= 0x1p53
          && result.getMetaData().getColumnType(at) == Types.BIGINT) {
        throw new DataException(
            source,
            "row "
                + (column.rows + 1)
                + ": column '"
                + column.name
                + "' is "
                + result.getLong(at)
                + ", beyond the whole numbers of a double; cast it in the query or leave it out");
      }
      numbers.add(isNull ? Double.NaN : value);
    } else if (column instanceof TableBuilder.GrowingCategories texts) {
      String text = result.getString(at);
      if (text == null) {
        texts.addMissing();
      } else {
        texts.add(text);
      }
    }
  }
}
