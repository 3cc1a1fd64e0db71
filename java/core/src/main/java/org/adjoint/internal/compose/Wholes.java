package org.adjoint.internal.compose;

import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.op.IntegerOps;

/**
 * Quotients, bits and comparisons that are one op for some dtypes and several for others. Each
 * public method is the body of {@link Tensor}'s method of the same name.
 */
public final class Wholes {
  private Wholes() {}

  public static Tensor remainder(Tensor x, Tensor y) {
    return IntegerOps.REMAINDER.apply(x, divisor(x, y));
  }

  public static Tensor remainder(Tensor x, double y) {
    return IntegerOps.REMAINDER.apply(x, divisor("remainder", x, y));
  }

  public static Tensor floorDiv(Tensor x, Tensor y) {
    return quotient(x, divisor(x, y));
  }

  public static Tensor floorDiv(Tensor x, double y) {
    return quotient(x, divisor("floorDiv", x, y));
  }

  /** Returns the quotient of a dividend and a divisor that was looked at. */
  private static Tensor quotient(Tensor x, Tensor y) {
    if (!x.dtype().isFloating()) {
      return IntegerOps.FLOOR_DIV.apply(x, y);
    }
    // The remainder is exact where x / y is not: 1 holds 0.1 nine times.
    Tensor exact = x.minus(IntegerOps.REMAINDER.apply(x, y)).div(y).round();
    return Tensor.where(y.eq(0), x.div(y).floor(), exact);
  }

  /** Returns y; of two integers, one that a run has found to be no 0 anywhere. */
  private static Tensor divisor(Tensor x, Tensor y) {
    return y.dtype().isInteger() && y.dtype() == x.dtype() ? IntegerOps.nonZero(y) : y;
  }

  private static Tensor divisor(String name, Tensor x, double y) {
    if (y == 0 && x.dtype().isInteger()) {
      throw new ArithmeticException(name + ": " + x + " by 0");
    }
    return Scalars.like(x, y);
  }

  /** Returns −1, 0 or 1 by the sign of integers. */
  public static Tensor sign(Tensor x) {
    return x.maximum(-1).minimum(1);
  }

  /** Returns x in an order that reductions know: truth values as 0 and 1. */
  public static Tensor ordered(Tensor x) {
    return x.dtype() == DType.BOOL ? x.cast(DType.I32) : x;
  }

  /** Returns what is the larger the smaller x is; −x would wrap for the least integer. */
  public static Tensor reversed(Tensor x) {
    return x.dtype().isFloating() ? x.neg() : IntegerOps.NOT.apply(ordered(x));
  }

  public static Tensor isClose(Tensor x, Tensor y, double relative, double absolute) {
    if (!(relative >= 0) || !(absolute >= 0)) {
      throw new IllegalArgumentException(
          "isClose: the tolerances must not be negative, got " + relative + " and " + absolute);
    }
    if (x.dtype() != y.dtype()) {
      throw new IllegalArgumentException(
          "isClose: dtypes differ: " + x + " and " + y + "; cast one of them");
    }
    // In F64, so that tolerances below the steps of a narrower dtype mean what they say.
    Tensor a = x.cast(DType.F64);
    Tensor b = y.cast(DType.F64);
    Tensor near = a.minus(b).abs().le(b.abs().times(relative).plus(absolute));
    // Equal infinities have no difference, and an infinite bound would hold for everything.
    return a.eq(b).or(near.and(b.isFinite()));
  }
}
