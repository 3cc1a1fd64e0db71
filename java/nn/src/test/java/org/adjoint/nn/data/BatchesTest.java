package org.adjoint.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.adjoint.Key;
import org.adjoint.Shape;
import org.junit.jupiter.api.Test;

class BatchesTest {

  @Test
  void anEpochHasEveryRowOnceWithItsLabel() {
    Dataset data = SplitTest.numbered(23, 5);
    Batches batches = new Batches(data, 5, Key.of(1));
    assertEquals(5, batches.count());
    Batches.Epoch epoch = batches.epoch(1);
    int[] seen = new int[23];
    for (int i = 0; i < epoch.count(); i++) {
      Dataset.Batch batch = epoch.batch(i);
      int rows = i < 4 ? 5 : 3;
      assertEquals(rows, batch.rows());
      assertEquals(Shape.of(rows, 1), batch.features().shape());
      float[] features = batch.features().toArray();
      int[] labels = batch.labels().toIntArray();
      for (int j = 0; j < rows; j++) {
        int row = (int) features[j];
        seen[row]++;
        assertEquals(data.label(row), labels[j]);
      }
    }
    int[] once = new int[23];
    Arrays.fill(once, 1);
    assertArrayEquals(once, seen);
  }

  @Test
  void theOrderIsAFunctionOfKeyAndEpoch() {
    Dataset data = SplitTest.numbered(50, 2);
    int[] first = new Batches(data, 8, Key.of(1)).epoch(3).order();
    assertArrayEquals(first, new Batches(data, 8, Key.of(1)).epoch(3).order());
    assertFalse(Arrays.equals(first, new Batches(data, 8, Key.of(1)).epoch(4).order()));
    assertFalse(Arrays.equals(first, new Batches(data, 8, Key.of(2)).epoch(3).order()));
    assertFalse(Arrays.equals(first, IntStream.range(0, 50).toArray()));
  }

  @Test
  void permutationsAreSpreadEvenly() {
    int[][] hits = new int[4][4];
    int draws = 2000;
    for (int i = 0; i < draws; i++) {
      int[] order = Shuffle.permutation(Key.of(i), 4);
      for (int place = 0; place < 4; place++) {
        hits[place][order[place]]++;
      }
    }
    // each of the 16 counts is binomial with mean 500 and deviation 19.4
    for (int[] row : hits) {
      for (int count : row) {
        assertEquals(draws / 4.0, count, 100);
      }
    }
  }

  @Test
  void aBatchMayBeLargerThanTheData() {
    Batches batches = new Batches(SplitTest.numbered(3, 2), Integer.MAX_VALUE, Key.of(0));
    assertEquals(1, batches.count());
    assertEquals(3, batches.epoch(0).batch(0).rows());
  }

  @Test
  void sizesBelowOneAreErrors() {
    Dataset data = SplitTest.numbered(3, 2);
    assertThrows(IllegalArgumentException.class, () -> new Batches(data, 0, Key.of(0)));
    assertThrows(IllegalArgumentException.class, () -> new Batches(data.select(), 1, Key.of(0)));
    assertThrows(
        IndexOutOfBoundsException.class, () -> new Batches(data, 2, Key.of(0)).epoch(0).batch(2));
  }
}
