package org.adjoint.nn.data;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Scope;

/**
 * Which rows an epoch takes, and in which order: a function of the epoch's number and nothing else,
 * so that a training can be resumed in the middle of any epoch. Another order is a lambda.
 */
@FunctionalInterface
public interface Sampler {
  /** Returns the row numbers of an epoch, counted from 0, in its order. */
  int[] order(long epoch);

  /** Returns the sampler that takes every row once, first to last. */
  static Sampler sequential(int rows) {
    int[] order = IntStream.range(0, rows).toArray();
    return epoch -> order.clone();
  }

  /** Returns the sampler that takes every row once, in an order drawn anew for every epoch. */
  static Sampler shuffled(int rows, Key key) {
    return epoch -> Shuffle.permutation(key.fold(epoch), rows);
  }

  /**
   * Returns the sampler that draws rows with replacement, each in proportion to its weight.
   *
   * @param weights one a row, finite and ≥ 0, some &gt; 0; a row of weight 0 is never drawn
   * @param draws how many rows an epoch has, ≥ 1
   * @param key where the draws come from
   * @throws IllegalArgumentException naming the row and its weight, if one is no such number
   */
  static Sampler weighted(double[] weights, int draws, Key key) {
    double[] sums = new double[weights.length];
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      if (!(weights[i] >= 0 && weights[i] < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "sampler: weight " + weights[i] + " of row " + i + " is not in [0, inf)");
      }
      sum += weights[i];
      sums[i] = sum;
    }
    if (!(sum > 0 && sum < Double.POSITIVE_INFINITY) || draws < 1) {
      throw new IllegalArgumentException(
          "sampler: " + draws + " draws from weights of sum " + sum + "; both must be above 0");
    }
    double total = sum;
    return epoch -> {
      int[] order = new int[draws];
      double[] uniform = uniform(key.fold(epoch), draws);
      for (int i = 0; i < draws; i++) {
        order[i] = firstAbove(sums, uniform[i] * total);
      }
      return order;
    };
  }

  /**
   * Returns the sampler that takes every row once, shuffled so that each batch, of whatever size,
   * has the classes in their shares of the whole, but for rounding.
   *
   * @param classes one class number a row, ≥ 0
   * @param key where the order of a class' rows comes from
   * @throws IllegalArgumentException naming the row, if a class number is negative
   */
  static Sampler stratified(int[] classes, Key key) {
    int[] kept = classes.clone();
    int[] counts = new int[Arrays.stream(kept).max().orElse(-1) + 1];
    for (int row = 0; row < kept.length; row++) {
      if (kept[row] < 0) {
        throw new IllegalArgumentException(
            "sampler: class " + kept[row] + " of row " + row + " is negative");
      }
      counts[kept[row]]++;
    }
    return epoch -> {
      int[] shuffled = Shuffle.permutation(key.fold(epoch), kept.length);
      double[] place = new double[kept.length];
      int[] seen = new int[counts.length];
      for (int row : shuffled) {
        place[row] = (seen[kept[row]]++ + 0.5) / counts[kept[row]];
      }
      return Arrays.stream(shuffled)
          .boxed()
          .sorted(Comparator.comparingDouble((Integer row) -> place[row]))
          .mapToInt(Integer::intValue)
          .toArray();
    };
  }

  @SuppressWarnings("try") // a scope works by being open
  private static double[] uniform(Key key, int n) {
    try (Scope scope = Scope.open()) {
      return key.uniform(DType.F64, n).toDoubleArray();
    }
  }

  /** Returns the first place whose sum is above {@code value}; there is one, or the last rises. */
  private static int firstAbove(double[] sums, double value) {
    int low = 0;
    int high = sums.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sums[middle] > value) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}
