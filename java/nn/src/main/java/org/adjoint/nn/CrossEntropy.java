package org.adjoint.nn;

import java.util.Optional;
import java.util.OptionalLong;
import org.adjoint.Tensor;

/**
 * What a cross-entropy counts beside the plain mean; {@link #PLAIN} and its {@code with…} methods
 * make one. The meaning is PyTorch's.
 *
 * @param smoothing ε in [0, 1): labels become (1 − ε)·label + ε / classes
 * @param classWeights one weight a class, of shape [classes] and the logits' dtype; the loss
 *     divides by the weights of the labels that it met
 * @param ignoreIndex rows with this label count for nothing; it need not be a class
 */
public record CrossEntropy(
    double smoothing, Optional<Tensor> classWeights, OptionalLong ignoreIndex) {
  /** No smoothing, no weights, nothing ignored. */
  public static final CrossEntropy PLAIN =
      new CrossEntropy(0, Optional.empty(), OptionalLong.empty());

  /** Checks the smoothing. */
  public CrossEntropy {
    if (!(smoothing >= 0 && smoothing < 1)) {
      throw new IllegalArgumentException(
          "cross entropy: smoothing is " + smoothing + ", outside [0, 1)");
    }
  }

  /** Returns this with labels smoothed by ε. */
  public CrossEntropy withSmoothing(double smoothing) {
    return new CrossEntropy(smoothing, classWeights, ignoreIndex);
  }

  /** Returns this with a weight for each class. */
  public CrossEntropy withClassWeights(Tensor weights) {
    return new CrossEntropy(smoothing, Optional.of(weights), ignoreIndex);
  }

  /** Returns this with rows of that label left out. */
  public CrossEntropy withIgnoreIndex(long label) {
    return new CrossEntropy(smoothing, classWeights, OptionalLong.of(label));
  }
}
