package org.adjoint.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.adjoint.Key;
import org.junit.jupiter.api.Test;

class SamplerTest {
  @Test
  void anOrderIsAFunctionOfItsEpoch() {
    int[] classes = IntStream.range(0, 50).map(row -> row % 3).toArray();
    double[] weights = new double[50];
    Arrays.fill(weights, 1);
    for (Sampler sampler :
        new Sampler[] {
          Sampler.shuffled(50, Key.of(1)),
          Sampler.weighted(weights, 50, Key.of(1)),
          Sampler.stratified(classes, Key.of(1))
        }) {
      assertArrayEquals(sampler.order(3), sampler.order(3));
      assertFalse(Arrays.equals(sampler.order(3), sampler.order(4)));
    }
    assertArrayEquals(new int[] {0, 1, 2}, Sampler.sequential(3).order(9));
  }

  @Test
  void weightsAreShares() {
    int[] order = Sampler.weighted(new double[] {0, 1, 0, 3, 0}, 40_000, Key.of(2)).order(0);
    int[] counts = new int[5];
    Arrays.stream(order).forEach(row -> counts[row]++);
    assertEquals(0, counts[0] + counts[2] + counts[4]);
    // a binomial of 40 000 draws strays by 87; five of them are never seen
    assertEquals(30_000, counts[3], 435);
    assertThrows(
        IllegalArgumentException.class, () -> Sampler.weighted(new double[2], 1, Key.of(1)));
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> Sampler.weighted(new double[] {1, -2}, 1, Key.of(1)))
            .getMessage();
    assertEquals("sampler: weight -2.0 of row 1 is not in [0, inf)", message);
  }

  @Test
  void everyBatchHasTheClassesInTheirShares() {
    int[] classes =
        IntStream.range(0, 1000).map(row -> row < 100 ? 0 : row < 400 ? 1 : 2).toArray();
    int[] order = Sampler.stratified(classes, Key.of(1)).order(0);
    assertArrayEquals(IntStream.range(0, 1000).toArray(), Arrays.stream(order).sorted().toArray());
    double[] shares = {0.1, 0.3, 0.6};
    for (int size : new int[] {10, 32, 100}) {
      for (int from = 0; from + size <= 1000; from += size) {
        int[] counts = new int[3];
        Arrays.stream(order, from, from + size).forEach(row -> counts[classes[row]]++);
        for (int c = 0; c < 3; c++) {
          assertTrue(
              Math.abs(counts[c] - shares[c] * size) < 2, from + ": " + Arrays.toString(counts));
        }
      }
    }
  }
}
