package org.adjoint.internal.compose;

import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.op.RangeOps;

/**
 * Evenly spaced numbers as graphs. Each element comes from its own index in F64, so that errors do
 * not add up, and is rounded once to a narrower dtype. Each public method is the body of {@link
 * Tensor}'s method of the same name.
 */
public final class Ranges {
  private Ranges() {}

  private static Tensor iota(DType dtype, long size, long start, long step) {
    return RangeOps.IOTA.apply(new long[] {dtype.code(), size, start, step}).get(0);
  }

  public static Tensor arange(long from, long to, long step) {
    long span = step > 0 ? Math.subtractExact(to, from) : Math.subtractExact(from, to);
    if (step == 0 || step == Long.MIN_VALUE) {
      throw new IllegalArgumentException("arange: step " + step + " leads nowhere");
    }
    return iota(DType.I64, span > 0 ? (span - 1) / Math.abs(step) + 1 : 0, from, step);
  }

  public static Tensor arange(double from, double to, double step, DType dtype) {
    double size = Math.ceil((to - from) / step);
    if (step == 0 || !(size < Long.MAX_VALUE) || !Double.isFinite(from)) {
      throw new IllegalArgumentException(
          "arange: from " + from + " to " + to + " by " + step + " is no finite range");
    }
    floating("arange", dtype);
    return iota(DType.F64, Math.max(0, (long) size), 0, 1).times(step).plus(from).cast(dtype);
  }

  public static Tensor linspace(double from, double to, long count, DType dtype) {
    if (count < 0 || !Double.isFinite(to - from)) {
      throw new IllegalArgumentException(
          "linspace: " + count + " numbers from " + from + " to " + to + " are no finite range");
    }
    floating("linspace", dtype);
    // From the nearer end, so that both ends are exact and the middle is symmetric.
    double step = count > 1 ? (to - from) / (count - 1) : 0;
    Tensor below = iota(DType.F64, count, 0, 1);
    Tensor above = iota(DType.F64, count, count - 1, -1);
    Tensor y =
        Tensor.where(
            below.le(above),
            below.times(step).plus(from),
            Tensor.scalar(to).minus(above.times(step)));
    return y.cast(dtype);
  }

  private static void floating(String name, DType dtype) {
    if (!dtype.isFloating()) {
      throw new IllegalArgumentException(
          name + ": from doubles needs F32 or F64, got " + dtype + "; cast the result");
    }
  }
}
