package org.adjoint.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.adjoint.Key;
import org.adjoint.nn.data.TableEncoder.Scaling;
import org.adjoint.nn.format.Safetensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableEncoderTest {
  @TempDir private Path folder;

  private static Table table(double[] x, int[] codes, String... texts) {
    return new Table(
        "t",
        x.length,
        List.of(new Table.Numbers("x", x), new Table.Categories("c", codes, List.of(texts))));
  }

  private static final Table TRAIN =
      table(new double[] {1, 3, Double.NaN, 5}, new int[] {0, 1, -1, 0}, "red", "blue");

  @Test
  void numbersAreScaledAndCategoriesOneHot() {
    TableEncoder standard = TableEncoder.fit(TRAIN, Scaling.STANDARD);
    assertEquals(List.of("x", "c=red", "c=blue"), standard.names());
    float z = (float) (2 / Math.sqrt(8 / 3.0));
    assertArrayEquals(
        new float[] {-z, 1, 0, 0, 0, 1, 0, 0, 0, z, 1, 0}, standard.encode(TRAIN), 1e-7f);
    TableEncoder minMax = TableEncoder.fit(TRAIN, Scaling.MIN_MAX);
    assertArrayEquals(new float[] {0, .5f, .5f, 1}, first(minMax.encode(TRAIN)));
    TableEncoder none = TableEncoder.fit(TRAIN, Scaling.NONE);
    assertArrayEquals(new float[] {1, 3, 3, 5}, first(none.encode(TRAIN)));
    // other rows, another order of the texts, one unknown
    Table other = table(new double[] {7}, new int[] {1}, "green", "blue");
    assertArrayEquals(new float[] {1.5f, 0, 1}, minMax.encode(other));
    Table unknown = table(new double[] {7}, new int[] {0}, "green");
    assertArrayEquals(new float[] {1.5f, 0, 0}, minMax.encode(unknown));
  }

  private static float[] first(float[] features) {
    return new float[] {features[0], features[3], features[6], features[9]};
  }

  @Test
  void aConstantColumnIsZero() {
    double[] tenths = new double[10];
    Arrays.fill(tenths, 0.1); // whose mean, as a sum, is no tenth
    Table constant = table(tenths, new int[10], "red");
    for (Scaling scaling : List.of(Scaling.STANDARD, Scaling.MIN_MAX)) {
      assertEquals(0f, TableEncoder.fit(constant, scaling).encode(constant)[0]);
    }
  }

  @Test
  void anEncoderIsSavedWithAModel() {
    TableEncoder encoder = TableEncoder.fit(TRAIN, Scaling.STANDARD);
    Path file = folder.resolve("model");
    Map<String, String> metadata = new LinkedHashMap<>(encoder.metadata());
    metadata.put("other", "text");
    new Safetensors(Map.of(), metadata).write(file);
    TableEncoder read = TableEncoder.of(file, Safetensors.read(file).metadata());
    assertEquals(encoder.names(), read.names());
    assertArrayEquals(encoder.encode(TRAIN), read.encode(TRAIN));
    for (String key : encoder.metadata().keySet()) {
      metadata.remove(key);
      String message =
          assertThrows(DataException.class, () -> TableEncoder.of(file, metadata)).getMessage();
      assertTrue(message.contains("metadata '" + "encoder."), message);
      metadata.put(key, encoder.metadata().get(key));
    }
    metadata.put("encoder.0.scale", "0");
    assertThrows(DataException.class, () -> TableEncoder.of(file, metadata));
    metadata.put("encoder.0.scale", "NaN");
    assertThrows(DataException.class, () -> TableEncoder.of(file, metadata));
  }

  @Test
  void aTableThatDoesNotFitIsRefusedByName() {
    TableEncoder encoder = TableEncoder.fit(TRAIN, Scaling.NONE);
    String message =
        assertThrows(DataException.class, () -> encoder.encode(TRAIN.without("c"))).getMessage();
    assertTrue(message.contains("no column 'c', only [x]"), message);
    Table empty = table(new double[] {Double.NaN}, new int[] {0}, "red");
    message =
        assertThrows(DataException.class, () -> TableEncoder.fit(empty, Scaling.NONE)).getMessage();
    assertTrue(message.contains("column 'x' has no value in any of 1 rows"), message);
  }

  @Test
  void aVocabularyCounts() {
    Vocabulary words = Vocabulary.fit(List.of("b", "a", "c", "b", "a", "d", "b"), 1, 3);
    assertEquals(List.of("b", "a", "c"), words.words());
    assertEquals(
        List.of("b", "a"),
        Vocabulary.fit(List.of("b", "a", "c", "b", "a"), 2, 9).words().stream()
            .sorted((x, y) -> y.compareTo(x))
            .toList());
    assertEquals(OptionalInt.of(1), words.find("a"));
    assertEquals(OptionalInt.empty(), words.find("d"));
    Vocabulary read = Vocabulary.find("file", words.metadata("label."), "label.").orElseThrow();
    assertEquals(words.words(), read.words());
    Table.Categories labels = new Table.Categories("y", new int[] {1, 0, -1}, List.of("a", "c"));
    assertArrayEquals(new int[] {2, 1}, words.encode(labels.select(0, 1)));
    String message = assertThrows(DataException.class, () -> words.encode(labels)).getMessage();
    assertEquals("column 'y': row 3: has no value; leave the row out", message);
    assertThrows(IllegalArgumentException.class, () -> Vocabulary.of(List.of("a", "a")));
  }

  @Test
  void foldsTestEachRowOnceAndKeepTheShares() {
    int[] classes = IntStream.range(0, 103).map(row -> row % 10 == 0 ? 1 : 0).toArray();
    for (List<Fold> folds :
        List.of(Fold.of(103, 5, Key.of(1)), Fold.stratified(classes, 5, Key.of(1)))) {
      int[] tested = new int[103];
      for (Fold fold : folds) {
        assertEquals(103, fold.train().length + fold.test().length);
        assertTrue(Math.abs(fold.test().length - 20.6) < 1);
        Arrays.stream(fold.test()).forEach(row -> tested[row]++);
        Arrays.stream(fold.train()).forEach(row -> assertTrue(!contains(fold.test(), row)));
      }
      assertArrayEquals(IntStream.range(0, 103).map(row -> 1).toArray(), tested);
    }
    for (Fold fold : Fold.stratified(classes, 5, Key.of(1))) {
      long ones = Arrays.stream(fold.test()).filter(row -> classes[row] == 1).count();
      assertTrue(ones == 2 || ones == 3, ones + " of 11 in a fifth");
    }
    assertThrows(IllegalArgumentException.class, () -> Fold.of(3, 4, Key.of(1)));
    assertThrows(IllegalArgumentException.class, () -> Fold.of(3, 1, Key.of(1)));
  }

  private static boolean contains(int[] rows, int row) {
    return Arrays.binarySearch(rows, row) >= 0;
  }
}
