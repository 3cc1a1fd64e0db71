package org.adjoint.nn.optim;

import java.util.List;
import org.adjoint.Parameter;

/**
 * {@link Adam} with decoupled weight decay: beside Adam's step, p ← p − η·λ·p. The decay does not
 * pass through the running means, so it is the same for weights with large gradients and with small
 * ones. Parameters that should not decay, such as biases, belong in an optimizer of their own.
 *
 * <p>Source: I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019,
 * algorithm 2, with η in front of λ as other libraries have it.
 */
public final class AdamW extends Adam {
  private static final double WEIGHT_DECAY = 0.01;

  /** Starts AdamW with β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸ and λ = 0.01. */
  public AdamW(List<Parameter> parameters, double learningRate) {
    this(parameters, learningRate, WEIGHT_DECAY);
  }

  /** Starts AdamW with β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸ and a weight decay λ ≥ 0. */
  public AdamW(List<Parameter> parameters, double learningRate, double weightDecay) {
    this(parameters, learningRate, BETA1, BETA2, EPSILON, weightDecay);
  }

  /**
   * Starts AdamW.
   *
   * @param parameters what to move
   * @param learningRate η ≥ 0
   * @param beta1 β₁ in [0, 1)
   * @param beta2 β₂ in [0, 1)
   * @param epsilon ε &gt; 0, added to the root
   * @param weightDecay λ ≥ 0
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public AdamW(
      List<Parameter> parameters,
      double learningRate,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay) {
    super(parameters, learningRate, beta1, beta2, epsilon, weightDecay);
  }
}
