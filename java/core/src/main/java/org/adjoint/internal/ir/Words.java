package org.adjoint.internal.ir;

import org.adjoint.Bfloat16;
import org.adjoint.DType;

/**
 * The 64 bits in which a program takes a scalar of any dtype: an element as memory holds it, in the
 * low bytes.
 */
public final class Words {
  private Words() {}

  /** Returns the bits of a number in a dtype. */
  public static long of(DType dtype, double value) {
    return switch (dtype) {
      case F32 -> Float.floatToRawIntBits((float) value) & 0xFFFFFFFFL;
      case F64 -> Double.doubleToRawLongBits(value);
      case BF16 -> Bfloat16.of(value) & 0xFFFFL;
      case I32 -> (int) value & 0xFFFFFFFFL;
      case I64 -> (long) value;
      case BOOL -> value != 0 ? 1 : 0;
    };
  }

  /** Returns the number that a floating scalar's bits stand for. */
  public static double number(DType dtype, long word) {
    return switch (dtype) {
      case F32 -> Float.intBitsToFloat((int) word);
      case BF16 -> Bfloat16.widen((short) word);
      default -> Double.longBitsToDouble(word);
    };
  }
}
