package org.adjoint.nn.optim;

import java.util.List;
import java.util.Optional;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.op.OptimizerOps;

/**
 * Stochastic gradient descent, with or without momentum: v ← µ·v + (1 − τ)·g, then p ← p − η·v, or
 * with Nesterov's look-ahead p ← p − η·(g + µ·v). The velocity starts at zero, with dampening τ
 * &gt; 0 at the first gradient, and the learning rate is outside it, so that a new rate acts at
 * once. Without dampening all parameters of a group are one instruction.
 *
 * <p>Source: I. Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and
 * momentum in deep learning", ICML 2013, in the form where η multiplies the velocity; dampening as
 * in {@code torch.optim.SGD}.
 */
public final class Sgd extends ListOptimizer {
  private final double momentum;
  private final double dampening;
  private final boolean nesterov;
  private final Tensor momentumNumber;

  /** Starts plain descent: p ← p − η·g. */
  public Sgd(List<Parameter> parameters, double learningRate) {
    this(of(parameters).rate(learningRate));
  }

  private Sgd(Builder settings) {
    super(settings);
    this.momentum = settings.momentum;
    this.dampening = settings.dampening;
    this.nesterov = settings.nesterov;
    this.momentumNumber = Tensor.scalar(momentum);
    if (dampening > 0) {
      share("sgd.step", 0);
    }
    remember("sgd.velocity.", 0);
  }

  /** Returns a builder with η = 0.01, and neither momentum nor decay. */
  public static Builder of(List<Parameter> parameters) {
    return of(Group.of(parameters));
  }

  /** Returns a builder for groups, see {@link #of(List)}. */
  public static Builder of(Group... groups) {
    return new Builder(List.of(groups));
  }

  @Override
  boolean clipsItself() {
    return dampening == 0;
  }

  @Override
  Next build(Numbers numbers, List<List<Tensor>> lists, Optional<Tensor> maxNorm) {
    if (dampening > 0) {
      return super.build(numbers, lists, maxNorm);
    }
    var rates = new OptimizerOps.SgdRates(numbers.rate(), momentumNumber, numbers.decay());
    return Next.of(OptimizerOps.sgd(lists, rates, nesterov, maxNorm));
  }

  @Override
  List<Tensor> next(Numbers numbers, Tensor p, Tensor g, List<Tensor> memory) {
    Tensor slope = numbers.coupled(p, g);
    Tensor first = numbers.steps().eq(1);
    Tensor share =
        Tensor.where(first, numbers.steps().onesLike(), numbers.steps().fullLike(1 - dampening));
    Tensor velocity = memory.get(0).times(momentum).plus(slope.times(share.cast(p.dtype())));
    return List.of(p.minus(velocity.times(numbers.rate(p))), velocity);
  }

  /** The settings of {@link Sgd}. */
  public static final class Builder extends OptimizerBuilder<Builder> {
    private double momentum;
    private double dampening;
    private boolean nesterov;

    private Builder(List<Group> groups) {
      super(groups, 0.01, 0);
    }

    @Override
    Builder self() {
      return this;
    }

    /**
     * Sets the momentum µ.
     *
     * @throws IllegalArgumentException naming µ, if it is not in [0, 1)
     */
    public Builder momentum(double momentum) {
      this.momentum = Optimizer.fraction("optimizer: momentum", momentum);
      return this;
    }

    /**
     * Sets the dampening τ: how much of each gradient but the first is left out of the velocity.
     *
     * @throws IllegalArgumentException naming τ, if it is not in [0, 1)
     */
    public Builder dampening(double dampening) {
      this.dampening = Optimizer.fraction("optimizer: dampening", dampening);
      return this;
    }

    /** Has the step look ahead along the velocity. */
    public Builder nesterov() {
      this.nesterov = true;
      return this;
    }

    /**
     * Returns the optimizer.
     *
     * @throws IllegalArgumentException if Nesterov's form is set together with dampening
     */
    public Sgd build() {
      if (nesterov && dampening > 0) {
        throw new IllegalArgumentException(
            "sgd: nesterov has no form with a dampening of " + dampening + "; set one of them");
      }
      return new Sgd(this);
    }
  }
}
