package org.adjoint.nn.optim;

import java.util.List;
import org.adjoint.Parameter;
import org.adjoint.Tensor;

/**
 * Lion: steps of one length, along the sign of a mean of gradients. p ← p − η·(λ·p + sign(β₁·m + (1
 * − β₁)·g)), then m ← β₂·m + (1 − β₂)·g. Weight decay is beside the step; the learning rate is a
 * third to a tenth of Adam's.
 *
 * <p>Source: X. Chen et al., "Symbolic Discovery of Optimization Algorithms", NeurIPS 2023,
 * algorithm 2.
 */
public final class Lion extends ListOptimizer {
  private final double beta1;
  private final double beta2;

  private Lion(Builder settings) {
    super(settings);
    this.beta1 = settings.beta1;
    this.beta2 = settings.beta2;
    remember("lion.mean.", 0);
  }

  /** Returns a builder with η = 10⁻⁴, β₁ = 0.9, β₂ = 0.99 and no decay. */
  public static Builder of(List<Parameter> parameters) {
    return of(Group.of(parameters));
  }

  /** Returns a builder for groups, see {@link #of(List)}. */
  public static Builder of(Group... groups) {
    return new Builder(List.of(groups));
  }

  @Override
  List<Tensor> next(Numbers numbers, Tensor p, Tensor g, List<Tensor> memory) {
    Tensor slope = finite(g);
    Tensor sign = AdamRule.mix(memory.get(0), slope, beta1).sign();
    Tensor mean = AdamRule.mix(memory.get(0), slope, beta2);
    return List.of(numbers.decayed(p).minus(sign.times(numbers.rate(p))), mean);
  }

  /** The settings of {@link Lion}. */
  public static final class Builder extends OptimizerBuilder<Builder> {
    private double beta1 = 0.9;
    private double beta2 = 0.99;

    private Builder(List<Group> groups) {
      super(groups, 1e-4, 0);
    }

    @Override
    Builder self() {
      return this;
    }

    /**
     * Sets β₁, the share of the mean in the step.
     *
     * @throws IllegalArgumentException naming the value, if it is not in [0, 1)
     */
    public Builder beta1(double beta1) {
      this.beta1 = Optimizer.fraction("lion: beta1", beta1);
      return this;
    }

    /**
     * Sets β₂, how much of the mean stays.
     *
     * @throws IllegalArgumentException naming the value, if it is not in [0, 1)
     */
    public Builder beta2(double beta2) {
      this.beta2 = Optimizer.fraction("lion: beta2", beta2);
      return this;
    }

    /** Returns the optimizer. */
    public Lion build() {
      return new Lion(this);
    }
  }
}
