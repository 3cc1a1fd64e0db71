package org.adjoint;

/**
 * The element types of tensors. Types never mix by themselves: an op over two of them is an error
 * that names both, and {@link Tensor#cast} converts.
 */
public enum DType {
  /** IEEE 754 binary32, the default. */
  F32(1, 4),
  /** IEEE 754 binary64. */
  F64(2, 8),
  /**
   * bfloat16, the upper half of an F32: stored, moved, cast, and multiplied as matrices with F32
   * sums. Other arithmetic refuses it; {@link Tensor#cast} it to F32.
   */
  BF16(3, 2),
  /** Signed 32-bit integers, which wrap around: labels, indices, random bits. */
  I32(4, 4),
  /** Signed 64-bit integers, which wrap around: labels, indices, keys. */
  I64(5, 8),
  /** One byte, 0 or 1: what comparisons give and {@code where} takes. */
  BOOL(6, 1);

  private final int code;
  private final int bytes;

  DType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /**
   * Returns the number that stands for this type in a program image ({@code adj_dtype} of
   * adjoint.h).
   */
  public int code() {
    return code;
  }

  /**
   * Returns the type that a code stands for.
   *
   * @throws IllegalArgumentException if none does
   */
  public static DType ofCode(long code) {
    for (DType dtype : values()) {
      if (dtype.code == code) {
        return dtype;
      }
    }
    throw new IllegalArgumentException("no dtype has the code " + code);
  }

  /** Returns the bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /**
   * Returns whether derivatives exist for this type: true for {@link #F32}, {@link #F64} and {@link
   * #BF16}.
   */
  public boolean isFloating() {
    return this == F32 || this == F64 || this == BF16;
  }

  /**
   * Returns whether every op takes this type: true for {@link #F32} and {@link #F64}, the floating
   * types but {@link #BF16}. Integers know sums, products, quotients and orders, no functions such
   * as {@code exp}.
   */
  public boolean isArithmetic() {
    return this == F32 || this == F64;
  }

  /**
   * Returns the type of the tangents and cotangents of values of this type: {@link #F32} for {@link
   * #BF16}, so that gradients are summed without rounding to eight digits, and every other floating
   * type itself.
   */
  public DType tangent() {
    return this == BF16 ? F32 : this;
  }

  /** Returns whether this type can index an axis: true for {@link #I32} and {@link #I64}. */
  public boolean isInteger() {
    return this == I32 || this == I64;
  }
}
