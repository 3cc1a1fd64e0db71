package org.adjoint.internal.reference;

import java.util.Arrays;

/**
 * Gather and scatterAdd over [batch, outer, n, inner] values and a [batch, k] index; indices are
 * checked here. Iota makes indices.
 */
final class Indexing {
  private Indexing() {}

  static void gather(Elements x, Elements index, Elements y) {
    long[] at = checked("gather", index, x.dim(2));
    int[] from = sources(at, x, index);
    if (x.dtype().isFloating()) {
      double[] values = x.doubles();
      double[] out = new double[y.size()];
      for (int i = 0; i < out.length; i++) {
        out[i] = values[from[i]];
      }
      y.put(out);
    } else {
      long[] values = x.longs();
      long[] out = new long[y.size()];
      for (int i = 0; i < out.length; i++) {
        out[i] = values[from[i]];
      }
      y.put(out);
    }
  }

  static void scatterAdd(Elements index, Elements updates, Elements y) {
    long[] at = checked("scatterAdd", index, y.dim(2));
    int[] to = sources(at, y, index);
    if (!y.dtype().isFloating()) {
      long[] values = updates.longs();
      long[] out = new long[y.size()];
      for (int i = 0; i < values.length; i++) {
        out[to[i]] += values[i];
      }
      y.put(out);
      return;
    }
    double[] values = updates.doubles();
    double[] out = new double[y.size()];
    for (int i = 0; i < values.length; i++) {
      out[to[i]] += values[i];
    }
    y.put(out);
  }

  static void iota(long start, long step, Elements y) {
    long[] out = new long[y.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = start + i * step;
    }
    if (y.dtype().isFloating()) {
      y.put(Arrays.stream(out).asDoubleStream().toArray());
    } else {
      y.put(out);
    }
  }

  private static long[] checked(String name, Elements index, int n) {
    long[] at = index.longs();
    for (int i = 0; i < at.length; i++) {
      if (at[i] < 0 || at[i] >= n) {
        throw new IndexOutOfBoundsException(
            name + ": index " + at[i] + " at position " + i + " is outside 0.." + (n - 1));
      }
    }
    return at;
  }

  /** Returns for each element of the [b, o, k, i] side its place on the [b, o, n, i] side. */
  private static int[] sources(long[] at, Elements values, Elements index) {
    int b = values.dim(0);
    int o = values.dim(1);
    int n = values.dim(2);
    int inner = values.dim(3);
    int k = index.dim(1);
    int[] places = new int[b * o * k * inner];
    int next = 0;
    for (int batch = 0; batch < b; batch++) {
      for (int outer = 0; outer < o; outer++) {
        for (int j = 0; j < k; j++) {
          int row = ((batch * o + outer) * n + (int) at[batch * k + j]) * inner;
          for (int i = 0; i < inner; i++) {
            places[next++] = row + i;
          }
        }
      }
    }
    return places;
  }
}
