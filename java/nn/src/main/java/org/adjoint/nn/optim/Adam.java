package org.adjoint.nn.optim;

import java.util.List;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.op.OptimizerOps;

/**
 * Adam: running means of the gradient and of its square, both corrected for their start at zero. At
 * step t, counted from 1: m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², p ← p − η · (m / (1 −
 * β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε).
 *
 * <p>The square of a gradient has to be a number of the parameter's type: larger gradients count as
 * ±1.78 · 10¹⁹ in F32 and ±1.29 · 10¹⁵⁴ in F64, which gives steps as long as gradients of any
 * constant size do. An infinite gradient makes the parameter NaN; {@link #checkFinite} refuses it.
 *
 * <p>Source: D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015,
 * algorithm 1.
 */
public sealed class Adam extends FusedOptimizer permits AdamW {
  static final double BETA1 = 0.9;
  static final double BETA2 = 0.999;
  static final double EPSILON = 1e-8;

  private final OptimizerOps.AdamRates rates;
  private final Parameter count;

  /** Starts Adam with the paper's β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸. */
  public Adam(List<Parameter> parameters, double learningRate) {
    this(parameters, learningRate, BETA1, BETA2, EPSILON);
  }

  /**
   * Starts Adam.
   *
   * @param parameters what to move
   * @param learningRate η ≥ 0
   * @param beta1 β₁ in [0, 1)
   * @param beta2 β₂ in [0, 1)
   * @param epsilon ε &gt; 0, added to the root
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public Adam(
      List<Parameter> parameters, double learningRate, double beta1, double beta2, double epsilon) {
    this(parameters, learningRate, beta1, beta2, epsilon, 0);
  }

  Adam(
      List<Parameter> parameters,
      double learningRate,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay) {
    super(parameters, learningRate);
    if (!(epsilon > 0 && epsilon < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("adam: epsilon " + epsilon + " is not in (0, inf)");
    }
    this.rates =
        new OptimizerOps.AdamRates(
            rate(),
            Tensor.scalar(fraction("beta1", beta1)),
            Tensor.scalar(fraction("beta2", beta2)),
            Tensor.scalar(epsilon),
            Tensor.scalar(decay(weightDecay)));
    this.count = keep(Parameter.buffer(Tensor.zeros(DType.F64), "adam.step"));
    remember("adam.mean.");
    remember("adam.square.");
  }

  @Override
  OptimizerOps.Stepped build(List<List<Tensor>> lists, Optional<Tensor> maxNorm) {
    return OptimizerOps.adam(lists, count, rates, maxNorm);
  }

  @Override
  void counted(Tensor next) {
    count.assign(next);
  }
}
