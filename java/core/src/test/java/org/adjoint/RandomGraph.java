package org.adjoint;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;

/**
 * Makes graphs of matrices from a seed: views, products, reductions and elementwise ops that read
 * earlier values.
 */
final class RandomGraph {
  private RandomGraph() {}

  /** Returns a scalar that depends on {@code size} random ops. */
  static Tensor of(long seed, int size) {
    return build(seed, size, t -> t);
  }

  /** Returns the value of the same graph, each op evaluated as it is built. */
  static double evaluatedStepByStep(long seed, int size) {
    return build(seed, size, Tensor::eval).doubleItem();
  }

  private static Tensor build(long seed, int size, UnaryOperator<Tensor> each) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Tensor> values = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      values.add(Key.of(seed).fold(i).normal(DType.F64, 4, 4).eval());
    }
    for (int i = 0; i < size; i++) {
      Tensor a = values.get(random.nextInt(values.size()));
      Tensor b = values.get(random.nextInt(values.size()));
      values.add(each.apply(op(random.nextInt(14), a, b)));
    }
    Tensor sum = Tensor.scalar(0.0);
    for (Tensor value : values.subList(values.size() - 6, values.size())) {
      sum = sum.plus(value.mean());
    }
    return each.apply(sum);
  }

  private static Tensor op(int which, Tensor a, Tensor b) {
    return switch (which) {
      case 0 -> a.plus(b).times(0.5);
      case 1 -> a.times(b).tanh();
      case 2 -> a.matmul(b).times(0.25).tanh();
      case 3 -> a.transpose();
      case 4 -> a.minus(b.mean(true, 0));
      case 5 -> Tensor.where(a.gt(b), a, b.neg());
      case 6 -> a.softmax(0).plus(b.sigmoid());
      case 7 -> a.reshape(2, 8).transpose().reshape(4, 4);
      case 8 -> Tensor.concat(0, a.slice(0, 1, 3), b.slice(0, 0, 4, 2));
      case 9 -> a.max(b).sum(true, 1).times(0.1).broadcastTo(4, 4);
      case 10 -> a.matmul(b.transpose()).plus(a.slice(0, 2, 3)).relu().tanh();
      case 11 -> a.logSumExp(1).reshape(4, 1).plus(b).tanh();
      case 12 -> a.gather(1, Tensor.of(new int[] {3, 0, 0, 2}, 4));
      default -> a.square().minus(b.abs()).tanh();
    };
  }
}
