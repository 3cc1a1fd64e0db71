package org.adjoint.internal.compose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.ir.Axes;
import org.adjoint.op.IndexOps;
import org.adjoint.op.ShapeOps;

/**
 * Arrangements of elements that are made of views, concat, gather and iota, with no kernels of
 * their own. Each public method is the body of {@link Tensor}'s method of the same name.
 */
public final class Arrangements {
  private Arrangements() {}

  /** Returns the part of x at an index on the leading axes. */
  public static Tensor part(Tensor x, long... index) {
    if (index.length > x.rank()) {
      throw new IllegalArgumentException(
          "get: " + index.length + " indices for shape " + x.shape());
    }
    Tensor part = Access.fixed(x);
    for (int axis = 0; axis < index.length; axis++) {
      long i = index[axis] < 0 ? index[axis] + x.dim(axis) : index[axis];
      if (i < 0 || i >= x.dim(axis)) {
        throw new IndexOutOfBoundsException(
            "get: index " + index[axis] + " is outside axis " + axis + " of " + x.shape());
      }
      part = part.slice(axis, i, i + 1);
    }
    long[] rest = Arrays.copyOfRange(x.shape().dims(), index.length, x.rank());
    return part.reshape(rest);
  }

  public static Tensor concat(int axis, Tensor... tensors) {
    if (tensors.length == 0) {
      throw new IllegalArgumentException("concat: needs at least one tensor");
    }
    long[] attrs = {tensors[0].shape().axis(axis)};
    return ShapeOps.CONCAT.apply(attrs, tensors).get(0);
  }

  public static Tensor stack(int axis, Tensor... tensors) {
    if (tensors.length == 0) {
      throw new IllegalArgumentException("stack: needs at least one tensor");
    }
    long[] dims = tensors[0].shape().dims();
    long[] wide = new long[dims.length + 1];
    int at = axis < 0 ? axis + wide.length : axis;
    if (at < 0 || at >= wide.length) {
      throw new IllegalArgumentException(
          "stack: axis " + axis + " is none of the " + wide.length + " axes of the result");
    }
    for (int i = 0; i < wide.length; i++) {
      wide[i] = i == at ? 1 : dims[i < at ? i : i - 1];
    }
    Tensor[] parts = new Tensor[tensors.length];
    for (int i = 0; i < parts.length; i++) {
      if (!tensors[i].shape().equals(tensors[0].shape())) {
        throw new IllegalArgumentException(
            "stack: shapes differ: " + tensors[0].shape() + " and " + tensors[i].shape());
      }
      parts[i] = tensors[i].reshape(wide);
    }
    return Tensor.concat(at, parts);
  }

  public static List<Tensor> split(Tensor x, int axis, long... sizes) {
    long sum = 0;
    for (long size : sizes) {
      sum += size;
    }
    if (sum != x.dim(axis)) {
      throw new IllegalArgumentException(
          "split: sizes "
              + Arrays.toString(sizes)
              + " do not add up to axis "
              + axis
              + " of "
              + x.shape());
    }
    List<Tensor> parts = new ArrayList<>();
    long from = 0;
    for (long size : sizes) {
      parts.add(x.slice(axis, from, from + size));
      from += size;
    }
    return parts;
  }

  public static List<Tensor> chunk(Tensor x, int axis, int count) {
    if (count < 1 || x.dim(axis) % count != 0) {
      throw new IllegalArgumentException(
          "chunk: axis " + axis + " of " + x.shape() + " is not " + count + " equal parts");
    }
    long[] sizes = new long[count];
    Arrays.fill(sizes, x.dim(axis) / count);
    return split(x, axis, sizes);
  }

  public static Tensor tile(Tensor x, long... times) {
    int rank = Math.max(x.rank(), times.length);
    long[] inside = new long[2 * rank];
    long[] wide = new long[2 * rank];
    long[] dims = new long[rank];
    for (int i = 0; i < rank; i++) {
      int own = i - (rank - x.rank());
      int given = i - (rank - times.length);
      long dim = own < 0 ? 1 : x.dim(own);
      long count = given < 0 ? 1 : times[given];
      inside[2 * i] = 1;
      inside[2 * i + 1] = dim;
      wide[2 * i] = count;
      wide[2 * i + 1] = dim;
      dims[i] = count * dim;
    }
    return x.reshape(inside).broadcastTo(wide).reshape(dims);
  }

