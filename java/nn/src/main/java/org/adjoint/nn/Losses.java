package org.adjoint.nn;

import java.util.Arrays;
import org.adjoint.Tensor;

/**
 * Training objectives: each returns one scalar, the mean over the batch; {@link #cosineSimilarity}
 * alone keeps its rows. Any other is a line of tensor operations.
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
    return difference("mse", prediction, target).square().mean();
  }

  /**
   * Returns the mean of |prediction − target| over all elements; where they are equal its
   * derivative is 0.
   *
   * @throws IllegalArgumentException naming both shapes, if they differ
   */
  public static Tensor l1(Tensor prediction, Tensor target) {
    return difference("l1", prediction, target).abs().mean();
  }

  /**
   * Returns the mean over all elements of r²/2 where |r| ≤ delta and delta·(|r| − delta/2) beyond,
   * with r = prediction − target (Huber 1964).
   *
   * @param delta where the square becomes a line, in (0, inf)
   * @throws IllegalArgumentException naming both shapes, if they differ, or delta
   */
  public static Tensor huber(Tensor prediction, Tensor target, double delta) {
    if (!(delta > 0 && delta < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("huber: delta " + delta + " is not in (0, inf)");
    }
    Tensor residual = difference("huber", prediction, target);
    Tensor size = residual.abs();
    Tensor line = size.minus(delta / 2).times(delta);
    return Tensor.where(size.le(delta), residual.square().times(0.5), line).mean();
  }

  /**
   * Returns the mean over all elements of −t·log σ(x) − (1 − t)·log(1 − σ(x)), in nats, as {@link
   * Tensor#sigmoidCrossEntropy}: it neither overflows nor loses the digits of a small loss.
   *
   * @param logits x, of any shape
   * @param targets t, probabilities of the same shape and type
   * @throws IllegalArgumentException naming both shapes, if they differ
   */
  public static Tensor binaryCrossEntropyWithLogits(Tensor logits, Tensor targets) {
    same("binaryCrossEntropyWithLogits", logits, targets);
    return logits.sigmoidCrossEntropy(targets).mean();
  }

  /**
   * Returns the mean over the rows of −log softmax(logits)[label], a scalar, in nats. For hard
   * labels this is one fused operation that never forms a probability, so it does not overflow; its
   * gradient by the logits is (softmax(logits) − onehot(label)) / rows. Soft labels weigh all
   * classes: −Σ p·log softmax(logits).
   *
   * @param logits of shape [rows…, classes], not yet normalised
   * @param labels hard: of shape [rows…], I32 or I64, each in [0, classes); or soft: probabilities
   *     of the logits' shape and type
   */
  public static Tensor softmaxCrossEntropy(Tensor logits, Tensor labels) {
    return softmaxCrossEntropy(logits, labels, CrossEntropy.PLAIN);
  }

  /**
   * Returns the cross-entropy with label smoothing, class weights or rows left out. With class
   * weights w, hard labels y divide by the sum of w[y] over the rows that count, soft ones by the
   * number of rows. If no row counts it is NaN.
   *
   * @throws IllegalArgumentException if soft labels are given with an index to ignore
   */
  public static Tensor softmaxCrossEntropy(Tensor logits, Tensor labels, CrossEntropy options) {
    return labels.dtype().isFloating()
        ? softCrossEntropy(logits, labels, options)
        : hardCrossEntropy(logits, labels, options);
  }

  private static Tensor softCrossEntropy(Tensor logits, Tensor labels, CrossEntropy options) {
    same("softmaxCrossEntropy", logits, labels);
    if (options.ignoreIndex().isPresent()) {
      throw new IllegalArgumentException(
          "softmaxCrossEntropy: soft labels have no index to ignore, got "
              + options.ignoreIndex().getAsLong());
    }
    double smoothing = options.smoothing();
    Tensor p =
        smoothing == 0 ? labels : labels.times(1 - smoothing).plus(smoothing / logits.dim(-1));
    if (options.classWeights().isPresent()) {
      p = p.times(options.classWeights().get());
    }
    // scale: a class of probability 0 does not count, even where its log-softmax is -inf.
    return p.scale(logits.logSoftmax(-1)).sum(-1).mean().neg();
  }

  private static Tensor hardCrossEntropy(Tensor logits, Tensor labels, CrossEntropy options) {
    boolean ignores = options.ignoreIndex().isPresent();
    boolean weighs = options.classWeights().isPresent();
    double smoothing = options.smoothing();
    if (!ignores && !weighs && smoothing == 0) {
      return logits.softmaxCrossEntropy(labels).mean();
    }
    Tensor none = Tensor.scalar(options.ignoreIndex().orElse(0)).cast(labels.dtype());
    Tensor ignored = labels.eq(none);
    Tensor zero = Tensor.scalar(0, labels.dtype());
    Tensor known = ignores ? Tensor.where(ignored, zero, labels) : labels;
    long classes = logits.dim(-1);
    Tensor weights = weighs ? options.classWeights().get() : Tensor.ones(logits.dtype(), classes);
    Tensor weight =
        weighs ? weights.gather(0, known) : Tensor.ones(logits.dtype(), labels.shape().dims());
    Tensor loss = logits.softmaxCrossEntropy(known).times(weight);
    if (smoothing > 0) {
      Tensor even = weights.scale(logits.logSoftmax(-1)).sum(-1).div((double) -classes);
      loss = loss.times(1 - smoothing).plus(even.times(smoothing));
    }
    if (ignores) {
      Tensor nothing = Tensor.scalar(0, logits.dtype());
      loss = Tensor.where(ignored, nothing, loss);
      weight = Tensor.where(ignored, nothing, weight);
    }
    return loss.sum().div(weight.sum());
  }

  /**
   * Returns the mean over the rows of −logProbabilities[label]: with log-softmax the cross-entropy.
   *
   * @param logProbabilities of shape [rows…, classes]
   * @param labels of shape [rows…], I32 or I64, each in [0, classes)
   */
  public static Tensor nll(Tensor logProbabilities, Tensor labels) {
    long[] column = Arrays.copyOf(labels.shape().dims(), labels.rank() + 1);
    column[labels.rank()] = 1;
    return logProbabilities.takeAlongAxis(-1, labels.reshape(column)).mean().neg();
  }

  /**
   * Returns the mean over the rows of the divergence Σ p·(log p − log q) along the last axis, in
   * nats; where p is 0 it adds nothing (Kullback and Leibler 1951).
   *
   * @param logQ the model's log-probabilities, of shape [rows…, classes]
   * @param p the target's probabilities, of the same shape and type
   * @throws IllegalArgumentException naming both shapes, if they differ
   */
  public static Tensor klDiv(Tensor logQ, Tensor p) {
    same("klDiv", logQ, p);
    return p.scale(p.log().minus(logQ)).sum(-1).mean();
  }

  /**
   * Returns the mean over all elements of max(0, 1 − target·score); on the edge its derivative is
   * 0.
   *
   * @param scores of any shape
   * @param targets −1 or 1, of the same shape and type
   * @throws IllegalArgumentException naming both shapes, if they differ
   */
  public static Tensor hinge(Tensor scores, Tensor targets) {
    same("hinge", scores, targets);
    return Tensor.scalar(1, scores.dtype()).minus(scores.times(targets)).relu().mean();
  }

  /**
   * Returns the cosine of the angle between a and b along {@code axis}, one value for each other
   * place. With a vector of zeros it is 0, and so is its derivative.
   *
   * @throws IllegalArgumentException naming both shapes, if they differ
   */
  public static Tensor cosineSimilarity(Tensor a, Tensor b, int axis) {
    same("cosineSimilarity", a, b);
    return unit(a, axis).times(unit(b, axis)).sum(axis);
  }

  /**
   * Returns the mean over the rows of 1 − cos(a, b) for pairs that belong together and max(0,
   * cos(a, b) − margin) for those that do not; the cosine is taken along the last axis.
   *
   * @param a of shape [rows…, features]
   * @param b of the same shape and type
   * @param targets 1 for pairs that belong together, else −1, of shape [rows…]
   * @param margin how close pairs may be that do not belong together, a cosine in [−1, 1]
   * @throws IllegalArgumentException naming both shapes, if they do not fit, or the margin
   */
  public static Tensor cosineEmbedding(Tensor a, Tensor b, Tensor targets, double margin) {
    if (!(margin >= -1 && margin <= 1)) {
      throw new IllegalArgumentException(
          "cosineEmbedding: margin " + margin + " is not in [-1, 1]");
    }
    Tensor cosine = cosineSimilarity(a, b, -1);
    same("cosineEmbedding", cosine, targets);
    Tensor apart = cosine.minus(margin).relu();
    Tensor together = Tensor.scalar(1, cosine.dtype()).minus(cosine);
    return Tensor.where(targets.gt(0), together, apart).mean();
  }

  /** Returns vectors of length 1, and of length 0 where they are. */
  private static Tensor unit(Tensor x, int axis) {
    Tensor length = x.norm(2, true, axis);
    Tensor none = length.eq(0);
    Tensor safe = Tensor.where(none, Tensor.scalar(1, x.dtype()), length);
    return Tensor.where(none, Tensor.scalar(0, x.dtype()), x.div(safe));
  }

  private static Tensor difference(String loss, Tensor prediction, Tensor target) {
    same(loss, prediction, target);
    return prediction.minus(target);
  }

  /** Checks that shapes are equal: a broadcast here is nearly always a mistake. */
  private static void same(String loss, Tensor a, Tensor b) {
    if (!a.shape().equals(b.shape())) {
      throw new IllegalArgumentException(
          loss + ": shapes differ: " + a.shape() + " and " + b.shape());
    }
  }
}
