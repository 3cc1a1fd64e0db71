package org.adjoint.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvTest {
  @TempDir private Path folder;

  private Path file(String text) {
    return Bytes.write(folder, "a.csv", text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void kindsAreWhatTheValuesAre() {
    Table table =
        Csv.standard()
            .read(
                file(
                    "\ufeffage, island ,mixed,code\n"
                        + "1.5,\"Dream, the\",1,7\n\n"
                        + " -2e3 ,NA,x,8\r\n"
                        + ",Biscoe,2,\n"));
    assertEquals(3, table.rows());
    assertArrayEquals(new double[] {1.5, -2000, Double.NaN}, table.numbers("age").values());
    assertEquals(1, table.numbers("age").missing());
    assertEquals(List.of("Dream, the", "Biscoe"), table.categories("island").texts());
    assertArrayEquals(new int[] {0, -1, 1}, table.categories("island").codes());
    assertEquals(List.of("1", "x", "2"), table.categories("mixed").texts());
    assertArrayEquals(new double[] {7, 8, Double.NaN}, table.numbers("code").values());
    Path packed =
        Bytes.write(
            folder, "a.csv.gz", Bytes.gzip("code\n7\n8\n".getBytes(StandardCharsets.UTF_8)));
    assertEquals(
        List.of("7", "8"),
        Csv.standard().withCategories("code").read(packed).categories("code").texts());
  }

  @Test
  void settingsChangeWhatIsRead() {
    Table table = Csv.standard().withoutHeader().separatedBy('\t').read(file("1\ta\n2\tb\n"));
    assertArrayEquals(new double[] {1, 2}, table.numbers("column1").values());
    assertArrayEquals(new double[] {2}, table.select(1).numbers("column1").values());
    assertEquals(
        List.of("column2"),
        table.without("column1").columns().stream().map(Table.Column::name).toList());
    assertThrows(IllegalArgumentException.class, () -> table.numbers("column2"));
    assertThrows(IllegalArgumentException.class, () -> table.categories("column1"));
  }

  @Test
  void whatIsWrongIsNamed() throws IOException {
    assertRefused("", "has no row");
    assertRefused("a,b\n1,2\n1\n", "line 3: 1 values, expected 2");
    assertRefused("a,a\n1,2\n", "has two columns 'a'");
    assertRefused("a\n\"open\n", "is not CSV");
    StringBuilder names = new StringBuilder("id,name\n");
    for (int i = 0; i <= 1000; i++) {
      names.append(i).append(",person ").append(i).append('\n');
    }
    assertRefused(names.toString(), "row 1001: column 'name' has more than 1000 different texts");
    Files.write(folder.resolve("a.csv"), new byte[] {'a', '\n', (byte) 0xff, '\n'});
    assertRefused(folder.resolve("a.csv"), "is not UTF-8 text");
    String message =
        assertThrows(
                DataException.class, () -> Csv.standard().withCategories("b").read(file("a\n1\n")))
            .getMessage();
    assertTrue(message.endsWith("has no column 'b', only [a]"), message);
  }

  private void assertRefused(String text, String part) {
    assertRefused(file(text), part);
  }

  private static void assertRefused(Path file, String part) {
    String message =
        assertThrows(DataException.class, () -> Csv.standard().read(file)).getMessage();
    assertTrue(message.startsWith(file + ": ") && message.contains(part), message);
  }
}
