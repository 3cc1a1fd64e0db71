package org.adjoint.op;

import java.util.ArrayList;
import java.util.List;

/** The op table as a whole: every row of every kind. */
public final class Ops {
  /** All ops, grouped by kind. */
  public static final List<Op> ALL = all();

  private Ops() {}

  private static List<Op> all() {
    List<Op> ops = new ArrayList<>(ElementwiseOps.ALL);
    ops.addAll(IntegerOps.ALL);
    ops.addAll(TrigonometricOps.ALL);
    ops.addAll(SpecialOps.ALL);
    ops.addAll(ActivationOps.ALL);
    ops.addAll(ShapeOps.ALL);
    ops.addAll(ProductOps.ALL);
    ops.addAll(ConvolutionOps.ALL);
    ops.addAll(ReductionOps.ALL);
    ops.addAll(ScanOps.ALL);
    ops.addAll(IndexOps.ALL);
    ops.addAll(WindowOps.ALL);
    ops.addAll(SoftmaxOps.ALL);
    ops.addAll(NormalizationOps.ALL);
    ops.addAll(AttentionOps.ALL);
    ops.addAll(OptimizerOps.ALL);
    ops.addAll(RandomOps.ALL);
    ops.addAll(RangeOps.ALL);
    return List.copyOf(ops);
  }
}
