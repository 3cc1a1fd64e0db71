package org.adjoint.nn.metric;

import java.util.LinkedHashMap;
import java.util.Map;
import org.adjoint.Tensor;

/**
 * The mean of −log p(label) where p is the softmax of a row of logits, and the perplexity, its
 * exponential. Sums are compensated (W. Kahan, "Further remarks on reducing truncation errors",
 * CACM 1965), so that batches make no difference.
 */
public final class LogLoss implements Metric {
  private final Sum sum = new Sum();
  private long rows;

  /** Starts without rows. */
  public LogLoss() {}

  /**
   * Adds rows.
   *
   * @param output logits of shape [n, classes]
   * @param target class numbers, of shape [n]
   * @throws IllegalArgumentException naming the shapes or the label, if they do not fit
   */
  @Override
  public void add(Tensor output, Tensor target) {
    Scored batch = Scored.of("log loss", output, target);
    for (int i = 0; i < batch.labels().length; i++) {
      double most = batch.scores()[i * batch.classes() + batch.largest(i)];
      double total = 0;
      for (int c = 0; c < batch.classes(); c++) {
        total += Math.exp(batch.scores()[i * batch.classes() + c] - most);
      }
      double logit = batch.scores()[i * batch.classes() + batch.labels()[i]];
      sum.add(Math.log(total) - (logit - most));
    }
    rows += batch.labels().length;
  }

  /** Returns the mean, in nats; NaN of no rows. */
  public double value() {
    return sum.value() / rows;
  }

  /** Returns e to the mean. */
  public double perplexity() {
    return Math.exp(value());
  }

  @Override
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("log loss", value());
    values.put("perplexity", perplexity());
    return values;
  }

  @Override
  public void reset() {
    sum.reset();
    rows = 0;
  }
}
