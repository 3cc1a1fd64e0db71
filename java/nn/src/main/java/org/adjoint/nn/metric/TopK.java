package org.adjoint.nn.metric;

import java.util.Map;
import org.adjoint.Tensor;

/**
 * The share of rows whose label is among the k largest scores. Of equal scores the first counts as
 * the larger, so that k = 1 is the accuracy.
 */
public final class TopK implements Metric {
  private final int k;
  private long right;
  private long rows;

  /**
   * Starts without rows.
   *
   * @param k ≥ 1
   * @throws IllegalArgumentException naming k, if it is below 1
   */
  public TopK(int k) {
    if (k < 1) {
      throw new IllegalArgumentException("top-k: k " + k + " is below 1");
    }
    this.k = k;
  }

  /**
   * Adds rows.
   *
   * @param output scores of shape [n, classes]
   * @param target class numbers, of shape [n]
   * @throws IllegalArgumentException naming the shapes or the label, if they do not fit
   */
  @Override
  public void add(Tensor output, Tensor target) {
    Scored batch = Scored.of("top-k", output, target);
    for (int i = 0; i < batch.labels().length; i++) {
      right += batch.rank(i, batch.labels()[i]) < k ? 1 : 0;
    }
    rows += batch.labels().length;
  }

  /** Returns the share; NaN of no rows. */
  public double value() {
    return (double) right / rows;
  }

  @Override
  public Map<String, Double> values() {
    return Map.of("top" + k, value());
  }

  @Override
  public void reset() {
    right = 0;
    rows = 0;
  }
}
