package org.adjoint.nn.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.IntStream;
import org.adjoint.DType;
import org.adjoint.Scope;
import org.adjoint.nn.Layer;
import org.adjoint.nn.data.Dataset;

/** Counts how a classifier does on rows: loss, confusion, and the rows it was most wrong about. */
final class Outcome {
  private static final int BATCH = 1000;
  private static final int MISTAKES = 16;

  /** A row that was classified wrongly, before its features are drawn. */
  private record Wrong(
      int row, int predicted, double loss, double labelProbability, double predictedProbability) {}

  private final Dataset data;
  private final long[][] confusion;

  /** The smallest loss first, so that it leaves when there are too many. */
  private final PriorityQueue<Wrong> worst =
      new PriorityQueue<>(
          Comparator.comparingDouble(Wrong::loss)
              .thenComparing(Wrong::row, Comparator.reverseOrder()));

  private double lossSum;
  private long correct;

  private Outcome(Dataset data) {
    this.data = data;
    confusion = new long[data.classes()][data.classes()];
  }

  /**
   * Returns how a model does.
   *
   * @param model its output has one column a class; of equal logits the first counts
   * @param data the rows, at least one
   * @param width the columns of a row's features as an image
   */
  @SuppressWarnings("try") // a scope works by being open
  static History.Test of(Layer model, Dataset data, int width) {
    Outcome outcome = new Outcome(data);
    int[] rows = IntStream.range(0, data.rows()).toArray();
    for (int from = 0; from < rows.length; from += BATCH) {
      int to = Math.min(from + BATCH, rows.length);
      try (Scope scope = Scope.open()) {
        Dataset.Batch batch = data.batch(rows, from, to);
        outcome.add(from, model.apply(batch.features()).cast(DType.F64).toDoubleArray());
      }
    }
    return outcome.test(width);
  }

  private void add(int firstRow, double[] logits) {
    int classes = data.classes();
    for (int i = 0; i < logits.length / classes; i++) {
      int row = firstRow + i;
      int label = data.label(row);
      int predicted = 0;
      for (int c = 1; c < classes; c++) {
        if (logits[i * classes + c] > logits[i * classes + predicted]) {
          predicted = c;
        }
      }
      double largest = logits[i * classes + predicted];
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        sum += Math.exp(logits[i * classes + c] - largest);
      }
      double loss = Math.log(sum) + largest - logits[i * classes + label];
      lossSum += loss;
      confusion[label][predicted]++;
      if (predicted == label) {
        correct++;
        continue;
      }
      worst.add(new Wrong(row, predicted, loss, Math.exp(-loss), 1 / sum));
      if (worst.size() > MISTAKES) {
        worst.poll();
      }
    }
  }

  private History.Test test(int width) {
    List<Wrong> largestFirst = new ArrayList<>();
    while (!worst.isEmpty()) {
      largestFirst.add(0, worst.poll());
    }
    List<List<Long>> counts = new ArrayList<>();
    for (long[] row : confusion) {
      counts.add(Arrays.stream(row).boxed().toList());
    }
    return new History.Test(
        new History.Score(lossSum / data.rows(), (double) correct / data.rows()),
        counts,
        largestFirst.stream().map(wrong -> mistake(wrong, width)).toList());
  }

  private History.Mistake mistake(Wrong wrong, int width) {
    float[] features = new float[data.columns()];
    for (int c = 0; c < features.length; c++) {
      features[c] = data.feature(wrong.row, c);
    }
    return new History.Mistake(
        wrong.row,
        data.label(wrong.row),
        wrong.predicted,
        wrong.labelProbability,
        wrong.predictedProbability,
        History.Image.of(width, features.length / width, features));
  }
}
