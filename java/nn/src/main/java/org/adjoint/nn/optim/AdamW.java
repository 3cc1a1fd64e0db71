package org.adjoint.nn.optim;

import java.util.List;
import org.adjoint.Parameter;

/**
 * {@link Adam} with decoupled weight decay: beside Adam's step, p ← p − η·λ·p. The decay does not
 * pass through the running means, so it is the same for weights with large gradients and with small
 * ones. {@code decayWhere(Group::isMatrix)} exempts biases and the scales of norms.
 *
 * <p>Source: I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019,
 * algorithm 2, with η in front of λ as other libraries have it.
 */
public final class AdamW extends AdamRule {
  /** Starts AdamW with β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸ and λ = 0.01. */
  public AdamW(List<Parameter> parameters, double learningRate) {
    this(of(parameters).rate(learningRate));
  }

  private AdamW(Builder settings) {
    super(settings);
  }

  /** Returns a builder with η = 0.001, β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸ and λ = 0.01. */
  public static Builder of(List<Parameter> parameters) {
    return of(Group.of(parameters));
  }

  /** Returns a builder for groups, see {@link #of(List)}. */
  public static Builder of(Group... groups) {
    return new Builder(List.of(groups));
  }

  /** The settings of {@link AdamW}. */
  public static final class Builder extends AdamRule.Builder<Builder> {

    private Builder(List<Group> groups) {
      super(groups, 0.01, true);
    }

    @Override
    Builder self() {
      return this;
    }

    /** Returns the optimizer. */
    public AdamW build() {
      return new AdamW(this);
    }
  }
}
