package org.adjoint.internal.ir;

import java.util.Arrays;
import org.adjoint.DType;

/**
 * A view of memory that an instruction reads or writes: a binding of the program, an offset in
 * bytes, and sizes and strides in elements. Axes that repeat a value have stride 0.
 */
public record Operand(int binding, long offset, DType dtype, long[] dims, long[] strides) {
  /** Returns the number of elements that the view shows. */
  public long size() {
    long n = 1;
    for (long d : dims) {
      n *= d;
    }
    return n;
  }

  @Override
  public String toString() {
    String layout = isContiguous(dims, strides) ? "" : " strides " + Arrays.toString(strides);
    return "b" + binding + "+" + offset + ":" + dtype + Arrays.toString(dims) + layout;
  }

  /** Returns the strides of a row-major array without gaps. */
  public static long[] contiguousStrides(long[] dims) {
    long[] strides = new long[dims.length];
    long step = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[i] = step;
      step *= Math.max(1, dims[i]);
    }
    return strides;
  }

  /**
   * Returns whether these strides walk memory in row-major order without gaps; axes of size 1 do
   * not count.
   */
  public static boolean isContiguous(long[] dims, long[] strides) {
    long step = 1;
    for (long d : dims) {
      if (d == 0) {
        return true;
      }
    }
    for (int i = dims.length - 1; i >= 0; i--) {
      if (dims[i] != 1 && strides[i] != step) {
        return false;
      }
      step *= dims[i];
    }
    return true;
  }
}
