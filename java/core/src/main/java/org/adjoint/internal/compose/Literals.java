package org.adjoint.internal.compose;

import java.util.function.IntFunction;
import java.util.function.ToIntFunction;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.op.ShapeOps;

/** Tensors written down: matrices from rows of Java numbers, and the identity. */
public final class Literals {
  private Literals() {}

  /** Returns a matrix with a copy of F32 rows. */
  public static Tensor matrix(float[]... rows) {
    return Tensor.of(joined(rows, x -> x.length, float[]::new), rows.length, width(rows));
  }

  /** Returns a matrix with a copy of F64 rows. */
  public static Tensor matrix(double[]... rows) {
    return Tensor.of(joined(rows, x -> x.length, double[]::new), rows.length, width(rows));
  }

  /** Returns a matrix with a copy of I32 rows. */
  public static Tensor matrix(int[]... rows) {
    return Tensor.of(joined(rows, x -> x.length, int[]::new), rows.length, width(rows));
  }

  /** Returns a matrix with a copy of I64 rows. */
  public static Tensor matrix(long[]... rows) {
    return Tensor.of(joined(rows, x -> x.length, long[]::new), rows.length, width(rows));
  }

  /** Returns a matrix with a copy of BOOL rows. */
  public static Tensor matrix(boolean[]... rows) {
    return Tensor.of(joined(rows, x -> x.length, boolean[]::new), rows.length, width(rows));
  }

  private static long width(float[]... rows) {
    return rows.length == 0 ? 0 : rows[0].length;
  }

  private static long width(double[]... rows) {
    return rows.length == 0 ? 0 : rows[0].length;
  }

  private static long width(int[]... rows) {
    return rows.length == 0 ? 0 : rows[0].length;
  }

  private static long width(long[]... rows) {
    return rows.length == 0 ? 0 : rows[0].length;
  }

  private static long width(boolean[]... rows) {
    return rows.length == 0 ? 0 : rows[0].length;
  }

  /** Returns rows of one length behind each other. */
  private static <A> A joined(A[] rows, ToIntFunction<A> length, IntFunction<A> make) {
    int width = rows.length == 0 ? 0 : length.applyAsInt(rows[0]);
    for (int i = 0; i < rows.length; i++) {
      if (length.applyAsInt(rows[i]) != width) {
        throw new IllegalArgumentException(
            "of: rows have different lengths: row 0 has "
                + width
                + " elements, row "
                + i
                + " has "
                + length.applyAsInt(rows[i]));
      }
    }
    A all = make.apply(Math.toIntExact((long) rows.length * width));
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, all, i * width, width);
    }
    return all;
  }

  /** Returns ones where row = column; a slice of a strided line of ones, so nothing is compared. */
  public static Tensor eye(DType dtype, long rows, long columns) {
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException("eye: negative size in [" + rows + ", " + columns + "]");
    }
    if (!dtype.isArithmetic() || rows == 0 || columns == 0) {
      return Tensor.arange(rows).reshape(rows, 1).eq(Tensor.arange(columns)).cast(dtype);
    }
    long ones = Math.min(rows, columns);
    long[] places = {0, columns + 1, ones * (columns + 1)};
    Tensor square =
        ShapeOps.UNSLICE
            .apply(places, Tensor.ones(dtype, ones))
            .get(0)
            .slice(0, 0, ones * columns)
            .reshape(ones, columns);
    return rows > ones ? square.pad(0, 0, rows - ones, 0) : square;
  }
}
