package org.adjoint.op;

import java.util.List;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * The reductions of the op table. max and min share a cotangent evenly among all elements that tie;
 * argmax has no derivative. The sum of no elements is 0, their product 1, a maximum of none an
 * error.
 */
public final class ReductionOps {
  static final ScalarFunction NO_SCALAR = ScalarFunction.NONE;

  /** The sum; of no elements 0. */
  public static final Reduction SUM =
      Reduction.of("sum", false, (c, y, g) -> g.broadcastTo(c.x().shape().dims()));

  /** The maximum; elements that tie share a cotangent evenly. */
  public static final Reduction MAX = Reduction.of("max", true, ReductionOps::shareAmongTies);

  /** The minimum; elements that tie share a cotangent evenly. */
  public static final Reduction MIN = Reduction.of("min", true, ReductionOps::shareAmongTies);

  /** Of no elements it is 1. The cotangent of an element is g times the product of all others. */
  public static final Reduction PROD =
      Reduction.of("prod", false, (c, y, g) -> g.scale(ScanOps.productOfOthers(c.x(), c.attrs())));

  private static final Kernel ARGMAX_KERNEL = new Kernel("argmax", NO_SCALAR, -1);

  /**
   * The index of the first maximum along the one axis of its attributes, as I64; the first NaN
   * counts as the maximum.
   */
  public static final NonDifferentiable ARGMAX =
      new NonDifferentiable(
          "argmax",
          ARGMAX_KERNEL,
          (op, inputs, attrs) -> {
            Type x = inputs.get(0);
            op.numeric(x);
            Reduction.needElements("argmax", x, attrs);
            return new Type(DType.I64, Reduction.fold(x.shape(), attrs, false));
          },
          Reduction.lowering(ARGMAX_KERNEL),
          b -> b.x(0).argmax((int) b.attrs()[0] + 1));

  /** All rows. */
  public static final List<Op> ALL = List.of(SUM, MAX, MIN, PROD, ARGMAX);

  private ReductionOps() {}

  private static Tensor shareAmongTies(Call call, Tensor y, Tensor g) {
    Tensor ties = call.x().eq(y);
    Tensor count = SUM.over(call.attrs(), ties.cast(call.y().dtype())).reshape(y.shape().dims());
    return Tensor.where(ties, g.div(count), call.number(0));
  }
}
