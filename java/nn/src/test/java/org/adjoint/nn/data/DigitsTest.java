package org.adjoint.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DigitsTest {
  private static final String ROW = "1" + ",0".repeat(62) + ",16,7";

  @TempDir private Path folder;

  @Test
  void theJarHasAll1797Images() {
    Dataset digits = Digits.load();
    assertEquals(1797, digits.rows());
    assertEquals(64, digits.columns());
    assertEquals(10, digits.classes());
    assertArrayEquals(
        new int[] {178, 182, 177, 183, 181, 182, 181, 179, 174, 180}, digits.classCounts());
    // the first line of the file: a zero, whose third pixel is 5 of 16
    assertEquals(0, digits.label(0));
    assertEquals(5 / 16f, digits.feature(0, 2));
    for (int row = 0; row < digits.rows(); row++) {
      for (int column = 0; column < digits.columns(); column++) {
        float value = digits.feature(row, column);
        assertTrue(value >= 0 && value <= 1, "row " + row + " has " + value);
      }
    }
  }

  @Test
  void theSplitIs1437To360AndFixed() {
    Split split = Digits.split(Digits.load());
    assertEquals(1437, split.train().rows());
    assertEquals(360, split.test().rows());
    // 360/1797 of each class is 34.86 … 36.66; the largest remainders are rounded up
    assertArrayEquals(
        new int[] {36, 37, 35, 37, 36, 36, 36, 36, 35, 36}, split.test().classCounts());
    // which rows these are is part of every published accuracy: a change here changes them all
    assertEquals(644369431, checksum(split.test()));
    Split again = Digits.split(Digits.load());
    for (int row = 0; row < 360; row++) {
      assertEquals(split.test().label(row), again.test().label(row));
      for (int column = 0; column < 64; column++) {
        assertEquals(split.test().feature(row, column), again.test().feature(row, column));
      }
    }
  }

  private static int checksum(Dataset data) {
    int sum = 0;
    for (int row = 0; row < data.rows(); row++) {
      for (int column = 0; column < data.columns(); column++) {
        sum = 31 * sum + Math.round(16 * data.feature(row, column));
      }
      sum = 31 * sum + data.label(row);
    }
    return sum;
  }

  @Test
  void provenanceAndLicenceTravelWithTheData() throws IOException {
    try (InputStream in = Digits.class.getResourceAsStream("digits.README.md")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(text.contains("CC BY 4.0") && text.contains("Alpaydin"), text);
    }
  }

  @Test
  void aFileIsReadPlainOrPacked() {
    byte[] text = (ROW + "\r\n" + ROW + "\n").getBytes(StandardCharsets.UTF_8);
    for (byte[] bytes : Arrays.asList(text, Bytes.gzip(text))) {
      Dataset data = Digits.read(Bytes.write(folder, "any.name", bytes));
      assertEquals(2, data.rows());
      assertEquals(7, data.label(1));
      assertEquals(1, data.feature(1, 63));
    }
  }

  static Stream<Arguments> wrongFiles() {
    byte[] good = (ROW + "\n").repeat(50).getBytes(StandardCharsets.UTF_8);
    byte[] packed = Bytes.gzip(good);
    byte[] damaged = packed.clone();
    damaged[damaged.length - 6] ^= 1;
    return Stream.of(
        Arguments.of("empty", "has no rows", new byte[0]),
        Arguments.of("narrow", "line 2: 64 values, expected 65", text(ROW, "0" + ",1".repeat(63))),
        Arguments.of("wide", "line 1: 66 values, expected 65", text(ROW + ",1")),
        Arguments.of("wide later", "line 2: 66 values, expected 65", text(ROW, ROW + ",1")),
        Arguments.of("blank line", "line 2: 1 values, expected 65", text(ROW, "", ROW)),
        Arguments.of("label 10", "line 2, column 65: label '10'", text(ROW, label("10"))),
        Arguments.of("label -1", "line 1, column 65: label '-1'", text(label("-1"))),
        Arguments.of("label 7.0", "line 1, column 65: label '7.0'", text(label("7.0"))),
        Arguments.of("no label", "line 1, column 65: label ''", text(label(""))),
        Arguments.of("pixel 17", "line 1, column 1: pixel '17'", text("17" + ROW.substring(1))),
        Arguments.of("pixel x", "line 1, column 1: pixel 'x'", text("x" + ROW.substring(1))),
        Arguments.of("header", "line 1, column 1: pixel 'p'", text("p" + ",p".repeat(64), ROW)),
        Arguments.of("quote", "not CSV", text("\"" + ROW)),
        Arguments.of("not UTF-8", "not UTF-8", new byte[] {(byte) 0xff, (byte) 0xfe, 0}),
        Arguments.of("cut gzip", "truncated", Bytes.cut(packed, packed.length - 10)),
        Arguments.of("cut gzip header", "truncated", Bytes.cut(packed, 5)),
        Arguments.of("damaged gzip", "damaged", damaged));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrongFiles")
  void aWrongFileIsRefusedInOneLine(String kind, String part, byte[] bytes) {
    Path file = Bytes.write(folder, "digits.csv", bytes);
    String message = assertThrows(DataException.class, () -> Digits.read(file)).getMessage();
    assertTrue(message.startsWith(file + ": ") && message.contains(part), message);
    assertEquals(1, message.lines().count(), message);
  }

  @Test
  void aMissingFileIsRefused() {
    Path file = folder.resolve("none.csv");
    String message = assertThrows(DataException.class, () -> Digits.read(file)).getMessage();
    assertEquals(file + ": no such file", message);
    assertThrows(DataException.class, () -> Digits.read(folder));
  }

  private static String label(String label) {
    return ROW.substring(0, ROW.length() - 1) + label;
  }

  private static byte[] text(String... lines) {
    return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
  }
}
