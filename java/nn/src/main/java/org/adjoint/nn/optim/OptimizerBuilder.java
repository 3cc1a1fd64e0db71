package org.adjoint.nn.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.adjoint.Parameter;

/**
 * The settings that all rules have; the builder of a rule adds its own. Each method sets one number
 * by name and returns the builder; {@code build()} makes the optimizer:
 *
 * <pre>{@code
 * AdamW rule = AdamW.of(model.parameters()).rate(3e-4).decay(0.1).decayWhere(Group::isMatrix).clipNorm(1).build();
 * }</pre>
 *
 * @param <B> the rule's builder
 */
public abstract class OptimizerBuilder<B extends OptimizerBuilder<B>> {
  private final List<Group> groups;
  private Optional<Predicate<Parameter>> decays = Optional.empty();
  double rate;
  double decay;
  double maxNorm = Double.POSITIVE_INFINITY;
  double maxValue = Double.POSITIVE_INFINITY;
  boolean checks;

  OptimizerBuilder(List<Group> groups, double rate, double decay) {
    this.groups = List.copyOf(groups);
    this.rate = rate;
    this.decay = decay;
  }

  abstract B self();

  /** Returns the groups, each cut in two where only some of its parameters decay. */
  List<Group> groups() {
    if (decays.isEmpty()) {
      return groups;
    }
    List<Group> cut = new ArrayList<>();
    for (Group group : groups) {
      Predicate<Parameter> decay = decays.get();
      List<Parameter> with = group.parameters().stream().filter(decay).toList();
      List<Parameter> without = group.parameters().stream().filter(decay.negate()).toList();
      if (without.isEmpty()) {
        cut.add(group);
        continue;
      }
      if (!with.isEmpty()) {
        Group decaying = Group.of(with).rate(group.rate()).frozen(group.isFrozen());
        group.decay().ifPresent(decaying::decay);
        cut.add(decaying);
      }
      cut.add(Group.of(without).rate(group.rate()).frozen(group.isFrozen()).decay(0));
    }
    return cut;
  }

  /**
   * Sets the learning rate η.
   *
   * @throws IllegalArgumentException naming η, if it is negative or not finite
   */
  public B rate(double rate) {
    this.rate = Optimizer.amount("optimizer: learning rate", rate);
    return self();
  }

  /**
   * Sets the weight decay λ: added to the gradient as λ·p after clipping, or, where the rule says
   * so, beside the step.
   *
   * @throws IllegalArgumentException naming λ, if it is negative or not finite
   */
  public B decay(double decay) {
    this.decay = Optimizer.amount("optimizer: weight decay", decay);
    return self();
  }

  /** Sets which parameters decay, all unless set: {@code decayWhere(Group::isMatrix)}. */
  public B decayWhere(Predicate<Parameter> decays) {
    this.decays = Optional.of(decays);
    return self();
  }

  /**
   * Has the gradients clipped to a norm, see {@link Optimizer#clipNorm}.
   *
   * @throws IllegalArgumentException naming the norm, if it is zero, negative or NaN
   */
  public B clipNorm(double maxNorm) {
    this.maxNorm = Clipping.limit("maxNorm", maxNorm);
    return self();
  }

  /**
   * Has each number of the gradients clipped, see {@link Optimizer#clipValue}.
   *
   * @throws IllegalArgumentException naming the value, if it is zero, negative or NaN
   */
  public B clipValue(double maxValue) {
    this.maxValue = Clipping.limit("maxValue", maxValue);
    return self();
  }

  /** Has gradients that are not finite refused, see {@link Optimizer#checkFinite}. */
  public B checkFinite() {
    this.checks = true;
    return self();
  }
}
