package org.adjoint.nn.optim;

import java.util.List;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Tensor;

/**
 * Adagrad: each number has the learning rate that the sum of its squared gradients leaves. At step
 * t, counted from 1: s ← s + g², p ← p − η / (1 + (t − 1)·κ) · g / (√s + ε), with s starting at s₀.
 * Weight decay is a part of the gradient, g + λ·p.
 *
 * <p>Source: J. Duchi, E. Hazan, Y. Singer, "Adaptive Subgradient Methods for Online Learning and
 * Stochastic Optimization", JMLR 2011; κ, s₀ and ε as in {@code torch.optim.Adagrad}.
 */
public final class Adagrad extends ListOptimizer {
  private final double rateDecay;
  private final double epsilon;

  private Adagrad(Builder settings) {
    super(settings);
    this.rateDecay = settings.rateDecay;
    this.epsilon = settings.epsilon;
    share("adagrad.step", 0);
    remember("adagrad.sum.", settings.start);
  }

  /** Returns a builder with η = 0.01, κ = 0, s₀ = 0, ε = 10⁻¹⁰ and no decay. */
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
    // A sum that overflows would stop the parameter, as in squarable().
    double largest = p.dtype() == DType.F64 ? Double.MAX_VALUE : 0x1.fep127;
    Tensor sum = memory.get(0).plus(slope.square()).minimum(largest);
    Tensor slowed = numbers.rate().div(numbers.steps().minus(1).times(rateDecay).plus(1));
    Tensor step = slope.div(sum.sqrt().plus(epsilon));
    return List.of(p.minus(step.times(slowed.cast(p.dtype()))), sum);
  }

  /** The settings of {@link Adagrad}. */
  public static final class Builder extends OptimizerBuilder<Builder> {
    private double rateDecay;
    private double start;
    private double epsilon = 1e-10;

    private Builder(List<Group> groups) {
      super(groups, 0.01, 0);
    }

    @Override
    Builder self() {
      return this;
    }

    /**
     * Sets κ, how fast the learning rate falls with the steps.
     *
     * @throws IllegalArgumentException naming the value, if it is not in [0, inf)
     */
    public Builder rateDecay(double rateDecay) {
      this.rateDecay = Optimizer.amount("adagrad: rateDecay", rateDecay);
      return this;
    }

    /**
     * Sets s₀, where the sums start.
     *
     * @throws IllegalArgumentException naming the value, if it is not in [0, inf)
     */
    public Builder start(double start) {
      this.start = Optimizer.amount("adagrad: start", start);
      return this;
    }

    /**
     * Sets ε, which is added to the root.
     *
     * @throws IllegalArgumentException naming the value, if it is not in (0, inf)
     */
    public Builder epsilon(double epsilon) {
      this.epsilon = Optimizer.positive("adagrad: epsilon", epsilon);
      return this;
    }

    /** Returns the optimizer. */
    public Adagrad build() {
      return new Adagrad(this);
    }
  }
}
