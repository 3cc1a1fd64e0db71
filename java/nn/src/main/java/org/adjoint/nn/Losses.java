package org.adjoint.nn;

import org.adjoint.Tensor;

/**
 * Training objectives: each returns one scalar, the mean over the batch. Any other is a line of
 * tensor operations.
 */
public final class Losses {

  private Losses() {}

  /**
   * Returns the mean of (prediction − target)² over all elements, a scalar. Without the factor ½
   * that some texts add.
   *
   * @param prediction the model's output, of any shape
   * @param target of the same shape and type
   * @throws IllegalArgumentException naming both shapes, if they differ: a broadcast here is nearly
   *     always a mistake
   */
  public static Tensor mse(Tensor prediction, Tensor target) {
    if (!prediction.shape().equals(target.shape())) {
      throw new IllegalArgumentException(
          "mse: shapes differ: " + prediction.shape() + " and " + target.shape());
    }
    return prediction.minus(target).square().mean();
  }

  /**
   * Returns the mean over the rows of −log softmax(logits)[label], a scalar, in nats. One fused
   * operation that never forms a probability, so it does not overflow; its gradient by the logits
   * is (softmax(logits) − onehot(label)) / rows.
   *
   * @param logits of shape [n, classes], not yet normalised
   * @param labels of shape [n], I32 or I64, each in [0, classes)
   */
  public static Tensor softmaxCrossEntropy(Tensor logits, Tensor labels) {
    return logits.softmaxCrossEntropy(labels).mean();
  }
}