  public static Tensor repeat(Tensor x, int axis, long times) {
    int at = x.shape().axis(axis);
    long[] dims = x.shape().dims();
    long[] inside = new long[dims.length + 1];
    for (int i = 0; i < inside.length; i++) {
      inside[i] = i == at + 1 ? 1 : dims[i <= at ? i : i - 1];
    }
    long[] wide = inside.clone();
    wide[at + 1] = times;
    dims[at] *= times;
    return x.reshape(inside).broadcastTo(wide).reshape(dims);
  }

  public static Tensor flip(Tensor x, int... axes) {
    Tensor y = x;
    for (long axis : ShapeRules.axes("flip", x.shape(), axes)) {
      long n = x.dim((int) axis);
      y = y.gather((int) axis, Tensor.arange(n - 1, -1, -1));
    }
    return y;
  }

  public static Tensor pad(Tensor x, int axis, long before, long after, double value) {
    int at = x.shape().axis(axis);
    checkPad("pad", x, axis, before, after, Long.MAX_VALUE);
    if (value == 0) {
      return ShapeOps.placed(x, at, before, before + x.dim(at) + after);
    }
    long[] dims = x.shape().dims();
    dims[at] = before;
    Tensor filling = Scalars.like(x, value);
    Tensor left = filling.broadcastTo(dims);
    dims[at] = after;
    return Tensor.concat(at, left, x, filling.broadcastTo(dims));
  }

  public static Tensor padReflect(Tensor x, int axis, long before, long after) {
    int at = x.shape().axis(axis);
    long n = x.dim(at);
    checkPad("padReflect", x, axis, before, after, Math.max(0, n - 1));
    List<Tensor> parts = new ArrayList<>();
    if (before > 0) {
      parts.add(x.slice(at, 1, before + 1).flip(at));
    }
    parts.add(x);
    if (after > 0) {
      parts.add(x.slice(at, n - 1 - after, n - 1).flip(at));
    }
    return Tensor.concat(at, parts.toArray(new Tensor[0]));
  }

  private static void checkPad(
      String name, Tensor x, int axis, long before, long after, long most) {
    if (before < 0 || after < 0 || before > most || after > most) {
      throw new IllegalArgumentException(
          name
              + ": "
              + before
              + " before and "
              + after
              + " after axis "
              + axis
              + " of "
              + x.shape()
              + (most == Long.MAX_VALUE ? ": negative" : ": it can be at most " + most));
    }
  }

  public static Tensor diagonal(Tensor x, long offset, int first, int second) {
    int a = x.shape().axis(first);
    int b = x.shape().axis(second);
    if (a == b) {
      throw new IllegalArgumentException(
          "diagonal: axis " + first + " of " + x.shape() + " is given twice");
    }
    int[] order = new int[x.rank()];
    int at = 0;
    for (int i = 0; i < order.length; i++) {
      if (i != a && i != b) {
        order[at++] = i;
      }
    }
    order[at++] = a;
    order[at] = b;
    Tensor moved = x.permute(order);
    long rows = x.dim(a);
    long columns = x.dim(b);
    long count = Math.min(rows - Math.max(0, -offset), columns - Math.max(0, offset));
    long[] dims = Arrays.copyOf(moved.shape().dims(), x.rank() - 1);
    dims[dims.length - 1] = rows * columns;
    Tensor flat = moved.reshape(dims);
    if (count <= 0) {
      return flat.slice(-1, 0, 0);
    }
    long from = offset >= 0 ? offset : -offset * columns;
    return flat.slice(-1, from, from + (count - 1) * (columns + 1) + 1, columns + 1);
  }

  /** Keeps the elements whose column is at most ({@code lower}) or at least row + offset. */
  public static Tensor triangle(String name, Tensor x, long offset, boolean lower) {
    if (x.rank() < 2) {
      throw new IllegalArgumentException(name + ": needs two axes, got " + x);
    }
    Tensor row = Tensor.arange(offset, offset + x.dim(-2), 1).reshape(x.dim(-2), 1);
    Tensor column = Tensor.arange(x.dim(-1));
    Tensor kept = lower ? row.ge(column) : row.le(column);
    return Tensor.where(kept, x, Tensor.scalar(0, x.dtype()));
  }

