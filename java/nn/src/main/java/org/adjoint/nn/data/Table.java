package org.adjoint.nn.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Named columns of numbers and of categories, with values missing here and there: what a CSV file
 * or a query holds. What a network takes is made of it by a {@link TableEncoder}. Immutable by
 * agreement: arrays are kept, not copied.
 *
 * @param name what messages call the table
 * @param rows how many rows
 * @param columns the columns in their order, each name once
 */
public record Table(String name, int rows, List<Column> columns) {

  /** A column. */
  public sealed interface Column permits Numbers, Categories {
    /** Returns the column's name. */
    String name();

    /** Returns how many rows there are. */
    int rows();

    /** Returns how many rows have no value. */
    int missing();

    /** Returns the column of these rows alone, in the order given. */
    Column select(int... rows);
  }

  /**
   * A column of numbers.
   *
   * @param name its name
   * @param values one a row, NaN where there is none
   */
  public record Numbers(String name, double[] values) implements Column {
    @Override
    public int rows() {
      return values.length;
    }

    @Override
    public int missing() {
      return (int) Arrays.stream(values).filter(Double::isNaN).count();
    }

    @Override
    public Numbers select(int... rows) {
      return new Numbers(name, Arrays.stream(rows).mapToDouble(row -> values[row]).toArray());
    }
  }

  /**
   * A column of a few texts.
   *
   * @param name its name
   * @param codes the place of each row's text in {@code texts}, −1 where there is none
   * @param texts the different texts, in the order of their first rows
   */
  public record Categories(String name, int[] codes, List<String> texts) implements Column {
    /** Makes the column; the list is copied. */
    public Categories {
      texts = List.copyOf(texts);
    }

    @Override
    public int rows() {
      return codes.length;
    }

    @Override
    public int missing() {
      return (int) Arrays.stream(codes).filter(code -> code < 0).count();
    }

    @Override
    public Categories select(int... rows) {
      return new Categories(name, Arrays.stream(rows).map(row -> codes[row]).toArray(), texts);
    }
  }

  /**
   * Makes a table; the list is copied.
   *
   * @throws IllegalArgumentException naming the column, if two have one name or one has not {@code
   *     rows} rows
   */
  public Table {
    columns = List.copyOf(columns);
    Set<String> names = new LinkedHashSet<>();
    for (Column column : columns) {
      if (!names.add(column.name())) {
        throw new IllegalArgumentException("table: has two columns '" + column.name() + "'");
      }
      if (column.rows() != rows) {
        throw new IllegalArgumentException(
            "table: column '" + column.name() + "' has " + column.rows() + " rows, not " + rows);
      }
    }
  }

  /**
   * Returns a column.
   *
   * @throws IllegalArgumentException naming the columns that there are, if there is none of that
   *     name
   */
  public Column column(String wanted) {
    for (Column column : columns) {
      if (column.name().equals(wanted)) {
        return column;
      }
    }
    throw new IllegalArgumentException(
        "table: has no column '"
            + wanted
            + "', only "
            + columns.stream().map(Column::name).toList());
  }

  /**
   * Returns a column of numbers.
   *
   * @throws IllegalArgumentException if there is none of that name, or it holds texts
   */
  public Numbers numbers(String wanted) {
    if (column(wanted) instanceof Numbers numbers) {
      return numbers;
    }
    throw new IllegalArgumentException(
        "table: column '" + wanted + "' holds texts, not numbers; encode it as categories");
  }

  /**
   * Returns a column of categories.
   *
   * @throws IllegalArgumentException if there is none of that name, or it holds numbers
   */
  public Categories categories(String wanted) {
    if (column(wanted) instanceof Categories categories) {
      return categories;
    }
    throw new IllegalArgumentException(
        "table: column '" + wanted + "' holds numbers, not texts; read it as categories");
  }

  /**
   * Returns the table without a column.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public Table without(String unwanted) {
    List<Column> left = new ArrayList<>(columns);
    left.remove(column(unwanted));
    return new Table(name, rows, left);
  }

  /** Returns the table of these rows alone, in the order given; one may come twice. */
  public Table select(int... selected) {
    return new Table(
        name, selected.length, columns.stream().map(column -> column.select(selected)).toList());
  }
}
