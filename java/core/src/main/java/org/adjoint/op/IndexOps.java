package org.adjoint.op;

import java.util.Arrays;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Axes;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * Gather and scatterAdd, each the other's transpose in the values. Values [B…, outer…, n, inner…]
 * and an index [B…, k…] share {@code b} leading batch axes; the index replaces axis n: [B…, outer…,
 * k…, inner…]. Indices are data and are checked while the kernel runs.
 */
public final class IndexOps {
  private static final Kernel GATHER_KERNEL = new Kernel("gather", ScalarFunction.NONE, -1);
  private static final Kernel SCATTER_ADD_KERNEL =
      new Kernel("scatterAdd", ScalarFunction.NONE, -1);

  /** Inputs: values, index. Attributes: the axis of the values, the number of batch axes. */
  public static final Linear GATHER =
      Linear.indexed(
          "gather",
          GATHER_KERNEL,
          0,
          (in, attrs) -> {
            Type x = in.get(0);
            Type index = in.get(1);
            check("gather", x.shape(), index, attrs);
            return new Type(x.dtype(), gathered(x.shape(), index.shape(), attrs));
          },
          (emitter, attrs, in, out) -> {
            Ref x = emitter.contiguous(in[0]);
            Ref index = emitter.contiguous(in[1]);
            Ref y = emitter.allocate(out[0]);
            long[] values = collapse(in[0].dims(), attrs);
            emitter.call(
                GATHER_KERNEL,
                Op.NO_ATTRS,
                new Ref[] {x.as(values), asIndex(index, attrs)},
                new Ref[] {y.as(withIndexed(values, index, attrs))});
            return new Ref[] {y};
          },
          (c, i, g) -> {
            long[] attrs = Arrays.copyOf(c.attrs(), 2 + c.x().shape().rank());
            System.arraycopy(c.x().shape().dims(), 0, attrs, 2, c.x().shape().rank());
            return Tensor.apply(IndexOps.scatterAdd(), attrs, c.x(1), g).get(0);
          },
          IndexOps::batchGather);

  /**
   * Inputs: index, updates. Attributes: the axis, the number of batch axes, the dims of the values.
   */
  public static final Linear SCATTER_ADD =
      Linear.indexed(
          "scatterAdd",
          SCATTER_ADD_KERNEL,
          1,
          (in, attrs) -> {
            Type index = in.get(0);
            Type updates = in.get(1);
            Shape x = Shape.of(Arrays.copyOfRange(attrs, 2, attrs.length));
            if (!updates.dtype().isArithmetic() && !updates.dtype().isInteger()) {
              throw new IllegalArgumentException(
                  "scatterAdd: needs F32, F64, I32 or I64 updates, got " + updates + "; cast them");
            }
            check("scatterAdd", x, index, attrs);
            Shape expected = gathered(x, index.shape(), attrs);
            if (!updates.shape().equals(expected)) {
              throw new IllegalArgumentException(
                  "scatterAdd: updates "
                      + updates.shape()
                      + " should be "
                      + expected
                      + " for index "
                      + index.shape()
                      + " into "
                      + x);
            }
            return new Type(updates.dtype(), x);
          },
          (emitter, attrs, in, out) -> {
            Ref index = emitter.contiguous(in[0]);
            Ref updates = emitter.contiguous(in[1]);
            Ref y = emitter.allocate(out[0]);
            long[] values = collapse(out[0].shape().dims(), attrs);
            emitter.call(
                SCATTER_ADD_KERNEL,
                Op.NO_ATTRS,
                new Ref[] {asIndex(index, attrs), updates.as(withIndexed(values, index, attrs))},
                new Ref[] {y.as(values)});
            return new Ref[] {y};
          },
          (c, i, g) -> Tensor.apply(GATHER, Arrays.copyOf(c.attrs(), 2), g, c.x(0)).get(0),
          IndexOps::batchScatterAdd);

  /** All rows. */
  public static final List<Op> ALL = List.of(GATHER, SCATTER_ADD);

  private IndexOps() {}

