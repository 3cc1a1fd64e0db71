package org.adjoint.nn.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Each figure against its definition, by brute force; once in one batch and once in many. */
class MetricsTest {
  private static final int ROWS = 101;
  private static final int CLASSES = 4;

  private final double[] scores = new double[ROWS * CLASSES];
  private final int[] labels = new int[ROWS];
  private final double[] outputs = new double[ROWS];
  private final double[] targets = new double[ROWS];
  private final int[] binary = new int[ROWS];

  MetricsTest() {
    Random random = new Random(7);
    for (int i = 0; i < ROWS; i++) {
      labels[i] = random.nextInt(CLASSES - 1); // no row is of the last class
      for (int c = 0; c < CLASSES; c++) {
        // Halves: many ties, exact in every dtype.
        scores[i * CLASSES + c] = (random.nextInt(9) - 4 + (c == labels[i] ? 1 : 0)) / 2.0;
      }
      targets[i] = 1e6 + random.nextGaussian();
      outputs[i] = targets[i] + 0.5 * random.nextGaussian();
      binary[i] = random.nextInt(3) == 0 ? 1 : 0;
    }
  }

  /** Adds the rows in batches of a size. */
  private <M extends Metric> M classes(M metric, int batch) {
    metric.reset();
    for (int from = 0; from < ROWS; from += batch) {
      int to = Math.min(ROWS, from + batch);
      double[] part = Arrays.copyOfRange(scores, from * CLASSES, to * CLASSES);
      int[] wanted = Arrays.copyOfRange(labels, from, to);
      metric.add(Tensor.of(part, to - from, CLASSES), Tensor.of(wanted, to - from));
    }
    return metric;
  }

  private <M extends Metric> M numbers(M metric, double[] x, Tensor y, int batch) {
    metric.reset();
    for (int from = 0; from < ROWS; from += batch) {
      int to = Math.min(ROWS, from + batch);
      metric.add(Tensor.of(Arrays.copyOfRange(x, from, to), to - from), y.slice(0, from, to));
    }
    return metric;
  }

  private int predicted(int row) {
    int best = -1;
    for (int c = CLASSES - 1; c >= 0; c--) {
      if (best < 0 || scores[row * CLASSES + c] >= scores[row * CLASSES + best]) {
        best = c;
      }
    }
    return best;
  }

  @Test
  void theConfusionCountsRows() {
    for (int batch : new int[] {ROWS, 10, 1}) {
      Confusion confusion = classes(new Confusion(CLASSES), batch);
      double right = 0;
      double macro = 0;
      double weighted = 0;
      for (int c = 0; c < CLASSES; c++) {
        double both = 0;
        double taken = 0;
        double of = 0;
        for (int i = 0; i < ROWS; i++) {
          both += predicted(i) == c && labels[i] == c ? 1 : 0;
          taken += predicted(i) == c ? 1 : 0;
          of += labels[i] == c ? 1 : 0;
        }
        double precision = taken == 0 ? 0 : both / taken;
        double recall = of == 0 ? 0 : both / of;
        double f1 = both == 0 ? 0 : 2 * precision * recall / (precision + recall);
        assertEquals(precision, confusion.precision(c), 1e-15);
        assertEquals(recall, confusion.recall(c), 1e-15);
        assertEquals(f1, confusion.f1(c), 1e-15);
        assertEquals((long) both, confusion.count(c, c));
        right += both;
        macro += f1 / CLASSES;
        weighted += f1 * of / ROWS;
      }
      assertEquals(right / ROWS, confusion.accuracy());
      assertEquals(macro, confusion.values().get("f1"), 1e-15);
      assertEquals(weighted, confusion.weighted(confusion::f1), 1e-15);
      assertEquals(right / ROWS, classes(new TopK(1), batch).value());
    }
  }

  @Test
  void theLabelIsAmongTheLargest() {
    for (int k = 1; k <= CLASSES; k++) {
      int right = 0;
      for (int i = 0; i < ROWS; i++) {
        Integer[] order = {0, 1, 2, 3};
        int row = i;
        Arrays.sort(order, (a, b) -> Double.compare(scores[row * 4 + b], scores[row * 4 + a]));
        right += Arrays.asList(order).subList(0, k).contains(labels[i]) ? 1 : 0; // a stable sort
      }
      assertEquals((double) right / ROWS, classes(new TopK(k), 7).values().get("top" + k));
    }
  }

