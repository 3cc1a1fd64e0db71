package org.adjoint.nn.onnx;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.onnx.Op.Meaning;

/** What folds, softmax and normalisations compute. */
final class ReductionMeanings {
  private static final double EPSILON = 1e-5;

  private ReductionMeanings() {}

  /** A fold over axes, which it keeps at size 1. */
  private interface Fold {
    Tensor over(Tensor x, int... axes);
  }

  /** Returns the meanings by operator. */
  static Map<String, Meaning> all() {
    Map<String, Meaning> all = new HashMap<>();
    fold(all, "ReduceSum", (x, axes) -> x.sum(true, axes));
    fold(all, "ReduceMean", (x, axes) -> x.mean(true, axes));
    fold(all, "ReduceMax", (x, axes) -> x.max(true, axes));
    fold(all, "ReduceMin", (x, axes) -> x.min(true, axes));
    fold(all, "ReduceProd", (x, axes) -> x.prod(true, axes));
    fold(all, "ReduceL1", (x, axes) -> x.abs().sum(true, axes));
    fold(all, "ReduceL2", (x, axes) -> x.norm(2, true, axes));
    fold(all, "ReduceSumSquare", (x, axes) -> x.square().sum(true, axes));
    fold(all, "ReduceLogSumExp", ReductionMeanings::logSumExp);
    all.put("ArgMax", Meaning.one(ReductionMeanings::argmax));
    all.put(
        "CumSum",
        Meaning.one(
            op -> {
              op.only("exclusive", 0);
              int axis = op.axis(op.longs(1)[0], op.x().rank());
              return op.x().cumsum(axis, op.number("reverse", 0) != 0);
            }));
    all.put("Softmax", Meaning.one(op -> rows(op, true)));
    all.put("LogSoftmax", Meaning.one(op -> rows(op, false)));
    all.put("BatchNormalization", Meaning.one(ReductionMeanings::batchNormalization));
    all.put("LayerNormalization", Meaning.one(ReductionMeanings::layerNormalization));
    all.put("InstanceNormalization", Meaning.one(ReductionMeanings::instanceNormalization));
    return all;
  }

  private static void fold(Map<String, Meaning> all, String name, Fold fold) {
    all.put(
        name,
        Meaning.one(
            op -> {
              Tensor x = op.x();
              Optional<long[]> given = op.longs("axes", 1).filter(axes -> axes.length > 0);
              if (given.isEmpty() && op.number("noop_with_empty_axes", 0) != 0) {
                return x;
              }
              long[] every = new long[x.rank()];
              Arrays.setAll(every, i -> i);
              int[] axes = op.axes(given.orElse(every), x.rank());
              if (axes.length == 0) {
                return x;
              }
              Tensor y = fold.over(x, axes);
              return op.number("keepdims", 1) != 0 ? y : y.squeeze(axes);
            }));
  }

  private static Tensor logSumExp(Tensor x, int... axes) {
    Tensor y = x;
    for (int axis : axes) { // of a sum over two axes, the logarithm of sums over one of sums
      y = y.logSumExp(axis).unsqueeze(axis);
    }
    return y;
  }

  private static Tensor argmax(Op op) {
    op.only("select_last_index", 0);
    int axis = op.axis(op.number("axis", 0), op.x().rank());
    Tensor y = op.x().argmax(axis);
    return op.number("keepdims", 1) != 0 ? y.unsqueeze(axis) : y;
  }

  /** Before operator set 13 all axes from one on were a row together. */
  private static Tensor rows(Op op, boolean softmax) {
    Tensor x = op.x();
    int axis = op.axis(op.number("axis", op.opset() < 13 ? 1 : -1), x.rank());
    boolean several = op.opset() < 13 && axis != x.rank() - 1;
    Tensor rows = several ? x.flatten(axis, x.rank() - 1) : x;
    Tensor y = softmax ? rows.softmax(axis) : rows.logSoftmax(axis);
    return several ? y.reshape(x.shape().dims()) : y;
  }

  /** With the statistics of the file, in training too. */
  private static Tensor batchNormalization(Op op) {
    op.only("training_mode", 0);
    Tensor x = op.x();
    Tensor scale = op.x(1).div(op.x(4).plus(op.real("epsilon", EPSILON)).sqrt());
    long[] along = along(x, op.x(1));
    return x.minus(op.x(3).reshape(along)).times(scale.reshape(along)).plus(op.x(2).reshape(along));
  }

  /** Returns the shape in which an element a channel broadcasts along an image. */
  private static long[] along(Tensor x, Tensor channels) {
    long[] along = new long[x.rank() - 1];
    Arrays.fill(along, 1);
    along[0] = channels.size();
    return along;
  }

  private static Tensor layerNormalization(Op op) {
    Tensor x = op.x();
    int axes = x.rank() - op.axis(op.number("axis", -1), x.rank());
    double epsilon = op.real("epsilon", EPSILON);
    Shape row = Shape.of(Arrays.copyOfRange(x.shape().dims(), x.rank() - axes, x.rank()));
    Tensor scale = op.x(1);
    if (scale.shape().equals(row) && op.maybe(2).filter(b -> b.shape().equals(row)).isPresent()) {
      return x.layerNorm(scale, op.x(2), epsilon);
    }
    Tensor y = x.layerNorm(axes, epsilon).times(scale);
    return op.maybe(2).map(y::plus).orElse(y);
  }

  private static Tensor instanceNormalization(Op op) {
    Tensor x = op.x();
    Tensor y = x.layerNorm(x.rank() - 2, op.real("epsilon", EPSILON));
    long[] along = along(x, op.x(1));
    return y.times(op.x(1).reshape(along)).plus(op.x(2).reshape(along));
  }
}
