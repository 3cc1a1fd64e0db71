package org.adjoint.internal.ir;

import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Type;

/**
 * A view of a buffer that has no place in memory yet: offset and strides count elements. Views
 * exist only here, in the compiler; what a user sees is contiguous. All methods return new views of
 * the same buffer.
 */
public record Ref(int buffer, DType dtype, long offset, long[] dims, long[] strides) {
  /** Returns the contiguous view of a whole buffer of that type. */
  public static Ref whole(int buffer, Type type) {
    long[] dims = type.shape().dims();
    return new Ref(buffer, type.dtype(), 0, dims, Operand.contiguousStrides(dims));
  }

  /** Returns the number of elements that the view shows. */
  public long size() {
    long n = 1;
    for (long d : dims) {
      n *= d;
    }
    return n;
  }

  /** Returns how many axes there are. */
  public int rank() {
    return dims.length;
  }

  /** Returns the elements of a contiguous view under other dims. */
  public Ref as(long... to) {
    return new Ref(buffer, dtype, offset, to, Operand.contiguousStrides(to));
  }

  /** Returns the elements of a contiguous view as a vector. */
  public Ref flat() {
    return as(size());
  }

  /** Returns whether the view is row-major without gaps. */
  public boolean isContiguous() {
    return Operand.isContiguous(dims, strides);
  }

  /** Returns the view with axis i showing what was axis {@code axes[i]}. */
  public Ref permute(int[] axes) {
    long[] d = new long[axes.length];
    long[] s = new long[axes.length];
    for (int i = 0; i < axes.length; i++) {
      d[i] = dims[axes[i]];
      s[i] = strides[axes[i]];
    }
    return new Ref(buffer, dtype, offset, d, s);
  }

  /** Returns the view repeated into {@code shape}, aligned at the last axis, by strides of 0. */
  public Ref broadcast(Shape shape) {
    int rank = shape.rank();
    long[] s = new long[rank];
    int shift = rank - dims.length;
    for (int i = 0; i < dims.length; i++) {
      s[i + shift] = dims[i] == 1 && shape.dim(i + shift) != 1 ? 0 : strides[i];
    }
    return new Ref(buffer, dtype, offset, shape.dims(), s);
  }

  /**
   * Returns the part with {@code sizes[i]} elements on axis i, from {@code starts[i]} in steps of
   * {@code steps[i]}.
   */
  public Ref slice(long[] starts, long[] steps, long[] sizes) {
    long from = offset;
    long[] s = new long[dims.length];
    for (int i = 0; i < dims.length; i++) {
      from += sizes[i] == 0 ? 0 : starts[i] * strides[i];
      s[i] = strides[i] * steps[i];
    }
    return new Ref(buffer, dtype, from, sizes, s);
  }

  /**
   * Returns the same elements in row-major order under other dims, or empty where that takes a
   * copy.
   */
  public Optional<Ref> reshape(long[] to) {
    if (isContiguous()) {
      return Optional.of(new Ref(buffer, dtype, offset, to, Operand.contiguousStrides(to)));
    }
    long[] s = new long[to.length];
    int from = 0;
    int out = 0;
    while (from < dims.length || out < to.length) {
      int fromEnd = from;
      int outEnd = out;
      long a = 1;
      long b = 1;
      if (fromEnd < dims.length) {
        a = dims[fromEnd++];
      }
      if (outEnd < to.length) {
        b = to[outEnd++];
      }
      while (a != b) {
        if (a < b) {
          a *= dims[fromEnd++];
        } else {
          b *= to[outEnd++];
        }
      }
      if (!mergeable(from, fromEnd)) {
        return Optional.empty();
      }
      long step = 1;
      for (int i = fromEnd - 1; i >= from; i--) {
        if (dims[i] != 1) {
          step = strides[i];
          break;
        }
      }
      for (int i = outEnd - 1; i >= out; i--) {
        s[i] = step;
        step *= to[i];
      }
      from = fromEnd;
      out = outEnd;
    }
    return Optional.of(new Ref(buffer, dtype, offset, to, s));
  }

  /** Returns whether axes from … end − 1 step through memory as one axis would. */
  private boolean mergeable(int from, int end) {
    long step = -1;
    for (int i = end - 1; i >= from; i--) {
      if (dims[i] == 1) {
        continue;
      }
      if (step >= 0 && strides[i] != step) {
        return false;
      }
      step = strides[i] * dims[i];
    }
    return true;
  }
}
