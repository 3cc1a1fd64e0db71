package org.adjoint.op;

import java.util.Arrays;
import java.util.List;
import org.adjoint.Grad;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Lowering;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * Softmax and what is made of it, along the last axis. Every form subtracts the row's maximum first
 * (as a constant: the result does not depend on it), so nothing overflows. A row of −∞ alone, as a
 * mask leaves it that hides everything, has logSumExp −∞, softmax 0 and cross-entropy +∞, and
 * nothing flows back: 0/0 would make NaN of all that the row is added to.
 */
public final class SoftmaxOps {
  private static final Kernel SOFTMAX_KERNEL = kernel("softmax", 0);
  private static final Kernel LOG_SOFTMAX_KERNEL = kernel("logSoftmax", 0);
  private static final Kernel LOG_SUM_EXP_KERNEL = kernel("logSumExp", -1);
  private static final Kernel CROSS_ENTROPY_KERNEL = kernel("softmaxCrossEntropy", -1);
  private static final Kernel CROSS_ENTROPY_GRAD_KERNEL = kernel("softmaxCrossEntropyGrad", 0);

  /** eˣ / Σ eˣ; the cotangent of x is y·(g − Σ g·y). */
  public static final Fused SOFTMAX =
      Fused.byRows(
          SOFTMAX_KERNEL,
          false,
          (op, in, attrs) -> List.of(rows(op, in.get(0))),
          byRows(SOFTMAX_KERNEL),
          (in, attrs) -> {
            Tensor e = in.get(0).minus(shift(in.get(0))).exp();
            return List.of(e.div(orOne(e.sum(true, -1))));
          },
          input -> true,
          (c, i, g) -> g.minus(g.scale(c.y()).sum(true, -1)).scale(c.y()));

  /** x − logSumExp(x); the cotangent of x is g − eʸ·Σ g. */
  public static final Fused LOG_SOFTMAX =
      Fused.byRows(
          LOG_SOFTMAX_KERNEL,
          false,
          (op, in, attrs) -> List.of(rows(op, in.get(0))),
          byRows(LOG_SOFTMAX_KERNEL),
          (in, attrs) -> {
            Tensor shifted = in.get(0).minus(shift(in.get(0)));
            return List.of(shifted.minus(orOne(shifted.exp().sum(true, -1)).log()));
          },
          input -> true,
          (c, i, g) -> g.minus(g.sum(true, -1).scale(c.y().exp())));

  /** log Σ eˣ; the cotangent of x is g·softmax(x). */
  public static final Fused LOG_SUM_EXP =
      Fused.byRows(
          LOG_SUM_EXP_KERNEL,
          false,
          (op, in, attrs) ->
              List.of(new Type(in.get(0).dtype(), lead(rows(op, in.get(0)).shape()))),
          byRows(LOG_SUM_EXP_KERNEL),
          (in, attrs) -> {
            Tensor x = in.get(0);
            if (x.dim(-1) == 0) {
              return List.of(
                  Tensor.full(Double.NEGATIVE_INFINITY, x.dtype(), lead(x.shape()).dims()));
            }
            Tensor m = maximum(x);
            Tensor finite =
                Tensor.where(m.abs().lt(Double.POSITIVE_INFINITY), m, Tensor.scalar(0, x.dtype()));
            Tensor sum = x.minus(finite).exp().sum(true, -1).log().plus(finite);
            return List.of(sum.reshape(lead(x.shape()).dims()));
          },
          input -> true,
          (c, i, g) -> column(g, c.x().shape()).scale(c.x().softmax(-1)));

  /**
   * The gradient of {@link #SOFTMAX_CROSS_ENTROPY}: inputs logits, labels, g; g·(softmax − onehot).
   */
  public static final Fused SOFTMAX_CROSS_ENTROPY_GRAD =
      Fused.byRows(
          CROSS_ENTROPY_GRAD_KERNEL,
          true,
          (op, in, attrs) -> {
            Shape rows = labelled(op, in);
            if (!in.get(2).shape().equals(rows) || in.get(2).dtype() != in.get(0).dtype()) {
              throw new IllegalArgumentException(
                  op.name()
                      + ": the cotangent of "
                      + in.get(0)
                      + " should have shape "
                      + rows
                      + ", got "
                      + in.get(2));
            }
            return List.of(in.get(0));
          },
          (emitter, attrs, in, out) -> {
            Ref logits = emitter.contiguous(in[0]);
            Ref labels = emitter.contiguous(in[1]);
            Ref y = emitter.allocate(out[0]);
            Ref[] operands = {table(logits), flat(labels), flat(flattenable(emitter, in[2]))};
            emitter.call(CROSS_ENTROPY_GRAD_KERNEL, Op.NO_ATTRS, operands, new Ref[] {table(y)});
            return new Ref[] {y};
          },
          (in, attrs) -> {
            List<Tensor> operands = List.of(ShapeOps.renamed(in.get(0)), in.get(1));
            List<Tensor> loss = SoftmaxOps.crossEntropy().expand(operands, Op.NO_ATTRS);
            return List.of(
                Grad.vjpWithin(loss, in.subList(2, 3), operands, operands.subList(0, 1)).get(0));
          },
          input -> input != 1);

