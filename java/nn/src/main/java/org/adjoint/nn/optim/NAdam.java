package org.adjoint.nn.optim;

import java.util.List;
import org.adjoint.Parameter;
import org.adjoint.Tensor;

/**
 * Adam with Nesterov's look-ahead along the mean. At step t, counted from 1: µₜ = β₁·(1 −
 * ½·0.96^(t·ψ)), m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², and p ← p − η · (µₜ₊₁·m / (1 −
 * Πₜ₊₁) + (1 − µₜ)·g / (1 − Πₜ)) / (√(v / (1 − β₂ᵗ)) + ε), where Πₜ = µ₁·…·µₜ. Weight decay is a
 * part of the gradient, g + λ·p.
 *
 * <p>Source: T. Dozat, "Incorporating Nesterov Momentum into Adam", ICLR workshop 2016, as {@code
 * torch.optim.NAdam} has it.
 */
public final class NAdam extends ListOptimizer {
  private static final double BASE = 0.96;

  private final double beta1;
  private final double beta2;
  private final double epsilon;
  private final double momentumDecay;

  private NAdam(Builder settings) {
    super(settings);
    this.beta1 = settings.beta1;
    this.beta2 = settings.beta2;
    this.epsilon = settings.epsilon;
    this.momentumDecay = settings.momentumDecay;
    share("nadam.step", 0);
    share("nadam.product", 1);
    remember("nadam.mean.", 0);
    remember("nadam.square.", 0);
  }

  /** Returns a builder with η = 0.002, β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸, ψ = 0.004 and no decay. */
  public static Builder of(List<Parameter> parameters) {
    return of(Group.of(parameters));
  }

  /** Returns a builder for groups, see {@link #of(List)}. */
  public static Builder of(Group... groups) {
    return new Builder(List.of(groups));
  }

  /** Returns µₜ. */
  private Tensor momentum(Tensor t) {
    Tensor power = t.scalarLike(BASE).pow(t.times(momentumDecay));
    return power.times(-0.5).plus(1).times(beta1);
  }

  @Override
  List<Tensor> nextShared(List<Tensor> before) {
    Tensor t = before.get(0).plus(1);
    return List.of(t, before.get(1).times(momentum(t)));
  }

  @Override
  List<Tensor> next(Numbers numbers, Tensor p, Tensor g, List<Tensor> memory) {
    Tensor slope = numbers.slope(p, g);
    Tensor now = momentum(numbers.steps());
    Tensor then = momentum(numbers.steps().plus(1));
    Tensor product = numbers.shared().get(1);
    Tensor ofMean = then.div(product.times(then).neg().plus(1));
    Tensor ofSlope = now.neg().plus(1).div(product.neg().plus(1));
    Tensor mean = AdamRule.mix(memory.get(0), slope, beta1);
    Tensor square = AdamRule.mix(memory.get(1), slope.square(), beta2);
    Tensor along = mean.times(ofMean.cast(p.dtype())).plus(slope.times(ofSlope.cast(p.dtype())));
    Tensor root = AdamRule.corrected(square, beta2, numbers).sqrt().plus(epsilon);
    return List.of(p.minus(along.div(root).times(numbers.rate(p))), mean, square);
  }

  /** The settings of {@link NAdam}. */
  public static final class Builder extends MomentsBuilder<Builder> {
    private double momentumDecay = 0.004;

    private Builder(List<Group> groups) {
      super(groups, 0.002, 0, 1e-8);
    }

    @Override
    Builder self() {
      return this;
    }

    /**
     * Sets ψ, how fast µₜ grows to β₁.
     *
     * @throws IllegalArgumentException naming the value, if it is not in [0, inf)
     */
    public Builder momentumDecay(double momentumDecay) {
      this.momentumDecay = Optimizer.amount("nadam: momentumDecay", momentumDecay);
      return this;
    }

    /** Returns the optimizer. */
    public NAdam build() {
      return new NAdam(this);
    }
  }
}
