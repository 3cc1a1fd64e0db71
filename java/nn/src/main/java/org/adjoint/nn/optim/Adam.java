package org.adjoint.nn.optim;

import java.util.List;
import org.adjoint.Parameter;

/**
 * Adam: running means of the gradient and of its square, both corrected for their start at zero. At
 * step t, counted from 1: m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², p ← p − η · (m / (1 −
 * β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε). Weight decay is a part of the gradient, g + λ·p; {@link AdamW}
 * has decay beside the step. Without AMSGrad all parameters of a group are one instruction.
 *
 * <p>The square of a gradient has to be a number of the parameter's type: larger gradients count as
 * ±1.78 · 10¹⁹ in F32 and ±1.29 · 10¹⁵⁴ in F64, which gives steps as long as gradients of any
 * constant size do. An infinite gradient makes the parameter NaN; {@link #checkFinite} refuses it.
 *
 * <p>Source: D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015,
 * algorithm 1.
 */
public final class Adam extends AdamRule {
  /** Starts Adam with β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸. */
  public Adam(List<Parameter> parameters, double learningRate) {
    this(of(parameters).rate(learningRate));
  }

  private Adam(Builder settings) {
    super(settings);
  }

  /** Returns a builder with η = 0.001, β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸ and no decay. */
  public static Builder of(List<Parameter> parameters) {
    return of(Group.of(parameters));
  }

  /** Returns a builder for groups, see {@link #of(List)}. */
  public static Builder of(Group... groups) {
    return new Builder(List.of(groups));
  }

  /** The settings of {@link Adam}. */
  public static final class Builder extends AdamRule.Builder<Builder> {

    private Builder(List<Group> groups) {
      super(groups, 0, false);
    }

    @Override
    Builder self() {
      return this;
    }

    /** Returns the optimizer. */
    public Adam build() {
      return new Adam(this);
    }
  }
}
