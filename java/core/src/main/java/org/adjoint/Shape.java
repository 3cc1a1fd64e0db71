package org.adjoint;

import java.util.Arrays;

/**
 * The sizes of a tensor's axes, outermost first; rank 0 is a scalar, and a size may be 0.
 * Immutable. It knows NumPy's broadcasting and nothing about memory: strides live in the compiler.
 */
public final class Shape {
  /** The most axes a tensor may have. */
  public static final int MAX_RANK = 16;

  /** The shape of a scalar, {@code []}. */
  public static final Shape SCALAR = new Shape(new long[0]);

  private final long[] dims;
  private final long size;

  private Shape(long[] dims) {
    this.dims = dims;
    this.size = checkedSize(dims);
  }

  /**
   * Returns the shape with these sizes.
   *
   * @throws IllegalArgumentException if a size is negative, there are more than {@link #MAX_RANK},
   *     or the number of elements exceeds 2⁶³ − 1
   */
  public static Shape of(long... dims) {
    return dims.length == 0 ? SCALAR : new Shape(dims.clone());
  }

  private static long checkedSize(long[] dims) {
    if (dims.length > MAX_RANK) {
      throw new IllegalArgumentException(
          "shape: rank "
              + dims.length
              + " is more than "
              + MAX_RANK
              + ": "
              + Arrays.toString(dims));
    }
    long size = 1;
    boolean overflow = false;
    boolean zero = false;
    for (long d : dims) {
      if (d < 0) {
        throw new IllegalArgumentException("shape: negative size in " + Arrays.toString(dims));
      }
      zero |= d == 0;
      if (d != 0 && size > Long.MAX_VALUE / d) {
        overflow = true;
      } else {
        size *= d;
      }
    }
    if (zero) {
      return 0;
    }
    if (overflow) {
      throw new IllegalArgumentException(
          "shape: more than 2^63-1 elements in " + Arrays.toString(dims));
    }
    return size;
  }

  /** Returns how many axes there are. */
  public int rank() {
    return dims.length;
  }

  /** Returns the size of axis {@code axis}; negative counts from the end, −1 being the last. */
  public long dim(int axis) {
    return dims[axis(axis)];
  }

  /** Returns a copy of all sizes. */
  public long[] dims() {
    return dims.clone();
  }

  /** Returns the number of elements: the product of the sizes, 1 for a scalar. */
  public long size() {
    return size;
  }

  /**
   * Returns {@code axis} as an index from the front.
   *
   * @throws IllegalArgumentException if there is no such axis
   */
  public int axis(int axis) {
    int normal = axis < 0 ? axis + dims.length : axis;
    if (normal < 0 || normal >= dims.length) {
      throw new IllegalArgumentException(
          "axis " + axis + " is not one of the " + dims.length + " axes of " + this);
    }
    return normal;
  }

  /**
   * Returns the shape that two operands share by NumPy's rule: aligned at the last axis, sizes
   * equal or one of them 1.
   *
   * @param op the name that opens the error text
   * @throws IllegalArgumentException naming both shapes, if they do not broadcast
   */
  public static Shape broadcast(String op, Shape a, Shape b) {
    if (a.equals(b)) {
      return a;
    }
    int rank = Math.max(a.rank(), b.rank());
    long[] out = new long[rank];
    for (int i = 1; i <= rank; i++) {
      long p = i <= a.rank() ? a.dims[a.rank() - i] : 1;
      long q = i <= b.rank() ? b.dims[b.rank() - i] : 1;
      if (p != q && p != 1 && q != 1) {
        throw new IllegalArgumentException(op + ": shapes do not broadcast: " + a + " and " + b);
      }
      out[rank - i] = p == 1 ? q : p;
    }
    return of(out);
  }

  /** Returns whether a tensor of this shape can be repeated into {@code target} by NumPy's rule. */
  public boolean broadcastsTo(Shape target) {
    if (rank() > target.rank()) {
      return false;
    }
    for (int i = 1; i <= rank(); i++) {
      long p = dims[rank() - i];
      if (p != 1 && p != target.dims[target.rank() - i]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape s && Arrays.equals(dims, s.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** Returns the sizes as {@code [64, 784]}. */
  @Override
  public String toString() {
    return Arrays.toString(dims);
  }
}
