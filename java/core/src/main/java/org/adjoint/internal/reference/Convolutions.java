package org.adjoint.internal.reference;

import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * Convolution and its partners by the definition: one walk over all that meets, of which each op
 * sums another of the three. Operands have three spatial axes. And the places of maxima of windows.
 */
final class Convolutions {
  private static final int AXES = 3;

  /** Takes the places of three elements that meet. */
  private interface Meeting {
    void at(int image, int kernel, int result);
  }

  /** How elements meet, from the operands and the numbers behind a call's epilogue. */
  private record Walk(int[] image, int[] kernel, int[] result, long[] ints) {
    void over(Meeting meeting) {
      int groups = (int) ints[0];
      int from = kernel[1];
      int to = kernel[0] / groups;
      for (int n = 0; n < image[0]; n++) {
        for (int o = 0; o < kernel[0]; o++) {
          for (int c = 0; c < from; c++) {
            int plane = n * image[1] + o / to * from + c;
            elements(meeting, plane, o * from + c, n * result[1] + o);
          }
        }
      }
    }

    /** All meetings in one plane of each. */
    private void elements(Meeting meeting, int image, int kernel, int result) {
      int taps = size(this.kernel);
      int places = size(this.result);
      int[] t = new int[AXES];
      int[] p = new int[AXES];
      for (int place = 0; place < places; place++) {
        split(place, this.result, p);
        for (int tap = 0; tap < taps; tap++) {
          split(tap, this.kernel, t);
          int at = image;
          for (int i = 0; i < AXES && at >= 0; i++) {
            long x = p[i] * ints[1 + i] + t[i] * ints[1 + 2 * AXES + i] - ints[1 + AXES + i];
            boolean inside = x >= 0 && x < this.image[2 + i];
            at = inside ? at * this.image[2 + i] + (int) x : -1;
          }
          if (at >= 0) {
            meeting.at(at, kernel * taps + tap, result * places + place);
          }
        }
      }
    }

    private static int size(int[] dims) {
      return dims[2] * dims[3] * dims[4];
    }

    private static void split(int place, int[] dims, int[] into) {
      into[2] = place % dims[4];
      into[1] = place / dims[4] % dims[3];
      into[0] = place / dims[4] / dims[3];
    }
  }

  private Convolutions() {}

  static void conv(long[] ints, Elements[] in, Elements[] out) {
    double[] x = in[0].doubles();
    double[] w = in[1].doubles();
    double[] y = new double[out[0].size()];
    new Walk(dims(in[0]), dims(in[1]), dims(out[0]), Arrays.copyOfRange(ints, 2, ints.length))
        .over((image, kernel, result) -> y[result] += x[image] * w[kernel]);
    finish(ints, in, y, out[0]);
  }

  static void input(long[] ints, Elements[] in, Elements[] out) {
    double[] y = in[0].doubles();
    double[] w = in[1].doubles();
    double[] x = new double[out[0].size()];
    new Walk(dims(out[0]), dims(in[1]), dims(in[0]), Arrays.copyOfRange(ints, 2, ints.length))
        .over((image, kernel, result) -> x[image] += y[result] * w[kernel]);
    finish(ints, in, x, out[0]);
  }

  static void weight(long[] ints, Elements[] in, Elements[] out) {
    double[] x = in[0].doubles();
    double[] y = in[1].doubles();
    double[] w = new double[out[0].size()];
    new Walk(dims(in[0]), dims(out[0]), dims(in[1]), ints)
        .over((image, kernel, result) -> w[kernel] += x[image] * y[result]);
    out[0].put(w);
  }

  /** A bias is of channels, axis 1. */
  private static void finish(long[] ints, Elements[] in, double[] y, Elements out) {
    double[] bias = ints[0] == 1 ? in[2].doubles() : new double[0];
    int plane = out.dim(2) * out.dim(3) * out.dim(4);
    Products.finish(ints, y, i -> bias[i / plane % bias.length], out);
  }

  private static int[] dims(Elements x) {
    int[] dims = new int[x.rank()];
    Arrays.setAll(dims, x::dim);
    return dims;
  }

  // ---- windows ----

  static void windowArgmax(long[] ints, Elements[] in, Elements[] out) {
    double[] x = in[0].doubles();
    long[] y = new long[out[0].size()];
    int plane = in[0].dim(1) * in[0].dim(2) * in[0].dim(3);
    for (int i = 0; i < y.length; i++) {
      int rest = i;
      int[][] axes = new int[AXES][];
      for (int axis = AXES - 1; axis >= 0; axis--) {
        int results = out[0].dim(1 + axis);
        axes[axis] = window(ints, axis, rest % results, results, in[0].dim(1 + axis));
        rest /= results;
      }
      int best = -1;
      for (int a : axes[0]) {
        for (int b : axes[1]) {
          for (int c : axes[2]) {
            int at = (a * in[0].dim(2) + b) * in[0].dim(3) + c;
            double value = x[rest * plane + at];
            double most = best < 0 ? 0 : x[rest * plane + best];
            if (best < 0 || !Double.isNaN(most) && (value > most || Double.isNaN(value))) {
              best = at;
            }
          }
        }
      }
      y[i] = best;
    }
    out[0].put(y);
  }

  /** Returns the elements along an axis that a window has. */
  private static int[] window(long[] ints, int axis, int i, int results, int n) {
    if (ints[0] == 1) {
      int from = (int) Math.floorDiv((long) i * n, results);
      int to = (int) -Math.floorDiv(-(i + 1L) * n, results);
      int[] all = new int[to - from];
      Arrays.setAll(all, at -> from + at);
      return all;
    }
    long start = i * ints[1 + AXES + axis] - ints[1 + 2 * AXES + axis];
    return LongStream.range(0, ints[1 + axis])
        .map(t -> start + t * ints[1 + 3 * AXES + axis])
        .filter(at -> at >= 0 && at < n)
        .mapToInt(at -> (int) at)
        .toArray();
  }
}
