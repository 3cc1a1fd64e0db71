package org.adjoint.internal.compose;

import java.util.Arrays;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.ir.Axes;
import org.adjoint.op.Op;
import org.adjoint.op.ReductionOps;

/**
 * From the arguments of users to the attributes of ops: axes are counted from the front, open sizes
 * inferred, and the axis of an op over the last axis moves there and back.
 */
public final class ShapeRules {
  private ShapeRules() {}

  /** Returns the axes counted from the front, ascending; all axes if none are given. */
  public static long[] axes(String name, Shape shape, int... axes) {
    boolean[] chosen = new boolean[shape.rank()];
    Arrays.fill(chosen, axes.length == 0);
    for (int axis : axes) {
      int normal = shape.axis(axis);
      if (chosen[normal]) {
        throw new IllegalArgumentException(
            name + ": axis " + axis + " of " + shape + " is given twice");
      }
      chosen[normal] = true;
    }
    long[] ascending = new long[axes.length == 0 ? shape.rank() : axes.length];
    int at = 0;
    for (int i = 0; i < chosen.length; i++) {
      if (chosen[i]) {
        ascending[at++] = i;
      }
    }
    return ascending;
  }

  /** Returns x reduced by an op over axes, which stay at size 1 if {@code keepDims}. */
  public static Tensor reduce(Op op, Tensor x, boolean keepDims, int... axes) {
    long[] normal = axes(op.name(), x.shape(), axes);
    Tensor y = op.apply(normal, x).get(0);
    return keepDims ? y.reshape(kept(x, axes)) : y;
  }

  /** Returns the dims of x with folded axes at size 1. */
  public static long[] kept(Tensor x, int... axes) {
    long[] dims = x.shape().dims();
    for (long axis : axes("fold", x.shape(), axes)) {
      dims[(int) axis] = 1;
    }
    return dims;
  }

  /** Returns how many elements fold into one. */
  public static long folded(Tensor x, int... axes) {
    long count = 1;
    for (long axis : axes("mean", x.shape(), axes)) {
      count *= x.dim((int) axis);
    }
    return count;
  }

  /** Returns x summed over the axes that broadcasting {@code target} to its shape repeats. */
  public static Tensor sumTo(Tensor x, Shape target) {
    if (x.shape().equals(target)) {
      return Access.fixed(x);
    }
    if (!target.broadcastsTo(x.shape())) {
      throw new IllegalArgumentException(
          "sumTo: " + target + " does not broadcast to " + x.shape());
    }
    int shift = x.rank() - target.rank();
    long[] axes = new long[x.rank()];
    int count = 0;
    for (int i = 0; i < x.rank(); i++) {
      if (i < shift || (target.dim(i - shift) == 1 && x.dim(i) != 1)) {
        axes[count++] = i;
      }
    }
    Tensor sum = count == 0 ? x : ReductionOps.SUM.over(Arrays.copyOf(axes, count), x);
    return sum.reshape(target.dims());
  }

