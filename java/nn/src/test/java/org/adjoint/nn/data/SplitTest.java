package org.adjoint.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.adjoint.Key;
import org.junit.jupiter.api.Test;

class SplitTest {

  @Test
  void sharesAddUpWhateverTheCounts() {
    assertArrayEquals(new int[] {2, 1, 1}, Split.shares(new int[] {3, 3, 3}, 4));
    assertArrayEquals(new int[] {0, 0, 0}, Split.shares(new int[] {0, 0, 0}, 0));
    assertArrayEquals(new int[] {0, 7}, Split.shares(new int[] {0, 9}, 7));
    for (int total = 0; total <= 53; total++) {
      int[] counts = {1, 0, 7, 13, 32};
      int[] shares = Split.shares(counts, total);
      assertEquals(total, Arrays.stream(shares).sum());
      for (int c = 0; c < counts.length; c++) {
        double exact = (double) counts[c] * total / 53;
        assertEquals(exact, shares[c], 1, "class " + c);
        assertEquals(true, shares[c] <= counts[c]);
      }
    }
  }

  @Test
  void everyRowIsInExactlyOnePart() {
    Dataset data = numbered(100, 3);
    Split split = Split.stratified(data, 31, Key.of(5));
    assertEquals(69, split.train().rows());
    assertEquals(31, split.test().rows());
    int[] all = IntStream.concat(rows(split.train()), rows(split.test())).sorted().toArray();
    assertArrayEquals(IntStream.range(0, 100).toArray(), all);
    assertArrayEquals(rows(split.test()).sorted().toArray(), rows(split.test()).toArray());
  }

  @Test
  void theKeyDecidesWhichRows() {
    Dataset data = numbered(100, 3);
    int[] first = rows(Split.stratified(data, 31, Key.of(5)).test()).toArray();
    assertArrayEquals(first, rows(Split.stratified(data, 31, Key.of(5)).test()).toArray());
    assertNotEquals(
        Arrays.toString(first),
        Arrays.toString(rows(Split.stratified(data, 31, Key.of(6)).test()).toArray()));
  }

  @Test
  void aTestPartThatIsTooLargeIsAnError() {
    assertThrows(
        IllegalArgumentException.class, () -> Split.stratified(numbered(10, 2), 11, Key.of(0)));
  }

  @Test
  void labelsOutOfRangeAndLengthsThatDoNotFitAreErrors() {
    assertThrows(
        IllegalArgumentException.class,
        () -> Dataset.of("d", new float[4], new int[] {0, 2}, 2, 2));
    assertThrows(
        IllegalArgumentException.class,
        () -> Dataset.of("d", new float[5], new int[] {0, 1}, 2, 2));
  }

  /** Returns rows whose only feature is their number. */
  static Dataset numbered(int rows, int classes) {
    float[] features = new float[rows];
    int[] labels = new int[rows];
    for (int i = 0; i < rows; i++) {
      features[i] = i;
      labels[i] = i * i % classes;
    }
    return Dataset.of("numbered", features, labels, 1, classes);
  }

  private static IntStream rows(Dataset data) {
    return IntStream.range(0, data.rows()).map(i -> (int) data.feature(i, 0));
  }
}
