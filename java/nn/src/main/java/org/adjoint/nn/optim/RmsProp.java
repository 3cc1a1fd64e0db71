package org.adjoint.nn.optim;

import java.util.ArrayList;
import java.util.List;
import org.adjoint.Parameter;
import org.adjoint.Tensor;

/**
 * RMSProp: the gradient by the root of a running mean of its square. v ← α·v + (1 − α)·g², p ← p −
 * η·g / (√v + ε). Centred, the mean a ← α·a + (1 − α)·g makes it √(v − a²); with momentum, b ← µ·b
 * + g / (√v + ε) and p ← p − η·b. Weight decay is a part of the gradient, g + λ·p.
 *
 * <p>Source: T. Tieleman, G. Hinton, "Lecture 6.5: RMSProp", Coursera 2012; centring from A.
 * Graves, "Generating Sequences With Recurrent Neural Networks", 2013; ε and momentum as in {@code
 * torch.optim.RMSprop}.
 */
public final class RmsProp extends ListOptimizer {
  private final double alpha;
  private final double momentum;
  private final double epsilon;
  private final boolean centered;

  private RmsProp(Builder settings) {
    super(settings);
    this.alpha = settings.alpha;
    this.momentum = settings.momentum;
    this.epsilon = settings.epsilon;
    this.centered = settings.centered;
    remember("rmsprop.square.", 0);
    if (momentum > 0) {
      remember("rmsprop.velocity.", 0);
    }
    if (centered) {
      remember("rmsprop.mean.", 0);
    }
  }

  /** Returns a builder with η = 0.01, α = 0.99, ε = 10⁻⁸, and neither momentum nor decay. */
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
    List<Tensor> next = new ArrayList<>();
    Tensor square = AdamRule.mix(memory.get(0), slope.square(), alpha);
    Tensor spread = square;
    Tensor mean = slope;
    if (centered) {
      mean = AdamRule.mix(memory.get(memory.size() - 1), slope, alpha);
      // Where all gradients were equal, rounding may leave less than nothing.
      spread = square.minus(mean.square()).maximum(0);
    }
    Tensor step = slope.div(spread.sqrt().plus(epsilon));
    if (momentum > 0) {
      step = memory.get(1).times(momentum).plus(step);
    }
    next.add(p.minus(step.times(numbers.rate(p))));
    next.add(square);
    if (momentum > 0) {
      next.add(step);
    }
    if (centered) {
      next.add(mean);
    }
    return next;
  }

  /** The settings of {@link RmsProp}. */
  public static final class Builder extends OptimizerBuilder<Builder> {
    private double alpha = 0.99;
    private double momentum;
    private double epsilon = 1e-8;
    private boolean centered;

    private Builder(List<Group> groups) {
      super(groups, 0.01, 0);
    }

    @Override
    Builder self() {
      return this;
    }

    /**
     * Sets α, how much of the means stays.
     *
     * @throws IllegalArgumentException naming the value, if it is not in [0, 1)
     */
    public Builder alpha(double alpha) {
      this.alpha = Optimizer.fraction("rmsprop: alpha", alpha);
      return this;
    }

    /**
     * Sets the momentum µ.
     *
     * @throws IllegalArgumentException naming the value, if it is not in [0, 1)
     */
    public Builder momentum(double momentum) {
      this.momentum = Optimizer.fraction("rmsprop: momentum", momentum);
      return this;
    }

    /**
     * Sets ε, which is added to the root.
     *
     * @throws IllegalArgumentException naming the value, if it is not in (0, inf)
     */
    public Builder epsilon(double epsilon) {
      this.epsilon = Optimizer.positive("rmsprop: epsilon", epsilon);
      return this;
    }

    /** Divides by the standard deviation of the gradient instead of its root mean square. */
    public Builder centered() {
      this.centered = true;
      return this;
    }

    /** Returns the optimizer. */
    public RmsProp build() {
      return new RmsProp(this);
    }
  }
}
