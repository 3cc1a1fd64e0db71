package org.adjoint.nn.metric;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.adjoint.Tensor;

/**
 * How many rows of each class were taken for each class, and what follows from it: accuracy, and
 * precision, recall and F1 of each class and averaged. A row is taken for the class of its largest
 * score, the first of several. Where nothing was taken for a class its precision is 0, where no row
 * is of a class its recall is 0, as scikit-learn has it.
 */
public final class Confusion implements Metric {
  private final long[][] counts;

  /**
   * Starts without rows.
   *
   * @param classes how many there are, ≥ 1
   * @throws IllegalArgumentException naming the number, if it is below 1
   */
  public Confusion(int classes) {
    if (classes < 1) {
      throw new IllegalArgumentException("confusion: " + classes + " classes; 1 is the least");
    }
    counts = new long[classes][classes];
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
    Scored batch = Scored.of("confusion", output, target);
    if (batch.classes() != counts.length) {
      throw new IllegalArgumentException(
          "confusion: output " + output.shape() + " for " + counts.length + " classes");
    }
    for (int i = 0; i < batch.labels().length; i++) {
      counts[batch.labels()[i]][batch.largest(i)]++;
    }
  }

  /** Returns how many rows of class {@code label} were taken for class {@code predicted}. */
  public long count(int label, int predicted) {
    return counts[label][predicted];
  }

  /** Returns how many rows are of a class. */
  public long rows(int label) {
    long sum = 0;
    for (long count : counts[label]) {
      sum += count;
    }
    return sum;
  }

  private long taken(int predicted) {
    long sum = 0;
    for (long[] row : counts) {
      sum += row[predicted];
    }
    return sum;
  }

  private long rows() {
    long sum = 0;
    for (int c = 0; c < counts.length; c++) {
      sum += rows(c);
    }
    return sum;
  }

  /** Returns the share of rows that are right; NaN of no rows. */
  public double accuracy() {
    long right = 0;
    for (int c = 0; c < counts.length; c++) {
      right += counts[c][c];
    }
    return (double) right / rows();
  }

  /** Returns the share of the rows taken for a class that are of it. */
  public double precision(int label) {
    return share(counts[label][label], taken(label));
  }

  /** Returns the share of the rows of a class that were taken for it. */
  public double recall(int label) {
    return share(counts[label][label], rows(label));
  }

  /** Returns the harmonic mean of precision and recall of a class; 0 where both are. */
  public double f1(int label) {
    return share(2 * counts[label][label], taken(label) + rows(label));
  }

  private static double share(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  /** Returns the mean of a figure over all classes, each with the same weight. */
  public double macro(IntToDoubleFunction figure) {
    double sum = 0;
    for (int c = 0; c < counts.length; c++) {
      sum += figure.applyAsDouble(c);
    }
    return sum / counts.length;
  }

  /** Returns the mean of a figure over all classes, each weighted by its rows; NaN of no rows. */
  public double weighted(IntToDoubleFunction figure) {
    double sum = 0;
    for (int c = 0; c < counts.length; c++) {
      sum += figure.applyAsDouble(c) * rows(c);
    }
    return sum / rows();
  }

  /** Returns accuracy, and the macro means of precision, recall and F1. */
  @Override
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("accuracy", accuracy());
    values.put("precision", macro(this::precision));
    values.put("recall", macro(this::recall));
    values.put("f1", macro(this::f1));
    return values;
  }

  @Override
  public void reset() {
    for (long[] row : counts) {
      Arrays.fill(row, 0);
    }
  }
}
