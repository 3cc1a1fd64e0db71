package org.adjoint.cli.example;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Tensor;
import org.adjoint.nn.Losses;

/**
 * Backpropagation by hand against automatic differentiation: a network with one hidden layer, ŷ =
 * φ(h·W² + b²) with h = σ(x·W¹ + b¹), and the mean of (ŷ − y)². Up to the factor 2/(rows · outputs)
 * of the mean, the textbook's errors are δ² = (ŷ − y) ⊙ φ′ and δ¹ = W²ᵀδ² ⊙ σ′; the gradients are
 * hᵀδ² and xᵀδ¹. The closed form is computed with plain loops over doubles.
 *
 * <p>Source: M. Nielsen, "Neural Networks and Deep Learning", 2015, chapter 2, equations BP1 to
 * BP4.
 */
public record NetworkExample() implements Example {
  private static final int ROWS = 5;
  private static final int IN = 3;
  private static final int HIDDEN = 4;
  private static final int OUT = 2;

  @Override
  public String name() {
    return "network";
  }

  @Override
  public String summary() {
    return "the gradients of a 2-layer network against the closed form of the textbooks";
  }

  /**
   * Returns the largest absolute difference between the two gradients, over all weights and biases,
   * in F64.
   *
   * @param seed what weights and data are drawn from
   */
  public static double maxDifference(long seed) {
    List<Key> keys = Key.of(seed).split(6);
    Tensor x = keys.get(0).normal(DType.F64, ROWS, IN);
    Tensor y = keys.get(1).uniform(DType.F64, ROWS, OUT);
    Tensor w1 = keys.get(2).normal(DType.F64, IN, HIDDEN);
    Tensor b1 = keys.get(3).normal(DType.F64, HIDDEN);
    Tensor w2 = keys.get(4).normal(DType.F64, HIDDEN, OUT);
    Tensor b2 = keys.get(5).normal(DType.F64, OUT);
    Tensor.evalAll(x.variable(), y, w1.variable(), b1.variable(), w2.variable(), b2.variable());

    Tensor hidden = x.matmul(w1).plus(b1).sigmoid();
    Tensor prediction = hidden.matmul(w2).plus(b2).tanh();
    List<Tensor> gradients = Grad.grad(Losses.mse(prediction, y), w1, b1, w2, b2);
    double[][] expected =
        closedForm(
            x.toDoubleArray(),
            y.toDoubleArray(),
            w1.toDoubleArray(),
            b1.toDoubleArray(),
            w2.toDoubleArray(),
            b2.toDoubleArray());
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      double[] actual = gradients.get(i).toDoubleArray();
      for (int j = 0; j < actual.length; j++) {
        largest = Math.max(largest, Math.abs(actual[j] - expected[i][j]));
      }
    }
    return largest;
  }

  private static double[][] closedForm(
      double[] x, double[] y, double[] w1, double[] b1, double[] w2, double[] b2) {
    double[] dw1 = new double[IN * HIDDEN];
    double[] db1 = new double[HIDDEN];
    double[] dw2 = new double[HIDDEN * OUT];
    double[] db2 = new double[OUT];
    for (int r = 0; r < ROWS; r++) {
      double[] h = new double[HIDDEN];
      for (int j = 0; j < HIDDEN; j++) {
        double z = b1[j];
        for (int i = 0; i < IN; i++) {
          z += x[r * IN + i] * w1[i * HIDDEN + j];
        }
        h[j] = 1 / (1 + Math.exp(-z));
      }
      double[] delta2 = new double[OUT];
      for (int k = 0; k < OUT; k++) {
        double z = b2[k];
        for (int j = 0; j < HIDDEN; j++) {
          z += h[j] * w2[j * OUT + k];
        }
        double prediction = Math.tanh(z);
        double slope = 1 - prediction * prediction;
        delta2[k] = 2.0 / (ROWS * OUT) * (prediction - y[r * OUT + k]) * slope;
        db2[k] += delta2[k];
      }
      for (int j = 0; j < HIDDEN; j++) {
        double back = 0;
        for (int k = 0; k < OUT; k++) {
          back += w2[j * OUT + k] * delta2[k];
          dw2[j * OUT + k] += h[j] * delta2[k];
        }
        double delta1 = back * h[j] * (1 - h[j]);
        db1[j] += delta1;
        for (int i = 0; i < IN; i++) {
          dw1[i * HIDDEN + j] += x[r * IN + i] * delta1;
        }
      }
    }
    return new double[][] {dw1, db1, dw2, db2};
  }

  @Override
  public void run(PrintStream out) {
    out.println(
        "network 3-4-2, sigmoid hidden units, tanh outputs, mean squared error, 5 rows, F64");
    for (int seed = 0; seed < 3; seed++) {
      out.printf(
          Locale.ROOT,
          "seed %d: largest difference of any gradient from the closed form: %.3g%n",
          seed,
          maxDifference(seed));
    }
  }
}
