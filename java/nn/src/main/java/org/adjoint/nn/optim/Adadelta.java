package org.adjoint.nn.optim;

import java.util.List;
import org.adjoint.Parameter;
import org.adjoint.Tensor;

/**
 * Adadelta: steps in the units of the parameter, from a running mean of the steps before. v ← ρ·v +
 * (1 − ρ)·g², d = √(u + ε) / √(v + ε) · g, u ← ρ·u + (1 − ρ)·d², p ← p − η·d. Weight decay is a
 * part of the gradient, g + λ·p.
 *
 * <p>Source: M. D. Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012, algorithm 1, with η
 * as in {@code torch.optim.Adadelta}.
 */
public final class Adadelta extends ListOptimizer {
  private final double rho;
  private final double epsilon;

  private Adadelta(Builder settings) {
    super(settings);
    this.rho = settings.rho;
    this.epsilon = settings.epsilon;
    remember("adadelta.square.", 0);
    remember("adadelta.step.", 0);
  }

  /** Returns a builder with η = 1, ρ = 0.9, ε = 10⁻⁶ and no decay. */
  public static Builder of(List<Parameter> parameters) {
    return of(Group.of(parameters));
  }

  /** Returns a builder for groups, see {@link #of(List)}. */
  public static Builder of(Group... groups) {
    return new Builder(List.of(groups));
  }

  @Override
  List<Tensor> next(Numbers numbers, Tensor p, Tensor g, List<Tensor> memory) {
    Tensor slope = numbers.slope(p, g);
    Tensor square = AdamRule.mix(memory.get(0), slope.square(), rho);
    Tensor step = memory.get(1).plus(epsilon).sqrt().div(square.plus(epsilon).sqrt()).times(slope);
    Tensor steps = AdamRule.mix(memory.get(1), step.square(), rho);
    return List.of(p.minus(step.times(numbers.rate(p))), square, steps);
  }

  /** The settings of {@link Adadelta}. */
  public static final class Builder extends OptimizerBuilder<Builder> {
    private double rho = 0.9;
    private double epsilon = 1e-6;

    private Builder(List<Group> groups) {
      super(groups, 1, 0);
    }

    @Override
    Builder self() {
      return this;
    }

    /**
     * Sets ρ, how much of the means stays.
     *
     * @throws IllegalArgumentException naming the value, if it is not in [0, 1)
     */
    public Builder rho(double rho) {
      this.rho = Optimizer.fraction("adadelta: rho", rho);
      return this;
    }

    /**
     * Sets ε, which is added under the roots.
     *
     * @throws IllegalArgumentException naming the value, if it is not in (0, inf)
     */
    public Builder epsilon(double epsilon) {
      this.epsilon = Optimizer.positive("adadelta: epsilon", epsilon);
      return this;
    }

    /** Returns the optimizer. */
    public Adadelta build() {
      return new Adadelta(this);
    }
  }
}
