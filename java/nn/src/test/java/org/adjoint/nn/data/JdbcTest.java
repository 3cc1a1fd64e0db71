package org.adjoint.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;

class JdbcTest {
  private static Table query(String query) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:h2:mem:");
        Statement statement = connection.createStatement()) {
      statement.execute(
          "create table t (id int, weight double, ok boolean, kind varchar(9), price decimal(9, 2),"
              + " big bigint, born date)");
      statement.execute(
          "insert into t values (1, 0.5, true, 'a', 1.25, 9007199254740993, '2026-12-01'),"
              + " (2, null, false, null, null, 3, null), (3, -1, null, 'b', 0, 4, null)");
      try (ResultSet result = statement.executeQuery(query)) {
        return Jdbc.read("t", result);
      }
    }
  }

  @Test
  void aQueryIsATable() throws SQLException {
    Table table = query("select id, weight as w, ok, kind, price from t order by id");
    assertEquals(3, table.rows());
    assertArrayEquals(new double[] {1, 2, 3}, table.numbers("ID").values());
    assertArrayEquals(new double[] {0.5, Double.NaN, -1}, table.numbers("W").values());
    assertArrayEquals(new double[] {1, 0, Double.NaN}, table.numbers("OK").values());
    assertArrayEquals(new double[] {1.25, Double.NaN, 0}, table.numbers("PRICE").values());
    assertEquals(List.of("a", "b"), table.categories("KIND").texts());
    assertArrayEquals(new int[] {0, -1, 1}, table.categories("KIND").codes());
    assertEquals(0, query("select id from t where id > 9").rows());
  }

  @Test
  void whatIsNoNumberAndNoTextIsRefusedByName() {
    assertRefused("select id, born from t", "column 'BORN' is DATE, neither numbers nor texts");
    assertRefused("select big from t order by id", "row 1: column 'BIG' is 9007199254740993");
    assertRefused("select id, kind as id from t", "has two columns 'ID'");
  }

  private static void assertRefused(String query, String part) {
    String message = assertThrows(DataException.class, () -> query(query)).getMessage();
    assertTrue(message.startsWith("t: ") && message.contains(part), message);
  }
}
