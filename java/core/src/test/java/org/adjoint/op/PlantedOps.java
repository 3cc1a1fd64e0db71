package org.adjoint.op;

import java.util.List;
import org.adjoint.Tensor;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Lowering;
import org.adjoint.internal.ir.ScalarFunction;

/** Ops with one wrong rule each, all else right: what a suite of checks has to find. */
public final class PlantedOps {
  private static final Kernel NO_KERNEL = new Kernel("planted", ScalarFunction.NONE, -1);
  private static final Lowering NO_LOWERING =
      (emitter, attrs, in, out) -> {
        throw new IllegalStateException("no backend has this kernel: it should be expanded");
      };

  /** sin with the derivative −cos, forward and back. */
  public static final Op SIGN =
      Elementwise.unary("planted", Math::sin, (c, g) -> g.times(c.x().cos()).neg());

  /** sin with the right derivative, whose own derivative is lost. */
  public static final Op LOST_CURVATURE =
      Elementwise.unary("planted", Math::sin, (c, g) -> g.times(c.x().cos().detach()));

  /** x² with a pull that is off by one part in a thousand; tangents go by the expansion. */
  public static final Op PULL =
      Fused.byRows(
          NO_KERNEL,
          false,
          (op, in, attrs) -> in,
          NO_LOWERING,
          (in, attrs) -> List.of(in.get(0).square()),
          input -> true,
          (c, i, g) -> g.times(c.x()).times(2.002));

  /** A running sum whose tangents run the other way. */
  public static final Op PUSH =
      Scan.of(
          "cumsum",
          1,
          (c, i, g) -> ScanOps.cumsum(g, (int) c.attrs()[0], true),
          (c, t) -> ScanOps.cumsum(t.get(0).orElseThrow(), (int) c.attrs()[0], true));

  /** x less its mean over all axes, declared to work on the last axis alone. */
  public static final Op BATCHING =
      Fused.byRows(
          NO_KERNEL,
          false,
          (op, in, attrs) -> in,
          NO_LOWERING,
          (in, attrs) -> List.of(in.get(0).minus(in.get(0).mean())),
          input -> true);

  private PlantedOps() {}

  /** Returns an op of one input with attributes that suit all of the above. */
  public static Tensor apply(Op op, Tensor x) {
    return op.apply(op instanceof Scan ? new long[] {0, 0} : Op.NO_ATTRS, x).get(0);
  }
}
