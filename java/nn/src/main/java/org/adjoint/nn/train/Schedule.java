package org.adjoint.nn.train;

/**
 * How the learning rate changes over a training: a factor for each point of it. A schedule has no
 * state, so a training can be resumed anywhere; another schedule is a lambda.
 */
@FunctionalInterface
public interface Schedule {

  /**
   * Returns what the base learning rate is multiplied by.
   *
   * @param progress how much of the training is done, from 0 at the first step to just below 1 at
   *     the last
   */
  double factor(double progress);

  /** Returns 1 throughout. */
  static Schedule constant() {
    return progress -> 1;
  }

  /** Returns a straight line from 1 at the start to 0 at the end. */
  static Schedule linear() {
    return progress -> 1 - progress;
  }
}
