package org.adjoint.nn.optim;

import java.util.List;

/**
 * The settings of rules with running means of the gradient and of its square, as Adam has them.
 *
 * @param <B> the rule's builder
 */
public abstract class MomentsBuilder<B extends MomentsBuilder<B>> extends OptimizerBuilder<B> {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon;

  MomentsBuilder(List<Group> groups, double rate, double decay, double epsilon) {
    super(groups, rate, decay);
    this.epsilon = epsilon;
  }

  /**
   * Sets β₁, how much of the mean of gradients stays.
   *
   * @throws IllegalArgumentException naming β₁, if it is not in [0, 1)
   */
  public B beta1(double beta1) {
    this.beta1 = Optimizer.fraction("optimizer: beta1", beta1);
    return self();
  }

  /**
   * Sets β₂, how much of the mean of squares stays.
   *
   * @throws IllegalArgumentException naming β₂, if it is not in [0, 1)
   */
  public B beta2(double beta2) {
    this.beta2 = Optimizer.fraction("optimizer: beta2", beta2);
    return self();
  }

  /**
   * Sets ε, which is added to the root of the mean of squares.
   *
   * @throws IllegalArgumentException naming ε, if it is zero, negative or not finite
   */
  public B epsilon(double epsilon) {
    this.epsilon = Optimizer.positive("optimizer: epsilon", epsilon);
    return self();
  }
}
