package org.adjoint.nn.optim;

import java.util.List;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Tensor;

/**
 * LAMB: Adam's step at the scale of each parameter, for large batches. With Adam's corrected means
 * m̂ and v̂, r = m̂ / (√v̂ + ε) + λ·p and p ← p − η · ‖p‖ / ‖r‖ · r, by parameter; where either
 * norm is zero, their ratio counts as 1.
 *
 * <p>Source: Y. You et al., "Large Batch Optimization for Deep Learning: Training BERT in 76
 * minutes", ICLR 2020, algorithm 2, with φ the identity.
 */
public final class Lamb extends ListOptimizer {
  private final double beta1;
  private final double beta2;
  private final double epsilon;

  private Lamb(Builder settings) {
    super(settings);
    this.beta1 = settings.beta1;
    this.beta2 = settings.beta2;
    this.epsilon = settings.epsilon;
    share("lamb.step", 0);
    remember("lamb.mean.", 0);
    remember("lamb.square.", 0);
  }

  /** Returns a builder with η = 0.001, β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁶ and λ = 0.01. */
  public static Builder of(List<Parameter> parameters) {
    return of(Group.of(parameters));
  }

  /** Returns a builder for groups, see {@link #of(List)}. */
  public static Builder of(Group... groups) {
    return new Builder(List.of(groups));
  }

  @Override
  List<Tensor> next(Numbers numbers, Tensor p, Tensor g, List<Tensor> memory) {
    Tensor slope = squarable(g);
    Tensor mean = AdamRule.mix(memory.get(0), slope, beta1);
    Tensor square = AdamRule.mix(memory.get(1), slope.square(), beta2);
    Tensor root = AdamRule.corrected(square, beta2, numbers).sqrt().plus(epsilon);
    Tensor step = numbers.coupled(p, AdamRule.corrected(mean, beta1, numbers).div(root));
    Tensor length = norm(p);
    Tensor stepLength = norm(step);
    Tensor ratio =
        Tensor.where(length.gt(0).and(stepLength.gt(0)), length.div(stepLength), length.onesLike());
    Tensor scale = ratio.times(numbers.rate()).cast(p.dtype());
    return List.of(p.minus(step.times(scale)), mean, square);
  }

  private static Tensor norm(Tensor x) {
    return x.cast(DType.F64).square().sum().sqrt();
  }

  /** The settings of {@link Lamb}. */
  public static final class Builder extends MomentsBuilder<Builder> {
    private Builder(List<Group> groups) {
      super(groups, 1e-3, 0.01, 1e-6);
    }

    @Override
    Builder self() {
      return this;
    }

    /** Returns the optimizer. */
    public Lamb build() {
      return new Lamb(this);
    }
  }
}
