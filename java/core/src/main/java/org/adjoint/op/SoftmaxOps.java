package org.adjoint.op;

import java.util.Arrays;
import java.util.List;
import org.adjoint.DType;
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

  /**
   * eˣ / Σ eˣ; the cotangent of x is y·(h − Σ h·y) with h = g less what g is where y is above ½.
   * Where y is near 1, g − Σ g·y would be the difference of two near numbers.
   */
  public static final Fused SOFTMAX =
      Fused.byRows(
          SOFTMAX_KERNEL,
          false,
          (op, in, attrs) -> List.of(rows(op, in.get(0))),
          byRows(SOFTMAX_KERNEL),
          (in, attrs) -> {
            Peak peak = Peak.of(in.get(0));
            Tensor e = peak.shifted().exp();
            return List.of(
                Tensor.where(
                    peak.hidden(), Tensor.scalar(0, e.dtype()), e.div(peak.others().plus(1))));
          },
          input -> true,
          (c, i, g) -> {
            Tensor h = lessAtPeak(c.y(), g);
            return h.minus(h.scale(c.y()).sum(true, -1)).scale(c.y());
          });

  /**
   * x − logSumExp(x); the cotangent of x is g − eʸ·Σ g, added up as (1 − eʸ)·g − eʸ·(Σ g − g):
   * where eʸ is near 1 all digits are in the first factor.
   */
  public static final Fused LOG_SOFTMAX =
      Fused.byRows(
          LOG_SOFTMAX_KERNEL,
          false,
          (op, in, attrs) -> List.of(rows(op, in.get(0))),
          byRows(LOG_SOFTMAX_KERNEL),
          (in, attrs) -> {
            Tensor x = in.get(0);
            Peak peak = Peak.of(x);
            return List.of(
                Tensor.where(peak.hidden(), x, peak.shifted().minus(peak.others().log1p())));
          },
          input -> true,
          (c, i, g) -> {
            Tensor others = g.sum(true, -1).minus(g);
            // Not eʸ where y is large: an error of y is one of eʸ that is |y| times as large.
            Tensor p = c.x().softmax(-1);
            Tensor less = c.number(1).minus(p);
            Tensor rest = Tensor.where(c.y().lt(-1), less, c.y().expm1().neg());
            return g.scale(rest).minus(others.scale(p));
          });

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
            Peak peak = Peak.of(x);
            Tensor total = peak.largest().plus(peak.others().log1p());
            return List.of(
                Tensor.where(peak.infinite(), peak.largest(), total)
                    .reshape(lead(x.shape()).dims()));
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
   * row, without the difference: it is −logSoftmax(row)[label].
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
                Tensor.apply(
                        IndexOps.GATHER, new long[] {axis, axis}, logits.logSoftmax(-1), in.get(1))
                    .get(0);
            Tensor none = Tensor.scalar(Double.NEGATIVE_INFINITY, logits.dtype());
            Tensor hidden = logits.detach().logSumExp(-1).eq(none);
            Tensor loss = Tensor.scalar(0, logits.dtype()).minus(chosen);
            return List.of(Tensor.where(hidden, none.neg(), loss));
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

  /**
   * What the rows of x are compared with: their largest element, the first of several. Where its
   * probability is above ½ it is no constant, as the shift of a softmax often is: the derivative of
   * a probability near 1 is then a sum over the others, instead of 1 less something.
   *
   * @param largest a column, a constant where its probability is not above ½; 0 of an empty row
   * @param shifted x less the largest
   * @param others the sum of the exponentials of what is shifted, less 1
   * @param hidden whether a row is −∞ throughout
   * @param infinite whether the largest is infinite or NaN
   */
  private record Peak(
      Tensor largest, Tensor shifted, Tensor others, Tensor hidden, Tensor infinite) {
    static Peak of(Tensor x) {
      long n = x.dim(-1);
      Tensor zero = Tensor.scalar(0, x.dtype());
      if (n == 0) {
        Tensor none = Tensor.zeros(x.dtype(), column(x.shape()));
        return new Peak(none, x, none, none.ne(0), none.ne(0));
      }
      Tensor at = x.detach().argmax(-1).reshape(column(x.shape()));
      Tensor here = Tensor.arange(n).eq(at);
      Tensor largest = x.takeAlongAxis(-1, at);
      Tensor constant = largest.detach();
      Tensor hidden = constant.eq(Double.NEGATIVE_INFINITY);
      Tensor from = Tensor.where(hidden, zero, constant);
      Tensor rest = Tensor.where(here, zero, x.detach().minus(from).exp()).sum(true, -1);
      Tensor certain = rest.lt(1);
      Tensor fixed = Tensor.where(certain, here, Tensor.zeros(DType.BOOL));
      // NaN of an infinite one, as its difference with itself is.
      Tensor nothing = from.minus(from);
      Tensor moving = Tensor.where(hidden, zero, Tensor.where(certain, largest, constant));
      Tensor shifted = Tensor.where(fixed, nothing, x.minus(moving));
      Tensor sum = Tensor.where(fixed, zero, shifted.exp()).sum(true, -1);
      Tensor others = Tensor.where(certain, sum, sum.minus(1));
      Tensor base = Tensor.where(hidden, largest, moving);
      return new Peak(base, shifted, others, hidden, nothing.ne(0));
    }
  }

  /** Returns g less its entry where y is above ½, in each row that has such a place. */
  private static Tensor lessAtPeak(Tensor y, Tensor g) {
    if (y.dim(-1) == 0) {
      return g;
    }
    Tensor at = y.detach().argmax(-1).reshape(column(y.shape()));
    Tensor certain = y.detach().takeAlongAxis(-1, at).gt(0.5);
    Tensor zero = Tensor.scalar(0, g.dtype());
    return g.minus(Tensor.where(certain, g.takeAlongAxis(-1, at), zero));
  }

  private static long[] column(Shape x) {
    return Reduction.fold(x, new long[] {x.rank() - 1}, true).dims();
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
