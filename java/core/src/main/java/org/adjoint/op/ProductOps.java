package org.adjoint.op;

import java.util.Arrays;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Lowering;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * The matrix product of the op table, over leading batch axes that broadcast. Transposed operands
 * cost nothing: they are strides. A compile pass adds a bias and an activation as attributes and a
 * third input; the op as users build it has none.
 */
public final class ProductOps {
  /** The same for BF16 operands, with F32 sums, bias and result. */
  private static final Kernel MATMUL_BF16_KERNEL =
      new Kernel("matmulBf16", ScalarFunction.NONE, -1);

  /** Attributes: whether a bias follows, and the activation: 0 none, 1 relu, 2 tanh, 3 sigmoid. */
  private static final Kernel MATMUL_KERNEL = new Kernel("matmul", ScalarFunction.NONE, -1);

  /**
   * a [batch…, m, k] by b [batch…, k, n] is [batch…, m, n]. Of BF16 matrices it is F32, as their
   * cotangents are, which are rounded to BF16 to be multiplied back.
   */
  public static final Linear MATMUL =
      Linear.of(
          "matmul",
          MATMUL_KERNEL,
          ProductOps::matmulType,
          ProductOps::lowerMatmul,
          (c, i, g) ->
              i == 0
                  ? as(c.x(1), g).matmul(c.x(1).transpose())
                  : c.x(0).transpose().matmul(as(c.x(0), g)),
          (c, i, t) -> i == 0 ? as(c.x(1), t).matmul(c.x(1)) : c.x(0).matmul(as(c.x(0), t)),
          ProductOps::batchMatmul);

  /** All rows. */
  public static final List<Op> ALL = List.of(MATMUL);

  private ProductOps() {}

  /** Returns a tangent or cotangent as a matrix that multiplies {@code x}: of its dtype. */
  private static Tensor as(Tensor x, Tensor g) {
    return g.cast(x.dtype());
  }

  private static Type matmulType(List<Type> in, long[] attrs) {
    if (in.size() != 2 || attrs.length != 0) {
      throw new IllegalArgumentException("matmul: takes two inputs and no attributes");
    }
    Type a = in.get(0);
    Type b = in.get(1);
    if (!a.dtype().isFloating()) {
      throw new IllegalArgumentException("matmul: needs F32, F64 or BF16, got " + a + "; cast it");
    }
    if (a.dtype() != b.dtype()) {
      throw new IllegalArgumentException(
          "matmul: dtypes differ: " + a + " and " + b + "; cast one of them");
    }
    if (a.shape().rank() < 2 || b.shape().rank() < 2) {
      throw new IllegalArgumentException(
          "matmul: needs two axes or more each: " + a.shape() + " x " + b.shape());
    }
    if (a.shape().dim(-1) != b.shape().dim(-2)) {
      throw new IllegalArgumentException(
          "matmul: inner sizes differ: " + a.shape() + " x " + b.shape());
    }
    long[] batch = Shape.broadcast("matmul", batch(a.shape()), batch(b.shape())).dims();
    long[] dims = Arrays.copyOf(batch, batch.length + 2);
    dims[batch.length] = a.shape().dim(-2);
    dims[batch.length + 1] = b.shape().dim(-1);
    return new Type(a.dtype().tangent(), Shape.of(dims));
  }

  /** The leading axis becomes one more batch axis, before those of the examples. */
  private static Tensor batchMatmul(Batch b) {
    if (!b.isBatched(1) && b.rank(0) == 2 && b.rank(1) == 2) {
      return b.x(0).matmul(b.x(1)); // one large product: the rows of all examples below each other
    }
    Tensor[] aligned = b.allAligned();
    return aligned[0].matmul(aligned[1]);
  }

  private static Shape batch(Shape shape) {
    return Shape.of(Arrays.copyOf(shape.dims(), shape.rank() - 2));
  }

  private static Ref[] lowerMatmul(Lowering.Emitter emitter, long[] attrs, Ref[] in, Type[] out) {
    long[] dims = out[0].shape().dims();
    Ref[] operands = new Ref[in.length];
    for (int i = 0; i < 2; i++) {
      Ref matrix = isMatrix(in[i]) ? in[i] : emitter.contiguous(in[i]);
      long[] wide = dims.clone();
      wide[dims.length - 2] = matrix.dims()[matrix.rank() - 2];
      wide[dims.length - 1] = matrix.dims()[matrix.rank() - 1];
      operands[i] = matrix.broadcast(Shape.of(wide));
    }
    if (in.length == 3) {
      operands[2] = in[2].broadcast(out[0].shape());
    }
    Ref[] y = {emitter.allocate(out[0])};
    Kernel kernel = in[0].dtype() == DType.BF16 ? MATMUL_BF16_KERNEL : MATMUL_KERNEL;
    emitter.call(kernel, attrs.length == 0 ? new long[] {0, 0} : attrs, operands, y);
    return y;
  }

  /**
   * Returns whether the last two axes are a matrix in row- or column-major order with any leading
   * dimension.
   */
  private static boolean isMatrix(Ref x) {
    int r = x.rank();
    long rows = x.dims()[r - 2];
    long columns = x.dims()[r - 1];
    long down = x.strides()[r - 2];
    long across = x.strides()[r - 1];
    boolean rowMajor = (across == 1 || columns <= 1) && (down >= columns || rows <= 1);
    boolean columnMajor = (down == 1 || rows <= 1) && (across >= rows || columns <= 1);
    return rowMajor || columnMajor;
  }
}
