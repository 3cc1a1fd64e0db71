package org.adjoint.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.function.BinaryOperator;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.check.GradCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Each loss against its formula as a loop, and its derivatives against central differences. */
class LossesTest {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final double[] X = random(1, 12, -2, 2);
  private static final double[] Y = random(2, 12, -2, 2);

  private static double[] random(long seed, int n, double from, double to) {
    return new Random(seed).doubles(n, from, to).toArray();
  }

  private static Tensor tensor(double[] x) {
    return Tensor.of(x, 3, 4);
  }

  private static void check(double expected, BinaryOperator<Tensor> loss, double[] a, double[] b) {
    assertEquals(expected, loss.apply(tensor(a), tensor(b)).item(), 1e-12);
    assertEquals(
        expected, loss.apply(tensor(a).cast(DType.F32), tensor(b).cast(DType.F32)).item(), 1e-5);
    GradCheck.slow().order(2).check(loss, tensor(a), tensor(b));
  }

  /** Checks a loss that is differentiated by its first argument alone. */
  private static void checkFirst(double expected, BinaryOperator<Tensor> loss, Tensor b) {
    assertEquals(expected, loss.apply(tensor(X), b).item(), 1e-12);
    GradCheck.slow().order(2).check(x -> loss.apply(x, b), tensor(X));
  }

  private static double logSoftmax(int row, int k) {
    double sum = 0;
    for (int i = 0; i < 4; i++) {
      sum += Math.exp(X[4 * row + i]);
    }
    return X[4 * row + k] - Math.log(sum);
  }

  private static double[] probabilities() {
    double[] p = random(3, 12, 0.1, 1);
    for (int row = 0; row < 3; row++) {
      double sum = p[4 * row] + p[4 * row + 1] + p[4 * row + 2] + p[4 * row + 3];
      for (int k = 0; k < 4; k++) {
        p[4 * row + k] /= sum;
      }
    }
    return p;
  }

  @Test
  void squaresAndSizes() {
    double squares = 0;
    double sizes = 0;
    double huber = 0;
    for (int i = 0; i < X.length; i++) {
      double r = X[i] - Y[i];
      squares += r * r / 12;
      sizes += Math.abs(r) / 12;
      huber += (Math.abs(r) <= 0.7 ? r * r / 2 : 0.7 * (Math.abs(r) - 0.35)) / 12;
    }
    check(squares, Losses::mse, X, Y);
    check(sizes, Losses::l1, X, Y);
    check(huber, (a, b) -> Losses.huber(a, b, 0.7), X, Y);
  }

  @Test
  void binaryCrossEntropy() {
    double[] t = random(4, 12, 0, 1);
    double sum = 0;
    for (int i = 0; i < X.length; i++) {
      double p = 1 / (1 + Math.exp(-X[i]));
      sum -= (t[i] * Math.log(p) + (1 - t[i]) * Math.log(1 - p)) / 12;
    }
    check(sum, Losses::binaryCrossEntropyWithLogits, X, t);
  }

  @Test
  void binaryCrossEntropyIsSmoothAtZeroAndDoesNotOverflow() {
    Tensor x = Tensor.of(new double[] {0, 1000, -1000}, 3).variable();
    Tensor t = Tensor.of(new double[] {1, 1, 1}, 3);
    Tensor loss = Losses.binaryCrossEntropyWithLogits(x, t).times(3);
    assertEquals(Math.log(2) + 1000, loss.item(), 1e-12);
    Tensor slope = Grad.grad(loss, x).get(0);
    assertArrayEquals(new double[] {-0.5, 0, -1}, slope.toDoubleArray(), 1e-12);
    double[] curvature = Grad.grad(slope.sum(), x).get(0).toDoubleArray();
    assertArrayEquals(new double[] {0.25, 0, 0}, curvature, 1e-12);
  }