  /**
   * Values alone gain an outer axis; with the index, or with batch axes there already, a batch
   * axis.
   */
  private static Tensor batchGather(Batch b) {
    if (!b.isBatched(0) && b.attrs()[1] == 0) {
      // All examples' indices into the one table; their axis then comes to the front.
      Tensor all = Tensor.apply(GATHER, b.attrs(), b.x(0), b.x(1)).get(0);
      return all.permute(Axes.moved(all.rank(), (int) b.attrs()[0], 0));
    }
    boolean shared = b.attrs()[1] == 0 && !b.isBatched(1);
    long[] attrs = {b.attrs()[0] + 1, shared ? 0 : b.attrs()[1] + 1};
    Tensor index = shared ? b.x(1) : b.wide(1);
    return Tensor.apply(GATHER, attrs, b.wide(0), index).get(0);
  }

  private static Tensor batchScatterAdd(Batch b) {
    boolean shared = b.attrs()[1] == 0 && !b.isBatched(0);
    long[] attrs = new long[b.attrs().length + 1];
    attrs[0] = b.attrs()[0] + 1;
    attrs[1] = shared ? 0 : b.attrs()[1] + 1;
    attrs[2] = b.size();
    System.arraycopy(b.attrs(), 2, attrs, 3, b.attrs().length - 2);
    Tensor index = shared ? b.x(0) : b.wide(0);
    return Tensor.apply(SCATTER_ADD, attrs, index, b.wide(1)).get(0);
  }

  private static Linear scatterAdd() {
    return SCATTER_ADD;
  }

  private static void check(String op, Shape x, Type index, long[] attrs) {
    int axis = attrs.length < 2 ? -1 : (int) attrs[0];
    int b = attrs.length < 2 ? -1 : (int) attrs[1];
    if (!index.dtype().isInteger()) {
      String cure =
          index.dtype() == DType.BOOL ? "; a mask picks with where() or maskedFill()" : "";
      throw new IllegalArgumentException(
          op + ": the index must be I32 or I64, got " + index + cure);
    }
    if (attrs.length < 2 || axis < 0 || axis >= x.rank() || b < 0) {
      throw new IllegalArgumentException(
          op + ": attributes " + Arrays.toString(attrs) + " for " + x);
    }
    if (x.dim(axis) == 0 && index.shape().size() > 0) {
      throw new IllegalArgumentException(
          op + ": axis " + axis + " of " + x + " has no elements, index " + index.shape() + " has");
    }
    boolean fits = b <= axis && b <= index.shape().rank();
    for (int i = 0; fits && i < b; i++) {
      fits = x.dim(i) == index.shape().dim(i);
    }
    if (!fits) {
      throw new IllegalArgumentException(
          op
              + ": values "
              + x
              + " and index "
              + index.shape()
              + " do not share "
              + b
              + " batch axes before axis "
              + axis);
    }
  }

  private static Shape gathered(Shape x, Shape index, long[] attrs) {
    int axis = (int) attrs[0];
    int b = (int) attrs[1];
    long[] dims = new long[x.rank() - 1 + index.rank() - b];
    int at = 0;
    for (int i = 0; i < axis; i++) {
      dims[at++] = x.dim(i);
    }
    for (int i = b; i < index.rank(); i++) {
      dims[at++] = index.dim(i);
    }
    for (int i = axis + 1; i < x.rank(); i++) {
      dims[at++] = x.dim(i);
    }
    return Shape.of(dims);
  }

  /** Returns dims as [batch, outer, n, inner]. */
  private static long[] collapse(long[] dims, long[] attrs) {
    int axis = (int) attrs[0];
    int b = (int) attrs[1];
    return new long[] {
      product(dims, 0, b), product(dims, b, axis), dims[axis], product(dims, axis + 1, dims.length)
    };
  }

  private static long[] withIndexed(long[] values, Ref index, long[] attrs) {
    long[] dims = values.clone();
    dims[2] = product(index.dims(), (int) attrs[1], index.rank());
    return dims;
  }

  private static Ref asIndex(Ref index, long[] attrs) {
    int b = (int) attrs[1];
    return index.as(product(index.dims(), 0, b), product(index.dims(), b, index.rank()));
  }

  private static long product(long[] dims, int from, int to) {
    long n = 1;
    for (int i = from; i < to; i++) {
      n *= dims[i];
    }
    return n;
  }
}
