package org.adjoint.nn.metric;

import java.util.LinkedHashMap;
import java.util.Map;
import org.adjoint.Tensor;

/**
 * Mean absolute error, root mean square error, and R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)² over all numbers.
 * The spread of the targets is kept as B. P. Welford has it ("Note on a method for calculating
 * corrected sums of squares and products", Technometrics 1962): no difference of large sums.
 */
public final class RegressionErrors implements Metric {
  private final Sum absolute = new Sum();
  private final Sum squares = new Sum();
  private final Sum spread = new Sum();
  private double mean;
  private long n;

  /** Starts without rows. */
  public RegressionErrors() {}

  /**
   * Adds rows.
   *
   * @param output of any shape
   * @param target of as many numbers
   * @throws IllegalArgumentException naming the shapes, if the sizes differ
   */
  @Override
  public void add(Tensor output, Tensor target) {
    Paired batch = Paired.of("regression errors", output, target);
    for (int i = 0; i < batch.target().length; i++) {
      double y = batch.target()[i];
      double error = y - batch.output()[i];
      absolute.add(Math.abs(error));
      squares.add(error * error);
      n++;
      double away = y - mean;
      mean += away / n;
      spread.add(away * (y - mean));
    }
  }

  /** Returns the mean absolute error; NaN of no rows. */
  public double mae() {
    return absolute.value() / n;
  }

  /** Returns the root mean square error; NaN of no rows. */
  public double rmse() {
    return Math.sqrt(squares.value() / n);
  }

  /** Returns R², at most 1; NaN where all targets are equal. */
  public double r2() {
    return spread.value() == 0 ? Double.NaN : 1 - squares.value() / spread.value();
  }

  @Override
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("mae", mae());
    values.put("rmse", rmse());
    values.put("r2", r2());
    return values;
  }

  @Override
  public void reset() {
    absolute.reset();
    squares.reset();
    spread.reset();
    mean = 0;
    n = 0;
  }
}
