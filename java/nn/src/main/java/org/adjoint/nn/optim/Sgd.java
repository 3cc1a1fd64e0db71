package org.adjoint.nn.optim;

import java.util.ArrayList;
import java.util.List;
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
public final class Sgd extends Optimizer {
  private final double momentum;
  private final boolean nesterov;
  private final List<Parameter> velocities = new ArrayList<>();

  /** Starts plain descent: p ← p − η·g. */
  public Sgd(List<Parameter> parameters, double learningRate) {
    this(parameters, learningRate, 0, false);
  }

  /**
   * Starts descent with momentum.
   *
   * @param parameters what to move
   * @param learningRate η ≥ 0
   * @param momentum µ in [0, 1)
   * @param nesterov whether the step looks ahead along the velocity
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public Sgd(List<Parameter> parameters, double learningRate, double momentum, boolean nesterov) {
    super(parameters, learningRate);
    this.momentum = fraction("momentum", momentum);
    this.nesterov = nesterov;
    for (Parameter parameter : parameters) {
      Tensor zero = Tensor.zeros(parameter.dtype(), parameter.shape().dims());
      velocities.add(keep(Parameter.buffer(zero, "sgd.velocity." + parameter.name())));
    }
  }

  @Override
  protected void update(int index, Parameter parameter, Tensor gradient) {
    Parameter velocity = velocities.get(index);
    List<Tensor> next = OptimizerOps.sgd(parameter, gradient, velocity, rate(), momentum, nesterov);
    parameter.assign(next.get(0));
    velocity.assign(next.get(1));
  }
}
