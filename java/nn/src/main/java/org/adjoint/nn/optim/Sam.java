package org.adjoint.nn.optim;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Parameter;
import org.adjoint.Parameters;
import org.adjoint.Tensor;

/**
 * Sharpness-aware minimisation: another optimizer's step along the gradient where the loss is worst
 * nearby, at p + ρ·g / ‖g‖, which leads to flat minima. Both gradients and the step are one
 * program. It evaluates the loss twice, so it takes the loss as a function, as {@link Lbfgs} does;
 * its state is the other optimizer's.
 *
 * <p>Source: P. Foret, A. Kleiner, H. Mobahi, B. Neyshabur, "Sharpness-Aware Minimization for
 * Efficiently Improving Generalization", ICLR 2021, algorithm 1.
 */
public final class Sam {
  private static final double LEAST_NORM = 1e-12;

  private final Optimizer optimizer;
  private final double rho;

  /**
   * Wraps an optimizer.
   *
   * @param optimizer what makes the steps
   * @param rho ρ &gt; 0, how far away the loss is looked at; 0.05 in the paper
   * @throws IllegalArgumentException naming ρ, if it is zero, negative or not finite
   */
  public Sam(Optimizer optimizer, double rho) {
    this.optimizer = optimizer;
    this.rho = Optimizer.positive("sam: rho", rho);
  }

  /** Returns the optimizer that makes the steps. */
  public Optimizer optimizer() {
    return optimizer;
  }

  /**
   * Makes a step and returns the loss before it, evaluated.
   *
   * @param loss called twice; has to draw the same both times, so a {@code Training} with one key.
   *     Running statistics should not move in it: {@code Training.still()}
   * @param also tensors to evaluate in the same program, at the values before the step
   * @throws ArithmeticException if the optimizer refuses gradients that are not finite and one is
   *     not; the step then changes nothing
   */
  public Tensor step(Supplier<Tensor> loss, Tensor... also) {
    Tensor here = loss.get();
    List<Parameter> parameters = optimizer.parameters();
    List<Tensor> gradients = Grad.grad(here, parameters.toArray(Tensor[]::new));
    Tensor norm =
        gradients.stream()
            .map(g -> g.cast(DType.F64).square().sum())
            .reduce(Tensor::plus)
            .orElseThrow()
            .sqrt();
    Tensor scale = norm.plus(LEAST_NORM).reciprocal().times(rho);
    Map<Parameter, Tensor> worst = new HashMap<>();
    for (int i = 0; i < parameters.size(); i++) {
      Parameter p = parameters.get(i);
      Tensor away = gradients.get(i).times(scale.cast(p.dtype()));
      worst.put(p, p.plus(away.detach()));
    }
    Tensor there = Parameters.with(worst, loss);
    optimizer.zeroGrad();
    there.backward();
    Tensor[] all = new Tensor[also.length + 1];
    all[0] = here;
    System.arraycopy(also, 0, all, 1, also.length);
    optimizer.step(all);
    return here;
  }
}