  /** Returns {@code dims} with a −1 replaced by what is left of the elements of {@code shape}. */
  public static long[] inferDim(Shape shape, long... dims) {
    long[] known = dims.clone();
    int open = -1;
    long rest = 1;
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] == -1 && open < 0) {
        open = i;
      } else {
        rest *= dims[i];
      }
    }
    if (open >= 0) {
      if (rest <= 0 || shape.size() % rest != 0) {
        throw new IllegalArgumentException(
            "reshape: "
                + shape
                + " has "
                + shape.size()
                + " elements, which do not fill "
                + Arrays.toString(dims));
      }
      known[open] = shape.size() / rest;
    }
    return known;
  }

  /** Returns the order of axes that swaps two. */
  public static int[] swap(Shape shape, int a, int b) {
    int[] axes = identity(shape.rank());
    int first = shape.axis(a);
    int second = shape.axis(b);
    axes[first] = second;
    axes[second] = first;
    return axes;
  }

  /** Returns the order of axes that moves one behind all others. */
  public static int[] toLast(Shape shape, int axis) {
    return Axes.moved(shape.rank(), shape.axis(axis), shape.rank() - 1);
  }

  private static int[] identity(int rank) {
    int[] axes = new int[rank];
    Arrays.setAll(axes, i -> i);
    return axes;
  }

  /** Returns an order of axes, each counted from the front. */
  public static long[] permutation(Shape shape, int... axes) {
    long[] normal = new long[axes.length];
    boolean[] seen = new boolean[shape.rank()];
    boolean fits = axes.length == shape.rank();
    for (int i = 0; fits && i < axes.length; i++) {
      int axis = shape.axis(axes[i]);
      fits = !seen[axis];
      seen[axis] = true;
      normal[i] = axis;
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "permute: " + Arrays.toString(axes) + " is not an order of the axes of " + shape);
    }
    return normal;
  }

  /** Returns the attributes of a slice along one axis: starts, steps and sizes of all axes. */
  public static long[] slice(Shape shape, int axis, long first, long end, long step) {
    int rank = shape.rank();
    int normal = shape.axis(axis);
    long dim = shape.dim(normal);
    long from = first < 0 ? first + dim : first;
    long to = end < 0 ? end + dim : end;
    if (from < 0 || to < from || to > dim || step < 1) {
      throw new IllegalArgumentException(
          "slice: from "
              + first
              + " to "
              + end
              + " step "
              + step
              + " does not lie in axis "
              + axis
              + " of "
              + shape);
    }
    long[] attrs = new long[3 * rank];
    Arrays.fill(attrs, rank, 2 * rank, 1);
    System.arraycopy(shape.dims(), 0, attrs, 2 * rank, rank);
    attrs[normal] = from;
    attrs[rank + normal] = step;
    attrs[2 * rank + normal] = to == from ? 0 : (to - from - 1) / step + 1;
    return attrs;
  }

  /** Returns the product of matrices, batches of matrices, or vectors, by NumPy's rule. */
  public static Tensor matmul(Op op, Tensor a, Tensor b) {
    if (a.rank() == 0 || b.rank() == 0) {
      throw new IllegalArgumentException(
          "matmul: needs an axis each, got "
              + a.shape()
              + " x "
              + b.shape()
              + "; times() multiplies by a scalar");
    }
    if (a.rank() == 1 || b.rank() == 1) {
      return matmulVector(op, a, b);
    }
    if (a.rank() > 2 && b.rank() == 2 && a.dim(-1) == b.dim(0)) {
      // One large product instead of a batch of small ones.
      long[] dims = a.shape().dims();
      Tensor rows = a.reshape(a.size() / Math.max(1, a.dim(-1)), a.dim(-1));
      dims[dims.length - 1] = b.dim(1);
      return a.size() == 0 ? op.apply(a, b) : op.apply(rows, b).reshape(dims);
    }
    return op.apply(a, b);
  }

  /** A vector on the left is a row, on the right a column; the axis it gained is dropped again. */
  private static Tensor matmulVector(Op op, Tensor a, Tensor b) {
    if (a.dim(-1) != b.dim(b.rank() == 1 ? 0 : -2)) {
      throw new IllegalArgumentException(
          "matmul: inner sizes differ: " + a.shape() + " x " + b.shape());
    }
    Tensor rows = a.rank() == 1 ? a.reshape(1, a.dim(0)) : a;
    Tensor columns = b.rank() == 1 ? b.reshape(b.dim(0), 1) : b;
    Tensor product = op.apply(rows, columns);
    long[] dims = product.shape().dims();
    int length = dims.length;
    if (b.rank() == 1) {
      length--;
    }
    if (a.rank() == 1) {
      dims[dims.length - 2] = dims[dims.length - 1];
      length--;
    }
    return product.reshape(Arrays.copyOf(dims, length));
  }

  /** Applies an op that works on the last axis along another one. */
  public static Tensor alongLast(Op op, Tensor x, int axis) {
    if (x.rank() == 0 || x.shape().axis(axis) == x.rank() - 1) {
      return op.apply(x);
    }
    return op.apply(x.transpose(axis, -1)).transpose(axis, -1);
  }
}