  @Test
  void crossEntropyOfHardLabels() {
    int[] labels = {2, 0, 3};
    double plain = 0;
    double smooth = 0;
    for (int row = 0; row < 3; row++) {
      plain -= logSoftmax(row, labels[row]) / 3;
      for (int k = 0; k < 4; k++) {
        double p = 0.9 * (k == labels[row] ? 1 : 0) + 0.1 / 4;
        smooth -= p * logSoftmax(row, k) / 3;
      }
    }
    for (Tensor y : new Tensor[] {Tensor.of(labels, 3), Tensor.of(labels, 3).cast(DType.I64)}) {
      checkFirst(plain, Losses::softmaxCrossEntropy, y);
      checkFirst(plain, (a, b) -> Losses.nll(a.logSoftmax(-1), b), y);
      CrossEntropy options = CrossEntropy.PLAIN.withSmoothing(0.1);
      checkFirst(smooth, (a, b) -> Losses.softmaxCrossEntropy(a, b, options), y);
    }
  }

  @Test
  void crossEntropyWithWeightsAndRowsLeftOut() {
    double[] w = {1, 2, 0.5, 3};
    int[] labels = {2, -100, 3};
    double sum = 0;
    double weights = 0;
    for (int row : new int[] {0, 2}) {
      sum -= 0.8 * w[labels[row]] * logSoftmax(row, labels[row]);
      weights += w[labels[row]];
      for (int k = 0; k < 4; k++) {
        sum -= 0.2 / 4 * w[k] * logSoftmax(row, k);
      }
    }
    CrossEntropy options =
        CrossEntropy.PLAIN
            .withSmoothing(0.2)
            .withClassWeights(Tensor.of(w, 4))
            .withIgnoreIndex(-100);
    checkFirst(
        sum / weights, (a, b) -> Losses.softmaxCrossEntropy(a, b, options), Tensor.of(labels, 3));
    double two = -(logSoftmax(0, 2) + logSoftmax(2, 3)) / 2;
    checkFirst(
        two,
        (a, b) -> Losses.softmaxCrossEntropy(a, b, CrossEntropy.PLAIN.withIgnoreIndex(-100)),
        Tensor.of(labels, 3));
  }

  @Test
  void aRowLeftOutDoesNotLeak() {
    Tensor x = Tensor.of(new double[] {Double.NaN, INF, 1, 2}, 2, 2).variable();
    Tensor y = Tensor.of(new int[] {9, 1}, 2);
    Tensor loss = Losses.softmaxCrossEntropy(x, y, CrossEntropy.PLAIN.withIgnoreIndex(9));
    double p = 1 / (1 + Math.exp(-1));
    assertEquals(-Math.log(p), loss.item(), 1e-12);
    double[] g = Grad.grad(loss, x).get(0).toDoubleArray();
    assertArrayEquals(new double[] {1 - p, p - 1}, new double[] {g[2], g[3]}, 1e-12);
    Tensor none = Tensor.of(new int[] {9, 9}, 2);
    assertTrue(
        Double.isNaN(
            Losses.softmaxCrossEntropy(x, none, CrossEntropy.PLAIN.withIgnoreIndex(9)).item()));
  }

  @Test
  void crossEntropyOfSoftLabels() {
    double[] p = probabilities();
    double[] w = {1, 2, 0.5, 3};
    double plain = 0;
    double smooth = 0;
    for (int i = 0; i < 12; i++) {
      plain -= p[i] * logSoftmax(i / 4, i % 4) / 3;
      smooth -= w[i % 4] * (0.9 * p[i] + 0.1 / 4) * logSoftmax(i / 4, i % 4) / 3;
    }
    check(plain, Losses::softmaxCrossEntropy, X, p);
    CrossEntropy options = CrossEntropy.PLAIN.withSmoothing(0.1).withClassWeights(Tensor.of(w, 4));
    checkFirst(smooth, (a, b) -> Losses.softmaxCrossEntropy(a, b, options), tensor(p));
    Tensor masked = Tensor.of(new double[] {0, -INF}, 1, 2);
    Tensor sure = Tensor.of(new double[] {1, 0}, 1, 2);
    assertEquals(0, Losses.softmaxCrossEntropy(masked, sure).item(), 1e-12);
  }

  @Test
  void divergence() {
    double[] p = probabilities();
    double sum = 0;
    for (int i = 0; i < 12; i++) {
      sum += p[i] * (Math.log(p[i]) - X[i]) / 3;
    }
    check(sum, Losses::klDiv, X, p);
    Tensor sure = Tensor.of(new double[] {1, 0}, 1, 2);
    Tensor logQ = Tensor.of(new double[] {Math.log(0.5), -INF}, 1, 2);
    assertEquals(Math.log(2), Losses.klDiv(logQ, sure).item(), 1e-12);
  }

