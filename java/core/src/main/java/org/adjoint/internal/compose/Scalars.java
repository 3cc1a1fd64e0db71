package org.adjoint.internal.compose;

import org.adjoint.DType;
import org.adjoint.Tensor;

/** Java numbers beside tensors: they take the dtype of the tensor that they meet. */
public final class Scalars {
  private Scalars() {}

  /**
   * Returns a Java number as a scalar of x's dtype.
   *
   * @throws IllegalArgumentException if that dtype cannot hold the number
   */
  public static Tensor like(Tensor x, double value) {
    DType dtype = x.dtype();
    boolean holds =
        switch (dtype) {
          case F32, F64, BF16 -> true;
          case I32 -> value == (int) value;
          case I64 -> value == (long) value && Math.abs(value) <= 0x1p53;
          case BOOL -> value == 0 || value == 1;
        };
    if (!holds) {
      throw new IllegalArgumentException(
          "number " + value + " is no " + dtype + "; cast() the tensor " + x.type() + " first");
    }
    return Tensor.scalar(value, dtype);
  }

  /**
   * Returns x.
   *
   * @param name the method that needs x to be F32 or F64
   * @throws IllegalArgumentException if x is not
   */
  public static Tensor floating(String name, Tensor x) {
    if (x.dtype() != DType.F32 && x.dtype() != DType.F64) {
      throw new IllegalArgumentException(name + ": needs F32 or F64, got " + x + "; cast it");
    }
    return x;
  }

  public static Tensor clamp(Tensor x, double low, double high) {
    if (!(low <= high)) {
      throw new IllegalArgumentException(
          "clamp: the bounds " + low + " and " + high + " are out of order");
    }
    return within(x, like(x, low), like(x, high));
  }

  /** Returns x, or the bound that it exceeds; neither bound is NaN. */
  public static Tensor within(Tensor x, Tensor low, Tensor high) {
    return Tensor.where(x.lt(low), low, Tensor.where(x.gt(high), high, x));
  }
}
