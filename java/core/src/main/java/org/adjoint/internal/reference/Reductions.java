package org.adjoint.internal.reference;

import java.util.function.DoubleBinaryOperator;

/** Folds of the trailing elements of each kept place. */
final class Reductions {
  private Reductions() {}

  /** Neumaier's compensated sum, so that the reference is exact to the last bit or two. */
  static void sum(Elements in, Elements out) {
    if (!in.dtype().isFloating()) {
      WholeNumbers.fold(in, out, 0, Long::sum);
      return;
    }
    double[] x = in.doubles();
    double[] y = new double[out.size()];
    int n = y.length == 0 ? 0 : x.length / y.length;
    for (int row = 0; row < y.length; row++) {
      double sum = 0;
      double lost = 0;
      for (int i = row * n; i < (row + 1) * n; i++) {
        double next = sum + x[i];
        lost += Math.abs(sum) >= Math.abs(x[i]) ? (sum - next) + x[i] : (x[i] - next) + sum;
        sum = next;
      }
      y[row] = Double.isFinite(sum) ? sum + lost : sum;
    }
    out.put(y);
  }

  static void product(Elements in, Elements out) {
    if (!in.dtype().isFloating()) {
      WholeNumbers.fold(in, out, 1, (a, b) -> a * b);
      return;
    }
    double[] x = in.doubles();
    double[] y = new double[out.size()];
    int n = y.length == 0 ? 0 : x.length / y.length;
    for (int row = 0; row < y.length; row++) {
      y[row] = 1;
      for (int i = row * n; i < (row + 1) * n; i++) {
        y[row] *= x[i];
      }
    }
    out.put(y);
  }

  static void max(Elements in, Elements out) {
    if (in.dtype().isFloating()) {
      extreme(in, out, Math::max);
    } else {
      WholeNumbers.fold(in, out, Long.MIN_VALUE, Math::max);
    }
  }

  static void min(Elements in, Elements out) {
    if (in.dtype().isFloating()) {
      extreme(in, out, Math::min);
    } else {
      WholeNumbers.fold(in, out, Long.MAX_VALUE, Math::min);
    }
  }

  private static void extreme(Elements in, Elements out, DoubleBinaryOperator better) {
    double[] x = in.doubles();
    double[] y = new double[out.size()];
    int n = y.length == 0 ? 0 : x.length / y.length;
    for (int row = 0; row < y.length; row++) {
      y[row] = x[row * n];
      for (int i = row * n + 1; i < (row + 1) * n; i++) {
        y[row] = better.applyAsDouble(y[row], x[i]);
      }
    }
    out.put(y);
  }

  static void argmax(Elements in, Elements out) {
    if (!in.dtype().isFloating()) {
      WholeNumbers.argmax(in, out);
      return;
    }
    double[] x = in.doubles();
    long[] y = new long[out.size()];
    int n = y.length == 0 ? 0 : x.length / y.length;
    for (int row = 0; row < y.length; row++) {
      int best = 0;
      for (int i = 1; i < n && !Double.isNaN(x[row * n + best]); i++) {
        double candidate = x[row * n + i];
        if (candidate > x[row * n + best] || Double.isNaN(candidate)) {
          best = i;
        }
      }
      y[row] = best;
    }
    out.put(y);
  }
}