  @Test
  void hingeOfScores() {
    double[] t = new double[12];
    double sum = 0;
    for (int i = 0; i < 12; i++) {
      t[i] = i % 3 == 0 ? 1 : -1;
      sum += Math.max(0, 1 - t[i] * X[i]) / 12;
    }
    check(sum, Losses::hinge, X, t);
  }

  private static double cosine(int row) {
    double dot = 0;
    double a = 0;
    double b = 0;
    for (int i = 4 * row; i < 4 * row + 4; i++) {
      dot += X[i] * Y[i];
      a += X[i] * X[i];
      b += Y[i] * Y[i];
    }
    return dot / Math.sqrt(a * b);
  }

  @Test
  void cosines() {
    double sum = cosine(0) + cosine(1) + cosine(2);
    check(sum, (a, b) -> Losses.cosineSimilarity(a, b, 1).sum(), X, Y);
    Tensor targets = Tensor.of(new double[] {1, -1, -1}, 3);
    double loss = (1 - cosine(0) + Math.max(0, cosine(1) + 0.9) + Math.max(0, cosine(2) + 0.9)) / 3;
    assertEquals(loss, Losses.cosineEmbedding(tensor(X), tensor(Y), targets, -0.9).item(), 1e-12);
    GradCheck.slow()
        .order(2)
        .check((a, b) -> Losses.cosineEmbedding(a, b, targets, -0.9), tensor(X), tensor(Y));
  }

  @Test
  void cosineWithZerosIsZeroAndFlat() {
    Tensor zero = Tensor.zeros(DType.F64, 1, 2).variable();
    Tensor b = Tensor.of(new double[] {3, 4}, 1, 2).variable();
    Tensor cosine = Losses.cosineSimilarity(zero, b, -1).sum();
    assertEquals(0, cosine.item());
    assertArrayEquals(new double[2], Grad.grad(cosine, zero).get(0).toDoubleArray());
    assertArrayEquals(new double[2], Grad.grad(cosine, b).get(0).toDoubleArray());
  }

  @Test
  void wrongShapesAreNamed() {
    Tensor a = Tensor.zeros(DType.F64, 3, 4);
    Tensor b = Tensor.zeros(DType.F64, 4);
    String message =
        assertThrows(IllegalArgumentException.class, () -> Losses.hinge(a, b)).getMessage();
    assertEquals("hinge: shapes differ: [3, 4] and [4]", message);
    CrossEntropy ignores = CrossEntropy.PLAIN.withIgnoreIndex(1);
    assertThrows(IllegalArgumentException.class, () -> Losses.softmaxCrossEntropy(a, a, ignores));
    assertEquals(Shape.SCALAR, Losses.mse(a, a).shape());
  }

  @Test
  void numbersOutOfRangeAreNamed() {
    Tensor a = Tensor.zeros(DType.F64, 2, 3);
    Tensor t = Tensor.zeros(DType.F64, 2);
    double inf = Double.POSITIVE_INFINITY;
    for (double x : new double[] {0, -1, Double.NaN, inf}) {
      assertRefused(() -> Losses.huber(a, a, x), "huber: delta " + x);
    }
    for (double x : new double[] {-2, 2, Double.NaN, inf}) {
      assertRefused(() -> Losses.cosineEmbedding(a, a, t, x), "cosineEmbedding: margin " + x);
    }
    for (double x : new double[] {-0.1, 1, Double.NaN, inf}) {
      assertRefused(() -> CrossEntropy.PLAIN.withSmoothing(x), "cross entropy: smoothing is " + x);
    }
    for (double x : new double[] {Double.NaN, inf, -inf}) {
      assertRefused(() -> Activation.leakyRelu(x), "leakyRelu: slope " + x);
    }
  }

  private static void assertRefused(Executable body, String start) {
    String message = assertThrows(IllegalArgumentException.class, body).getMessage();
    assertTrue(message.startsWith(start), message);
  }
}
