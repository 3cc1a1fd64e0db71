package org.adjoint.nn.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.adjoint.Key;

/**
 * One of the k ways in which cross-validation splits the rows: each row is tested by one fold and
 * learnt from by all others.
 *
 * @param train the rows to learn from, rising
 * @param test the rows to judge by, rising
 */
public record Fold(int[] train, int[] test) {

  /**
   * Returns k folds of rows drawn by a key; the sizes of their test parts differ by at most 1.
   *
   * @throws IllegalArgumentException if {@code folds} is not in [2, rows]
   */
  public static List<Fold> of(int rows, int folds, Key key) {
    requireFolds(rows, folds);
    return folds(Shuffle.permutation(key, rows), folds);
  }

  /**
   * Returns k folds in each of which every class has its share of the test rows, but for rounding.
   *
   * @param classes one class number a row, ≥ 0
   * @throws IllegalArgumentException if {@code folds} is not in [2, rows], or a class is negative
   */
  public static List<Fold> stratified(int[] classes, int folds, Key key) {
    requireFolds(classes.length, folds);
    // class after class, so that dealing the rows out deals out every class
    int[] order = Sampler.stratified(classes, key).order(0);
    int[] byClass =
        Arrays.stream(order)
            .boxed()
            .sorted((a, b) -> Integer.compare(classes[a], classes[b]))
            .mapToInt(Integer::intValue)
            .toArray();
    return folds(byClass, folds);
  }

  private static void requireFolds(int rows, int folds) {
    if (folds < 2 || folds > rows) {
      throw new IllegalArgumentException("folds: " + folds + " of " + rows + " rows; 2 to rows");
    }
  }

  private static List<Fold> folds(int[] order, int folds) {
    int[] foldOf = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      foldOf[order[i]] = i % folds;
    }
    List<Fold> all = new ArrayList<>();
    for (int f = 0; f < folds; f++) {
      int fold = f;
      all.add(
          new Fold(
              IntStream.range(0, order.length).filter(row -> foldOf[row] != fold).toArray(),
              IntStream.range(0, order.length).filter(row -> foldOf[row] == fold).toArray()));
    }
    return List.copyOf(all);
  }
}