  /**
   * Inputs: logits [rows…, n], labels [rows…] in 0 … n − 1. logSumExp(row) − row[label] for each
   * row.
   */
  public static final Fused SOFTMAX_CROSS_ENTROPY =
      Fused.byRows(
          CROSS_ENTROPY_KERNEL,
          true,
          (op, in, attrs) -> List.of(new Type(in.get(0).dtype(), labelled(op, in))),
          (emitter, attrs, in, out) -> {
            Ref logits = emitter.contiguous(in[0]);
            Ref labels = emitter.contiguous(in[1]);
            Ref y = emitter.allocate(out[0]);
            Ref[] operands = {table(logits), flat(labels)};
            emitter.call(CROSS_ENTROPY_KERNEL, Op.NO_ATTRS, operands, new Ref[] {flat(y)});
            return new Ref[] {y};
          },
          (in, attrs) -> {
            Tensor logits = in.get(0);
            long axis = logits.shape().rank() - 1;
            Tensor chosen =
                Tensor.apply(IndexOps.GATHER, new long[] {axis, axis}, logits, in.get(1)).get(0);
            Tensor total = logits.logSumExp(-1);
            Tensor none = Tensor.scalar(Double.NEGATIVE_INFINITY, logits.dtype());
            return List.of(Tensor.where(total.eq(none), none.neg(), total.minus(chosen)));
          },
          input -> input == 0,
          (c, i, g) -> SOFTMAX_CROSS_ENTROPY_GRAD.apply(c.x(0), c.x(1), g));

  /** All rows. */
  public static final List<Op> ALL =
      List.of(SOFTMAX, LOG_SOFTMAX, LOG_SUM_EXP, SOFTMAX_CROSS_ENTROPY, SOFTMAX_CROSS_ENTROPY_GRAD);

  private SoftmaxOps() {}

  private static Fused crossEntropy() {
    return SOFTMAX_CROSS_ENTROPY;
  }

  private static Kernel kernel(String name, int inPlace) {
    return new Kernel(name, ScalarFunction.NONE, inPlace);
  }

  private static Type rows(Fused op, Type x) {
    op.floating(x);
    if (x.shape().rank() == 0) {
      throw new IllegalArgumentException(op.name() + ": needs an axis, got a scalar " + x);
    }
    return x;
  }

  /** Checks logits and labels; returns the shape of one value a row. */
  private static Shape labelled(Fused op, List<Type> in) {
    Shape rows = lead(rows(op, in.get(0)).shape());
    op.integer("labels", in.get(1));
    if (!in.get(1).shape().equals(rows)) {
      throw new IllegalArgumentException(
          op.name()
              + ": logits "
              + in.get(0).shape()
              + " need labels "
              + rows
              + ", got "
              + in.get(1).shape());
    }
    return rows;
  }

  private static Shape lead(Shape shape) {
    return Shape.of(Arrays.copyOf(shape.dims(), shape.rank() - 1));
  }

  /** Returns the maximum of each row as a constant column; of no elements, 0. */
  private static Tensor maximum(Tensor x) {
    return x.dim(-1) == 0
        ? Tensor.zeros(
            x.dtype(), Reduction.fold(x.shape(), new long[] {x.shape().rank() - 1}, true).dims())
        : x.detach().max(true, -1);
  }

  /** Returns what to take away from each row: its maximum, 0 if that is −∞. */
  private static Tensor shift(Tensor x) {
    Tensor m = maximum(x);
    Tensor zero = Tensor.scalar(0, x.dtype());
    return Tensor.where(m.eq(Double.NEGATIVE_INFINITY), zero, m);
  }

  /** Returns a sum of exponentials, 1 for one of nothing but e^−∞. */
  private static Tensor orOne(Tensor sum) {
    return Tensor.where(sum.eq(0), Tensor.scalar(1, sum.dtype()), sum);
  }

  private static Tensor column(Tensor g, Shape x) {
    return g.reshape(Reduction.fold(x, new long[] {x.rank() - 1}, true).dims());
  }

  private static Lowering byRows(Kernel kernel) {
    return (emitter, attrs, in, out) -> {
      Ref x = emitter.contiguous(in[0]);
      Ref y = emitter.allocate(out[0]);
      Ref result = out[0].shape().rank() == x.rank() ? table(y) : flat(y);
      emitter.call(kernel, Op.NO_ATTRS, new Ref[] {table(x)}, new Ref[] {result});
      return new Ref[] {y};
    };
  }

  /** Returns a contiguous view as [rows, n]. */
  private static Ref table(Ref x) {
    long n = x.dims()[x.rank() - 1];
    long rows = 1;
    for (int i = 0; i < x.rank() - 1; i++) {
      rows *= x.dims()[i];
    }
    return x.as(rows, n);
  }

  private static Ref flattenable(Lowering.Emitter emitter, Ref x) {
    return x.reshape(new long[] {x.size()}).orElseGet(() -> emitter.contiguous(x));
  }

  private static Ref flat(Ref x) {
    return x.reshape(new long[] {x.size()}).orElseThrow();
  }
}
