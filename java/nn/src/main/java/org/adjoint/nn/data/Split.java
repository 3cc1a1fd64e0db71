package org.adjoint.nn.data;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.adjoint.Key;

/**
 * What a model may learn from, and what it is judged by.
 *
 * @param train the examples to learn from
 * @param test the examples to judge by; none of them is in {@code train}
 */
public record Split(Dataset train, Dataset test) {

  /**
   * Makes a split of two parts that exist.
   *
   * @throws IllegalArgumentException naming both, if their columns or classes differ
   */
  public Split {
    if (train.columns() != test.columns() || train.classes() != test.classes()) {
      throw new IllegalArgumentException("split: parts do not fit: " + train + "; " + test);
    }
  }

  /**
   * Returns a split in which each class has its share of the test rows. Shares are cut down to
   * whole rows, and the rows still missing go one each to the classes whose share was cut most (the
   * lower class at a tie), so the sizes are exact. Which rows of a class are taken depends on the
   * key alone; both parts keep the order of {@code data}.
   *
   * @param data what to split
   * @param testRows the size of the test part, in [0, rows]
   * @param key where the choice of rows comes from
   * @throws IllegalArgumentException if {@code testRows} is out of range
   */
  public static Split stratified(Dataset data, int testRows, Key key) {
    if (testRows < 0 || testRows > data.rows()) {
      throw new IllegalArgumentException("split: " + testRows + " test rows out of " + data.rows());
    }
    int[] shares = shares(data.classCounts(), testRows);
    boolean[] isTest = new boolean[data.rows()];
    for (int c = 0; c < data.classes(); c++) {
      int label = c;
      int[] members =
          IntStream.range(0, data.rows()).filter(row -> data.label(row) == label).toArray();
      int[] order = Shuffle.permutation(key.fold(c), members.length);
      for (int i = 0; i < shares[c]; i++) {
        isTest[members[order[i]]] = true;
      }
    }
    return new Split(
        data.select(IntStream.range(0, isTest.length).filter(row -> !isTest[row]).toArray()),
        data.select(IntStream.range(0, isTest.length).filter(row -> isTest[row]).toArray()));
  }

  /** Returns how many of {@code total} each count gets in proportion, by largest remainder. */
  static int[] shares(int[] counts, int total) {
    long all = Arrays.stream(counts).asLongStream().sum();
    int[] shares = new int[counts.length];
    if (all == 0) {
      return shares;
    }
    long[] remainders = new long[counts.length];
    int left = total;
    for (int c = 0; c < counts.length; c++) {
      shares[c] = (int) ((long) counts[c] * total / all);
      remainders[c] = (long) counts[c] * total % all;
      left -= shares[c];
    }
    int[] largestFirst =
        IntStream.range(0, counts.length)
            .boxed()
            .sorted(Comparator.comparingLong((Integer c) -> -remainders[c]))
            .mapToInt(Integer::intValue)
            .toArray();
    for (int i = 0; i < left; i++) {
      shares[largestFirst[i]]++;
    }
    return shares;
  }
}