  @Test
  void theLogLossIsTheMeanOverRows() {
    double sum = 0;
    for (int i = 0; i < ROWS; i++) {
      double total = 0;
      for (int c = 0; c < CLASSES; c++) {
        total += Math.exp(scores[i * CLASSES + c]);
      }
      sum -= Math.log(Math.exp(scores[i * CLASSES + labels[i]]) / total);
    }
    for (int batch : new int[] {ROWS, 10}) {
      LogLoss loss = classes(new LogLoss(), batch);
      assertEquals(sum / ROWS, loss.value(), 1e-14);
      assertEquals(Math.exp(sum / ROWS), loss.perplexity(), 1e-13);
    }
    LogLoss far = new LogLoss();
    far.add(Tensor.of(new double[] {0, 2000}, 1, 2), Tensor.of(new int[] {0}, 1));
    assertEquals(2000, far.value());
  }

  @Test
  void theErrorsOfARegressionAreThoseOfTwoPasses() {
    double mean = Arrays.stream(targets).average().orElseThrow();
    double absolute = 0;
    double squares = 0;
    double spread = 0;
    for (int i = 0; i < ROWS; i++) {
      absolute += Math.abs(targets[i] - outputs[i]);
      squares += Math.pow(targets[i] - outputs[i], 2);
      spread += Math.pow(targets[i] - mean, 2);
    }
    for (int batch : new int[] {ROWS, 10, 1}) {
      RegressionErrors errors =
          numbers(new RegressionErrors(), outputs, Tensor.of(targets, ROWS), batch);
      assertEquals(absolute / ROWS, errors.mae(), 1e-12);
      assertEquals(Math.sqrt(squares / ROWS), errors.rmse(), 1e-12);
      // The targets are a million away from zero: their mean has an error of 10⁻¹⁰.
      assertEquals(1 - squares / spread, errors.values().get("r2"), 1e-9);
    }
    RegressionErrors constant = new RegressionErrors();
    constant.add(Tensor.of(new double[] {1, 2}, 2), Tensor.of(new double[] {3, 3}, 2));
    assertTrue(Double.isNaN(constant.r2()));
  }

  @Test
  void theAreasAreThoseOfAllPairs() {
    double[] x = Arrays.copyOf(scores, ROWS); // with ties
    double wins = 0;
    double pairs = 0;
    double precision = 0;
    int positives = 0;
    for (int i = 0; i < ROWS; i++) {
      if (binary[i] == 0) {
        continue;
      }
      positives++;
      int above = 0;
      int rightAbove = 0;
      for (int j = 0; j < ROWS; j++) {
        above += x[j] >= x[i] ? 1 : 0;
        rightAbove += x[j] >= x[i] ? binary[j] : 0;
        if (binary[j] == 0) {
          pairs++;
          wins += x[i] > x[j] ? 1 : x[i] == x[j] ? 0.5 : 0;
        }
      }
      precision += (double) rightAbove / above;
    }
    for (int batch : new int[] {ROWS, 10}) {
      Ranking ranking = numbers(new Ranking(), x, Tensor.of(binary, ROWS), batch);
      assertEquals(wins / pairs, ranking.rocAuc(), 1e-14);
      assertEquals(precision / positives, ranking.values().get("pr auc"), 1e-14);
    }
  }

  @Test
  void whatDoesNotFitIsNamed() {
    Tensor two = Tensor.of(new double[] {1, 2}, 1, 2);
    assertRefused("label 2.0 of row 0 is none of 2", () -> add(new TopK(1), two, Tensor.of(2)));
    assertRefused("label 0.5", () -> add(new LogLoss(), two, Tensor.of(0.5)));
    assertRefused("[1, 2]", () -> add(new Confusion(3), two, Tensor.of(1)));
    assertRefused("[1, 2] and target [3]", () -> add(new TopK(1), two, Tensor.of(1, 0, 1)));
    assertRefused("target 2.0", () -> add(new Ranking(), Tensor.of(0.5), Tensor.of(2.0)));
    assertRefused("score NaN", () -> add(new Ranking(), Tensor.of(Double.NaN), Tensor.of(1)));
    assertRefused("[1, 2]", () -> add(new RegressionErrors(), two, Tensor.of(2)));
    assertRefused("k 0", () -> new TopK(0));
    assertRefused("0 classes", () -> new Confusion(0));
  }

  private static void add(Metric metric, Tensor output, Tensor target) {
    metric.add(output, target);
  }

  private static void assertRefused(String part, Executable body) {
    String message = assertThrows(IllegalArgumentException.class, body).getMessage();
    assertTrue(message.contains(part), message);
  }
}
