package org.adjoint.nn.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.adjoint.DType;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.Layer;
import org.adjoint.nn.data.Dataset;
import org.adjoint.nn.metric.Metric;

/**
 * How many rows of a data set a classifier gets right.
 *
 * @param correct the rows whose largest logit is at their label
 * @param rows all rows
 */
public record Evaluation(long correct, long rows) {
  private static final int BATCH = 1000;

  /**
   * Returns the count for a model, whose output has one column a class. Of equal logits the first
   * counts.
   *
   * @param model the classifier; it is not changed
   * @param data the examples
   */
  @SuppressWarnings("try") // a scope works by being open
  public static Evaluation of(Layer model, Dataset data) {
    int[] rows = IntStream.range(0, data.rows()).toArray();
    long correct = 0;
    for (int from = 0; from < rows.length; from += BATCH) {
      try (Scope scope = Scope.open()) {
        Dataset.Batch batch = data.batch(rows, from, Math.min(from + BATCH, rows.length));
        correct += (long) correct(model.apply(batch.features()), batch.labels()).item();
      }
    }
    return new Evaluation(correct, rows.length);
  }

  /**
   * Returns how many rows have their largest logit at their label, as an F64 scalar.
   *
   * @param logits of shape [n, classes]
   * @param labels I32 or I64 of shape [n]
   */
  public static Tensor correct(Tensor logits, Tensor labels) {
    return logits.argmax(1).eq(labels.cast(DType.I64)).cast(DType.F64).sum();
  }

  /** Returns the share of rows that are right, in [0, 1]; NaN of no rows. */
  public double accuracy() {
    return rows == 0 ? Double.NaN : (double) correct / rows;
  }

  /**
   * Returns what metrics say about a model, which computes as in evaluation. The metrics forget
   * what they had before.
   *
   * @param model the model; it is not changed
   * @param data the examples
   * @param metrics each hears of all rows, batch by batch; names of figures should differ
   */
  @SuppressWarnings("try") // a scope works by being open
  public static Map<String, Double> measure(Layer model, Dataset data, List<Metric> metrics) {
    metrics.forEach(Metric::reset);
    int[] rows = IntStream.range(0, data.rows()).toArray();
    for (int from = 0; from < rows.length; from += BATCH) {
      try (Scope scope = Scope.open()) {
        Dataset.Batch batch = data.batch(rows, from, Math.min(from + BATCH, rows.length));
        Tensor output = model.apply(batch.features()).eval();
        metrics.forEach(metric -> metric.add(output, batch.labels()));
      }
    }
    Map<String, Double> values = new LinkedHashMap<>();
    metrics.forEach(metric -> values.putAll(metric.values()));
    return values;
  }
}
