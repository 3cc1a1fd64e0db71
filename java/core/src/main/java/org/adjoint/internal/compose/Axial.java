package org.adjoint.internal.compose;

import java.util.Arrays;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.ir.Axes;

/**
 * Axes dropped, added, merged and moved, and elements moved along one; all views, but for what
 * concat and gather copy. Each public method is the body of {@link Tensor}'s method of the same
 * name.
 */
public final class Axial {
  private Axial() {}

  public static Tensor squeeze(Tensor x, int... axes) {
    Shape shape = x.shape();
    boolean[] dropped = new boolean[shape.rank()];
    for (int i = 0; i < shape.rank(); i++) {
      dropped[i] = axes.length == 0 && shape.dim(i) == 1;
    }
    for (int axis : axes) {
      int normal = shape.axis(axis);
      if (shape.dim(normal) != 1) {
        throw new IllegalArgumentException(
            "squeeze: axis "
                + axis
                + " of "
                + shape
                + " has size "
                + shape.dim(normal)
                + ", not 1");
      }
      dropped[normal] = true;
    }
    long[] dims = new long[shape.rank()];
    int rank = 0;
    for (int i = 0; i < dropped.length; i++) {
      if (!dropped[i]) {
        dims[rank++] = shape.dim(i);
      }
    }
    return x.reshape(Arrays.copyOf(dims, rank));
  }

  public static Tensor unsqueeze(Tensor x, int axis) {
    long[] dims = x.shape().dims();
    int at = axis < 0 ? axis + dims.length + 1 : axis;
    if (at < 0 || at > dims.length) {
      throw new IllegalArgumentException(
          "unsqueeze: axis "
              + axis
              + " is none of the "
              + (dims.length + 1)
              + " axes of the result of "
              + x.shape());
    }
    long[] wide = new long[dims.length + 1];
    System.arraycopy(dims, 0, wide, 0, at);
    wide[at] = 1;
    System.arraycopy(dims, at, wide, at + 1, dims.length - at);
    return x.reshape(wide);
  }

  public static Tensor flatten(Tensor x, int first, int last) {
    Shape shape = x.shape();
    if (shape.rank() == 0) {
      return x.reshape(1);
    }
    int from = shape.axis(first);
    int to = shape.axis(last);
    if (from > to) {
      throw new IllegalArgumentException(
          "flatten: axis " + first + " of " + shape + " comes after axis " + last);
    }
    long[] dims = new long[shape.rank() - (to - from)];
    Arrays.fill(dims, 1);
    for (int i = 0; i < shape.rank(); i++) {
      dims[i < from ? i : Math.max(from, i - (to - from))] *= shape.dim(i);
    }
    return x.reshape(dims);
  }

  public static Tensor moveAxis(Tensor x, int from, int to) {
    int source = x.shape().axis(from);
    int target = x.shape().axis(to);
    return source == target ? Access.fixed(x) : x.permute(Axes.moved(x.rank(), source, target));
  }

  public static Tensor expand(Tensor x, long... dims) {
    long[] to = dims.clone();
    int lead = dims.length - x.rank();
    for (int i = 0; i < to.length; i++) {
      if (to[i] == -1 && i >= lead && lead >= 0) {
        to[i] = x.dim(i - lead);
      }
    }
    for (long dim : to) {
      if (dim < 0) {
        throw new IllegalArgumentException(
            "expand: "
                + x.shape()
                + " to "
                + Arrays.toString(dims)
                + ": −1 keeps the size of an axis that is there, and no other size is negative");
      }
    }
    return x.broadcastTo(to);
  }

  public static Tensor roll(Tensor x, int axis, long shift) {
    int at = x.shape().axis(axis);
    long n = x.dim(at);
    long behind = n == 0 ? 0 : Math.floorMod(shift, n);
    if (behind == 0) {
      return x.reshape(x.shape().dims());
    }
    return Tensor.concat(at, x.slice(at, n - behind, n), x.slice(at, 0, n - behind));
  }

  public static Tensor repeatInterleave(Tensor x, int axis, long... times) {
    int at = x.shape().axis(axis);
    long n = x.dim(at);
    long total = 0;
    for (long count : times) {
      if (count < 0) {
        throw new IllegalArgumentException(
            "repeatInterleave: negative count in " + Arrays.toString(times));
      }
      total += count;
    }
    if (times.length == 1) {
      return x.repeat(at, times[0]);
    }
    if (times.length != n) {
      throw new IllegalArgumentException(
          "repeatInterleave: "
              + times.length
              + " counts for axis "
              + axis
              + " of "
              + x.shape()
              + "; give one for all elements or one for each");
    }
    long[] from = new long[Math.toIntExact(total)];
    int place = 0;
    for (int i = 0; i < times.length; i++) {
      Arrays.fill(from, place, place + (int) times[i], i);
      place += (int) times[i];
    }
    return x.gather(at, Tensor.of(from));
  }
}
