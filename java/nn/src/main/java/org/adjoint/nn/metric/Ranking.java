package org.adjoint.nn.metric;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.adjoint.Tensor;

/**
 * How well a score orders rows of two classes: the area under the ROC curve, which is the
 * probability that a positive row scores above a negative one, ties counting half (J. A. Hanley, B.
 * J. McNeil, Radiology 1982); and the area under the precision-recall curve as its average
 * precision, Σ (Rᵢ − Rᵢ₋₁)·Pᵢ over the distinct scores from the highest on. Every row is kept, so
 * both are exact.
 */
public final class Ranking implements Metric {
  private double[] scores = new double[64];
  private boolean[] positive = new boolean[64];
  private int rows;

  /** One threshold: how many rows of each class score at least as much. */
  private interface Visitor {
    void at(long positives, long negatives);
  }

  /** Starts without rows. */
  public Ranking() {}

  /**
   * Adds rows.
   *
   * @param output a score a row, of n numbers
   * @param target 0 or 1 a row, of n numbers
   * @throws IllegalArgumentException naming the shapes or the value, if the sizes differ, a target
   *     is neither 0 nor 1, or a score is NaN
   */
  @Override
  public void add(Tensor output, Tensor target) {
    Paired batch = Paired.of("ranking", output, target);
    int more = batch.target().length;
    for (int i = 0; i < more; i++) {
      double y = batch.target()[i];
      if (y != 0 && y != 1 || Double.isNaN(batch.output()[i])) {
        throw new IllegalArgumentException(
            "ranking: row %d has target %s and score %s; targets are 0 or 1, and NaN has no place"
                .formatted(i, y, batch.output()[i]));
      }
    }
    if (rows + more > scores.length) {
      int size = Math.max(rows + more, 2 * scores.length);
      scores = Arrays.copyOf(scores, size);
      positive = Arrays.copyOf(positive, size);
    }
    for (int i = 0; i < more; i++) {
      scores[rows] = batch.output()[i];
      positive[rows++] = batch.target()[i] == 1;
    }
  }

  private void visit(Visitor visitor) {
    Integer[] order = new Integer[rows];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Double.compare(scores[b], scores[a]));
    long positives = 0;
    long negatives = 0;
    for (int i = 0; i < rows; i++) {
      if (positive[order[i]]) {
        positives++;
      } else {
        negatives++;
      }
      if (i + 1 == rows || scores[order[i + 1]] != scores[order[i]]) {
        visitor.at(positives, negatives);
      }
    }
  }

  /** Returns the area under the ROC curve; NaN without rows of both classes. */
  public double rocAuc() {
    double[] area = new double[1];
    long[] before = new long[2];
    visit(
        (positives, negatives) -> {
          area[0] += (negatives - before[1]) * 0.5 * (positives + before[0]);
          before[0] = positives;
          before[1] = negatives;
        });
    return area[0] / ((double) before[0] * before[1]);
  }

  /** Returns the average precision; NaN without positive rows. */
  public double prAuc() {
    double[] area = new double[1];
    long[] before = new long[1];
    visit(
        (positives, negatives) -> {
          area[0] += (positives - before[0]) * ((double) positives / (positives + negatives));
          before[0] = positives;
        });
    return area[0] / before[0];
  }

  @Override
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("roc auc", rocAuc());
    values.put("pr auc", prAuc());
    return values;
  }

  @Override
  public void reset() {
    rows = 0;
  }
}
