package org.adjoint.nn.optim;

import java.util.List;
import java.util.Optional;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.op.OptimizerOps;

/**
 * Stochastic gradient descent, with or without momentum: v ← µ·v + g, then p ← p − η·v, or with
 * Nesterov's look-ahead p ← p − η·(g + µ·v). The velocity starts at zero and the learning rate is
 * outside it, so that a new rate acts at once.
 *
 * <p>Source: I. Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and
 * momentum in deep learning", ICML 2013, in the form where η multiplies the velocity.
 */
public final class Sgd extends FusedOptimizer {
  private final OptimizerOps.SgdRates rates;
  private final boolean nesterov;

  /** Starts plain descent: p ← p − η·g. */
  public Sgd(List<Parameter> parameters, double learningRate) {
    this(parameters, learningRate, 0, false);
  }

  /** Starts descent with momentum and without weight decay. */
  public Sgd(List<Parameter> parameters, double learningRate, double momentum, boolean nesterov) {
    this(parameters, learningRate, momentum, nesterov, 0);
  }

  /**
   * Starts descent with momentum.
   *
   * @param parameters what to move
   * @param learningRate η ≥ 0
   * @param momentum µ in [0, 1)
   * @param nesterov whether the step looks ahead along the velocity
   * @param weightDecay λ ≥ 0: λ·p is added to the gradient, after clipping
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public Sgd(
      List<Parameter> parameters,
      double learningRate,
      double momentum,
      boolean nesterov,
      double weightDecay) {
    super(parameters, learningRate);
    this.rates =
        new OptimizerOps.SgdRates(
            rate(),
            Tensor.scalar(fraction("momentum", momentum)),
            Tensor.scalar(decay(weightDecay)));
    this.nesterov = nesterov;
    remember("sgd.velocity.");
  }

  @Override
  OptimizerOps.Stepped build(List<List<Tensor>> lists, Optional<Tensor> maxNorm) {
    return OptimizerOps.sgd(lists, rates, nesterov, maxNorm);
  }
}
