package org.adjoint.internal.reference;

import java.util.Arrays;
import java.util.function.LongBinaryOperator;
import org.adjoint.DType;
import org.adjoint.internal.ir.ScalarFunction;

/** Kernels on integers and truth values, in longs of which {@link Elements} keeps the low bits. */
final class WholeNumbers {
  private WholeNumbers() {}

  static long[] map(ScalarFunction.Unary f, Elements x) {
    long[] y = x.longs();
    boolean truth = x.dtype() == DType.BOOL;
    Arrays.setAll(y, i -> f.l().applyAsLong(y[i]) & (truth ? 1 : -1));
    return y;
  }

  static long[] map(ScalarFunction.Binary f, Elements a, Elements b) {
    long[] y = a.longs();
    long[] other = b.longs();
    int bits = 8 * a.dtype().bytes();
    Arrays.setAll(y, i -> f.l().apply(y[i], other[i], bits));
    return y;
  }

  /** Folds the trailing elements of each kept place. */
  static void fold(Elements in, Elements out, long start, LongBinaryOperator f) {
    long[] x = in.longs();
    long[] y = new long[out.size()];
    int n = y.length == 0 ? 0 : x.length / y.length;
    for (int row = 0; row < y.length; row++) {
      y[row] = start;
      for (int i = row * n; i < (row + 1) * n; i++) {
        y[row] = f.applyAsLong(y[row], x[i]);
      }
    }
    out.put(y);
  }

  static void argmax(Elements in, Elements out) {
    long[] x = in.longs();
    long[] y = new long[out.size()];
    int n = y.length == 0 ? 0 : x.length / y.length;
    for (int row = 0; row < y.length; row++) {
      int best = 0;
      for (int i = 1; i < n; i++) {
        best = x[row * n + i] > x[row * n + best] ? i : best;
      }
      y[row] = best;
    }
    out.put(y);
  }

  /** Returns h₀ = b₀, hₖ = bₖ + aₖ·hₖ₋₁ along the middle axis of [outer, n, inner]. */
  static void linearScan(boolean reverse, long[] a, long[] b, Elements out) {
    long[] y = new long[out.size()];
    int n = out.dim(1);
    int inner = out.dim(2);
    for (int line = 0; line < out.dim(0) * inner; line++) {
      long state = 0;
      for (int k = 0; k < n; k++) {
        int at = (line / inner * n + (reverse ? n - 1 - k : k)) * inner + line % inner;
        state = k == 0 ? b[at] : b[at] + a[at] * state;
        y[at] = state;
      }
    }
    out.put(y);
  }

  static void cumsum(boolean reverse, Elements in, Elements out) {
    long[] x = in.longs();
    long[] ones = new long[x.length];
    Arrays.fill(ones, 1);
    linearScan(reverse, ones, x, out);
  }

  static void nonZero(Elements in, Elements out) {
    long[] x = in.longs();
    for (int i = 0; i < x.length; i++) {
      if (x[i] == 0) {
        throw new DivisionByZero(i);
      }
    }
    out.put(x);
  }
}
