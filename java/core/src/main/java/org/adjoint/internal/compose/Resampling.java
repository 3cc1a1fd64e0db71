package org.adjoint.internal.compose;

import java.util.Arrays;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;

/**
 * Images at other sizes, one axis after another, by gathers and by repeated views. Each public
 * method is the body of {@link Tensor}'s method of the same name.
 */
public final class Resampling {
  private Resampling() {}

  public static Tensor upsampleNearest(Tensor x, long... size) {
    check("upsampleNearest", x, size);
    Tensor y = x;
    for (int i = 0; i < size.length; i++) {
      int axis = x.rank() - size.length + i;
      long n = x.dim(axis);
      y =
          size[i] % n == 0
              ? y.repeat(axis, size[i] / n)
              : y.gather(axis, Tensor.arange(size[i]).times(n).floorDiv(size[i]));
    }
    return y;
  }

  public static Tensor upsampleLinear(Tensor x, long... size) {
    check("upsampleLinear", x, size);
    if (!x.dtype().isArithmetic()) {
      throw new IllegalArgumentException(
          "upsampleLinear: needs F32 or F64, got " + x.type() + "; cast it");
    }
    Tensor y = x;
    for (int i = 0; i < size.length; i++) {
      y = linear(y, x.rank() - size.length + i, size[i]);
    }
    return y;
  }

  /**
   * Element i is read at (i + ½)·n/size − ½, but not before 0: in whole numbers, a quotient by
   * 2·size, whose remainder is the weight of the right neighbour.
   */
  private static Tensor linear(Tensor x, int axis, long size) {
    long n = x.dim(axis);
    if (size == n) {
      return Access.fixed(x);
    }
    Tensor at = Tensor.arange(size).times(2 * n).plus(n - size).maximum(0);
    Tensor left = at.floorDiv(2 * size);
    Tensor right = left.plus(1).minimum(n - 1);
    long[] along = new long[x.rank() - axis];
    Arrays.fill(along, 1);
    along[0] = size;
    Tensor weight = at.minus(left.times(2 * size)).cast(x.dtype()).div(2 * size).reshape(along);
    Tensor rest = weight.neg().plus(1);
    return x.gather(axis, left).times(rest).plus(x.gather(axis, right).times(weight));
  }

  private static void check(String op, Tensor x, long[] size) {
    boolean fits = size.length >= 1 && size.length <= 3 && size.length <= x.rank();
    for (int i = 0; fits && i < size.length; i++) {
      fits = size[i] > 0 && x.dim(x.rank() - size.length + i) > 0;
    }
    if (!fits) {
      throw new IllegalArgumentException(
          op
              + ": "
              + x.shape()
              + " to "
              + Arrays.toString(size)
              + ": needs one to three sizes above 0, of axes with elements");
    }
  }
}
