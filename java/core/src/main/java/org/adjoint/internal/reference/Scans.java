package org.adjoint.internal.reference;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.IntBinaryOperator;

/** Scans along the middle axis of [outer, n, inner], and the order of rows of [rows, n]. */
final class Scans {
  /** What is carried from element to element of one line. */
  private interface Line {
    /** Returns the next element of the output; {@code at} is the place in the inputs. */
    double next(int at);
  }

  /** Makes the state of a line at its start. */
  private interface Start {
    Line line();
  }

  private Scans() {}

  /** Neumaier's compensated sum, as in {@link Reductions}. */
  static void cumsum(long[] ints, Elements in, Elements out) {
    if (!in.dtype().isFloating()) {
      WholeNumbers.cumsum(ints[0] != 0, in, out);
      return;
    }
    double[] x = in.doubles();
    run(
        ints,
        out,
        () -> {
          double[] state = new double[2];
          return at -> {
            double sum = state[0];
            double next = sum + x[at];
            boolean larger = Math.abs(sum) >= Math.abs(x[at]);
            state[1] += larger ? (sum - next) + x[at] : (x[at] - next) + sum;
            state[0] = next;
            return Double.isFinite(next) ? next + state[1] : next;
          };
        });
  }

  static void linearScan(long[] ints, Elements[] in, Elements out) {
    if (!out.dtype().isFloating()) {
      WholeNumbers.linearScan(ints[0] != 0, in[0].longs(), in[1].longs(), out);
      return;
    }
    linearScan(ints, in, out, (a, h) -> a * h);
  }

  /** As {@link #linearScan}, where a product with 0 is 0, whatever the other factor. */
  static void scaleScan(long[] ints, Elements[] in, Elements out) {
    linearScan(ints, in, out, (a, h) -> a == 0 || h == 0 ? 0 : a * h);
  }

  private static void linearScan(
      long[] ints, Elements[] in, Elements out, DoubleBinaryOperator times) {
    double[] a = in[0].doubles();
    double[] b = in[1].doubles();
    run(
        ints,
        out,
        () -> {
          double[] state = new double[1];
          boolean[] started = new boolean[1];
          return at -> {
            state[0] = started[0] ? b[at] + times.applyAsDouble(a[at], state[0]) : b[at];
            started[0] = true;
            return state[0];
          };
        });
  }

  static void logCumSumExp(long[] ints, Elements in, Elements out) {
    double[] x = in.doubles();
    run(
        ints,
        out,
        () -> {
          double[] state = {Double.NEGATIVE_INFINITY, 0};
          return at -> {
            double v = x[at];
            if (v == state[0]) {
              state[1]++;
            } else if (v > state[0]) {
              state[1] = state[1] * Math.exp(state[0] - v) + 1;
              state[0] = v;
            } else {
              state[1] += Math.exp(v - state[0]);
            }
            boolean nothing = state[0] == Double.NEGATIVE_INFINITY && !Double.isNaN(state[1]);
            return nothing ? state[0] : state[0] + Math.log(state[1]);
          };
        });
  }

  private static void run(long[] ints, Elements out, Start start) {
    double[] y = new double[out.size()];
    int n = out.dim(1);
    int inner = out.dim(2);
    for (int o = 0; o < out.dim(0); o++) {
      for (int i = 0; i < inner; i++) {
        Line line = start.line();
        for (int k = 0; k < n; k++) {
          int at = (o * n + (ints[0] != 0 ? n - 1 - k : k)) * inner + i;
          y[at] = line.next(at);
        }
      }
    }
    out.put(y);
  }

  static void argsort(long[] ints, Elements in, Elements out) {
    boolean descending = ints[0] != 0;
    if (in.dtype().isFloating()) {
      double[] x = in.doubles();
      argsort(in, out, (i, j) -> compare(x[i], x[j], descending));
    } else {
      long[] x = in.longs();
      argsort(in, out, (i, j) -> descending ? Long.compare(x[j], x[i]) : Long.compare(x[i], x[j]));
    }
  }

  private static void argsort(Elements in, Elements out, IntBinaryOperator places) {
    long[] y = new long[out.size()];
    int n = in.dim(1);
    for (int row = 0; row < in.dim(0); row++) {
      int from = row * n;
      Integer[] order = new Integer[n];
      Arrays.setAll(order, i -> i);
      Arrays.sort(order, (i, j) -> places.applyAsInt(from + i, from + j));
      for (int i = 0; i < n; i++) {
        y[from + i] = order[i];
      }
    }
    out.put(y);
  }

  /** Zeros of both signs are equal, NaN comes after everything. */
  private static int compare(double a, double b, boolean descending) {
    if (Double.isNaN(a) || Double.isNaN(b)) {
      return Boolean.compare(Double.isNaN(a), Double.isNaN(b));
    }
    return a == b ? 0 : (a < b) != descending ? -1 : 1;
  }
}
