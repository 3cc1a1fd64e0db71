package org.adjoint.nn.optim;

import java.util.List;
import java.util.OptionalDouble;
import org.adjoint.Parameter;

/**
 * Parameters that an optimizer moves alike: with a multiple of its learning rate, with a weight
 * decay of their own, or not at all. Rate and decay are inputs of the program of a step, so other
 * numbers compile nothing; freezing a group, and a decay that becomes zero or stops being zero, are
 * another program. Change those outside {@code Compiled}.
 */
public final class Group {
  private final List<Parameter> parameters;
  private double rate = 1;
  private OptionalDouble decay = OptionalDouble.empty();
  private boolean frozen;

  private Group(List<Parameter> parameters) {
    this.parameters = Optimizer.checked(parameters);
  }

  /**
   * Returns a group with the optimizer's own learning rate and decay.
   *
   * @throws IllegalArgumentException naming the parameter, if one is a buffer or listed twice
   */
  public static Group of(List<Parameter> parameters) {
    return new Group(parameters);
  }

  /**
   * Returns whether a parameter is a matrix or has more axes: weights and kernels are, biases and
   * the scales of norms are not. {@code decayWhere(Group::isMatrix)} exempts these from decay.
   */
  public static boolean isMatrix(Parameter parameter) {
    return parameter.rank() > 1;
  }

  /**
   * Sets what the optimizer's learning rate is multiplied by; 1 unless set. Returns this group.
   *
   * @throws IllegalArgumentException naming the factor, if it is negative or not finite
   */
  public Group rate(double factor) {
    this.rate = Optimizer.amount("group: rate", factor);
    return this;
  }

  /**
   * Sets the weight decay λ, the optimizer's own unless set. Returns this group.
   *
   * @throws IllegalArgumentException naming λ, if it is negative or not finite
   */
  public Group decay(double decay) {
    this.decay = OptionalDouble.of(Optimizer.amount("group: weight decay", decay));
    return this;
  }

  /** Sets whether steps leave the group and its state as they are. Returns this group. */
  public Group frozen(boolean frozen) {
    this.frozen = frozen;
    return this;
  }

  /** Returns the parameters, in their order. */
  public List<Parameter> parameters() {
    return parameters;
  }

  /** Returns what the optimizer's learning rate is multiplied by. */
  public double rate() {
    return rate;
  }

  /** Returns the weight decay λ; empty for the optimizer's own. */
  public OptionalDouble decay() {
    return decay;
  }

  /** Returns whether steps leave the group as it is. */
  public boolean isFrozen() {
    return frozen;
  }
}
