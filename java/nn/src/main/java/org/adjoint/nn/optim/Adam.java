package org.adjoint.nn.optim;

import java.util.ArrayList;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.op.OptimizerOps;

/**
 * Adam: running means of the gradient and of its square, both corrected for their start at zero. At
 * step t, counted from 1: m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², p ← p − η · (m / (1 −
 * β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε).
 *
 * <p>Source: D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015,
 * algorithm 1.
 */
public final class Adam extends Optimizer {
  private final double beta1;
  private final double beta2;
  private final double epsilon;
  private final Parameter count;
  private final List<Parameter> means = new ArrayList<>();
  private final List<Parameter> squares = new ArrayList<>();
  private Tensor step;

  /** Starts Adam with the paper's β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸. */
  public Adam(List<Parameter> parameters, double learningRate) {
    this(parameters, learningRate, 0.9, 0.999, 1e-8);
  }

  /**
   * Starts Adam.
   *
   * @param parameters what to move
   * @param learningRate η ≥ 0
   * @param beta1 β₁ in [0, 1)
   * @param beta2 β₂ in [0, 1)
   * @param epsilon ε &gt; 0, added to the root
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public Adam(
      List<Parameter> parameters, double learningRate, double beta1, double beta2, double epsilon) {
    super(parameters, learningRate);
    this.beta1 = fraction("beta1", beta1);
    this.beta2 = fraction("beta2", beta2);
    if (!(epsilon > 0 && epsilon < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("adam: epsilon " + epsilon + " is not in (0, inf)");
    }
    this.epsilon = epsilon;
    this.count = keep(Parameter.buffer(Tensor.zeros(DType.F64), "adam.step"));
    this.step = count;
    for (Parameter parameter : parameters) {
      means.add(keep(zeros("adam.mean.", parameter)));
      squares.add(keep(zeros("adam.square.", parameter)));
    }
  }

  private static Parameter zeros(String prefix, Parameter parameter) {
    Tensor zero = Tensor.zeros(parameter.dtype(), parameter.shape().dims());
    return Parameter.buffer(zero, prefix + parameter.name());
  }

  @Override
  protected void begin() {
    step = count.plus(1);
    count.assign(step);
  }

  @Override
  protected void update(int index, Parameter parameter, Tensor gradient) {
    Parameter mean = means.get(index);
    Parameter square = squares.get(index);
    List<Tensor> next =
        OptimizerOps.adam(parameter, gradient, mean, square, step, rate(), beta1, beta2, epsilon);
    parameter.assign(next.get(0));
    mean.assign(next.get(1));
    square.assign(next.get(2));
  }
}
