package org.adjoint.internal.reference;

import java.util.function.IntToDoubleFunction;
import org.adjoint.DType;

/**
 * Matrix products by the definition, with the bias and activation that the compiler hands along.
 */
final class Products {
  private Products() {}

  static void matmul(long[] ints, Elements[] in, Elements[] out) {
    double[] a = in[0].doubles();
    double[] b = in[1].doubles();
    double[] y = new double[out[0].size()];
    int m = in[0].dim(in[0].rank() - 2);
    int k = in[0].dim(in[0].rank() - 1);
    int n = in[1].dim(in[1].rank() - 1);
    int batches = m * n == 0 ? 0 : y.length / (m * n);
    for (int batch = 0; batch < batches; batch++) {
      for (int i = 0; i < m; i++) {
        int row = (batch * m + i) * n;
        for (int p = 0; p < k; p++) {
          double x = a[(batch * m + i) * k + p];
          int from = (batch * k + p) * n;
          for (int j = 0; j < n; j++) {
            y[row + j] += x * b[from + j];
          }
        }
      }
    }
    double[] bias = ints[0] == 1 ? in[2].doubles() : new double[0];
    finish(ints, y, i -> bias[i], out[0]);
  }

  /**
   * Writes a product after adding its bias and applying its activation.
   *
   * @param ints 1 first if there is a bias, then the activation
   * @param bias by element of the product
   */
  static void finish(long[] ints, double[] y, IntToDoubleFunction bias, Elements out) {
    boolean single = out.dtype() != DType.F64;
    round(y, single);
    if (ints[0] == 1) {
      for (int i = 0; i < y.length; i++) {
        y[i] += bias.applyAsDouble(i);
      }
      round(y, single);
    }
    for (int i = 0; ints[1] != 0 && i < y.length; i++) {
      y[i] = activate(ints[1], y[i]);
    }
    out.put(y);
  }

  /** Rounds as the separate ops do, so that what is fused has their bits. */
  private static void round(double[] y, boolean single) {
    for (int i = 0; single && i < y.length; i++) {
      y[i] = (float) y[i];
    }
  }

  private static double activate(long activation, double x) {
    return switch ((int) activation) {
      case 1 -> x <= 0 ? 0 : x;
      case 2 -> Math.tanh(x);
      case 3 -> x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
      default -> throw new IllegalStateException("matmul: no activation " + activation);
    };
  }
}