  public static Tensor oneHot(Tensor labels, long classes, DType dtype) {
    if (!labels.dtype().isInteger()) {
      throw new IllegalArgumentException("oneHot: labels must be I32 or I64, got " + labels);
    }
    if (classes < 0) {
      throw new IllegalArgumentException("oneHot: there cannot be " + classes + " classes");
    }
    long[] dims = Arrays.copyOf(labels.shape().dims(), labels.rank() + 1);
    dims[dims.length - 1] = 1;
    Tensor all = Tensor.arange(classes).cast(labels.dtype());
    return labels.reshape(dims).eq(all).cast(dtype);
  }

  public static Tensor takeAlongAxis(Tensor x, int axis, Tensor index) {
    int at = x.shape().axis(axis);
    Shape rest = restOf("takeAlongAxis", x.shape(), index.shape(), at);
    Tensor values = lastWide(x, at, rest, x.dim(at));
    Tensor places = lastWide(index, at, rest, index.dim(at));
    long last = x.rank() - 1;
    Tensor taken = IndexOps.GATHER.apply(new long[] {last, last}, values, places).get(0);
    return fromLast(taken, at);
  }

  public static Tensor scatterAdd(Shape target, int axis, Tensor index, Tensor updates) {
    long[] attrs = new long[2 + target.rank()];
    attrs[0] = target.axis(axis);
    System.arraycopy(target.dims(), 0, attrs, 2, target.rank());
    return IndexOps.SCATTER_ADD.apply(attrs, index, updates).get(0);
  }

  public static Tensor scatterAddAlongAxis(Tensor x, int axis, Tensor index, Tensor updates) {
    int at = x.shape().axis(axis);
    if (!index.shape().equals(updates.shape())) {
      throw new IllegalArgumentException(
          "scatterAddAlongAxis: index "
              + index.shape()
              + " and updates "
              + updates.shape()
              + " differ");
    }
    Shape rest = restOf("scatterAddAlongAxis", x.shape(), index.shape(), at);
    if (!rest.equals(without(x.shape(), at))) {
      throw new IllegalArgumentException(
          "scatterAddAlongAxis: index " + index.shape() + " is larger than " + x.shape());
    }
    long last = x.rank() - 1;
    Tensor places = lastWide(index, at, rest, index.dim(at));
    Tensor values = lastWide(updates, at, rest, index.dim(at));
    long[] dims = x.permute(ShapeRules.toLast(x.shape(), at)).shape().dims();
    long[] attrs = new long[2 + dims.length];
    attrs[0] = last;
    attrs[1] = last;
    System.arraycopy(dims, 0, attrs, 2, dims.length);
    return x.plus(fromLast(IndexOps.SCATTER_ADD.apply(attrs, places, values).get(0), at));
  }

  /** Returns the sizes beside {@code axis} that values and index share by NumPy's rule. */
  private static Shape restOf(String name, Shape x, Shape index, int axis) {
    if (x.rank() != index.rank()) {
      throw new IllegalArgumentException(
          name + ": values " + x + " and index " + index + " have different numbers of axes");
    }
    return Shape.broadcast(name, without(x, axis), without(index, axis));
  }

  private static Shape without(Shape shape, int axis) {
    long[] dims = new long[shape.rank() - 1];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shape.dim(i < axis ? i : i + 1);
    }
    return Shape.of(dims);
  }

  /** Returns x with {@code axis} last, of size n, behind {@code rest}. */
  private static Tensor lastWide(Tensor x, int axis, Shape rest, long n) {
    long[] dims = Arrays.copyOf(rest.dims(), rest.rank() + 1);
    dims[rest.rank()] = n;
    return x.permute(ShapeRules.toLast(x.shape(), axis)).broadcastTo(dims);
  }

  private static Tensor fromLast(Tensor x, int axis) {
    return x.permute(Axes.moved(x.rank(), x.rank() - 1, axis));
  }
}
