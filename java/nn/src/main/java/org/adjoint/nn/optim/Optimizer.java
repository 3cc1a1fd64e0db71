package org.adjoint.nn.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.Parameter;
import org.adjoint.Parameters;
import org.adjoint.Tensor;

/**
 * A rule that moves parameters against their gradients. It computes no gradient and owns no loop.
 * Whatever it remembers between steps is a {@link Parameter#buffer}, so a step, the losses behind
 * it and the new state are one program that runs once, and the learning rate is an input of that
 * program: changing it compiles nothing.
 *
 * <p>To add a rule, extend this class: make the state in the constructor, {@link #keep} it, and
 * {@code assign} the new values in {@link #update}. The rules of this package do that for all
 * parameters by one instruction, see {@link FusedOptimizer}. An optimizer belongs to one thread at
 * a time. The native backend reads and writes subnormal numbers as zero in these rules: moments of
 * units that fell silent decay into them and stay, each step a hundred cycles a number.
 */
public abstract class Optimizer {
  private final List<Parameter> parameters;
  private final List<Parameter> state = new ArrayList<>();

  /** The parameters and the state, once a step has put them together. */
  private List<Parameter> known = List.of();

  private final Tensor rate = Tensor.scalar(this::learningRate);
  private double learningRate;

  /**
   * Starts an optimizer.
   *
   * @param parameters what to move, in the order in which {@link #update} counts them; trainable,
   *     each once
   * @param learningRate see {@link #learningRate(double)}
   * @throws IllegalArgumentException naming the parameter, if one is a buffer or listed twice
   */
  protected Optimizer(List<Parameter> parameters, double learningRate) {
    this.parameters = checked(parameters);
    this.learningRate = checked(learningRate);
  }

  /**
   * Returns a copy of a list of parameters that an optimizer can move.
   *
   * @throws IllegalArgumentException naming the parameter, if one is a buffer or listed twice
   */
  static List<Parameter> checked(List<Parameter> parameters) {
    List<Parameter> copy = List.copyOf(parameters);
    for (int i = 0; i < copy.size(); i++) {
      Parameter parameter = copy.get(i);
      if (!parameter.isTrainable() && !parameter.isFrozen()) {
        throw new IllegalArgumentException(
            "optimizer: " + parameter.name() + " is a buffer, which never gets a gradient");
      }
      for (int j = 0; j < i; j++) {
        if (copy.get(j) == parameter) {
          throw new IllegalArgumentException(
              "optimizer: " + parameter.name() + " is listed twice and would move twice");
        }
      }
    }
    return copy;
  }

  /**
   * Assigns what the whole step shares, such as a step count, before the first {@link #update} of a
   * step.
   */
  protected void begin() {}

  /**
   * Assigns the next value of one parameter and of the state kept for it.
   *
   * @param index its place in {@link #parameters}
   * @param parameter the parameter
   * @param gradient the gradient of the losses by it, of its shape and type
   */
  protected abstract void update(int index, Parameter parameter, Tensor gradient);

  /** A parameter that a step moves, and along what. */
  record Move(int index, Parameter parameter, Tensor gradient) {}

  /** Assigns the next values of all parameters that have a gradient; there is at least one. */
  void update(List<Move> moves) {
    begin();
    moves.forEach(move -> update(move.index(), move.parameter(), move.gradient()));
  }

  /** Registers state that {@link #step} evaluates together with the parameters, and returns it. */
  protected final Parameter keep(Parameter buffer) {
    state.add(buffer);
    return buffer;
  }

  /**
   * Moves every parameter that has a gradient, once, and runs everything that is pending in one
   * program: the losses that {@code backward()} reached, the new values, and {@code also}.
   * Afterwards those losses' graphs are spent. Parameters that no {@code backward()} reached or
   * that are frozen, and their state, stay as they are. Gradients stay until {@link #zeroGrad}.
   *
   * @param also tensors to evaluate in the same program, at the values before the step: losses,
   *     counts, predictions
   * @throws IndexOutOfBoundsException if a label or an index in a loss is out of range; the step
   *     then changes nothing
   * @throws ArithmeticException if the rule refuses gradients that are not finite and one is not,
   *     see {@link FusedOptimizer#checkFinite}; the step then changes nothing
   */
  public final void step(Tensor... also) {
    List<Move> moves = new ArrayList<>(parameters.size());
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      Optional<Tensor> gradient = parameter.grad();
      if (gradient.isPresent()) {
        moves.add(new Move(i, parameter, gradient.get()));
      }
    }
    if (!moves.isEmpty()) {
      update(moves);
    }
    if (known.size() != parameters.size() + state.size()) {
      List<Parameter> all = new ArrayList<>(parameters);
      all.addAll(state);
      known = List.copyOf(all);
    }
    Parameters.commit(known, also);
  }

  /**
   * Forgets the gradients of all parameters, so that the next {@code backward()} starts from zero.
   */
  public final void zeroGrad() {
    parameters.forEach(Parameter::zeroGrad);
  }

  /** Returns the parameters that this optimizer moves, in their order. */
  public final List<Parameter> parameters() {
    return parameters;
  }

  /**
   * Returns what this optimizer remembers between steps: moments, counts. Empty if it remembers
   * nothing.
   */
  public final List<Parameter> state() {
    return List.copyOf(state);
  }

  /** Returns the learning rate of the next step. */
  public final double learningRate() {
    return learningRate;
  }

  /** Returns the learning rate as an F64 scalar that every run reads anew. */
  protected final Tensor rate() {
    return rate;
  }

  /**
   * Sets the learning rate of the following steps.
   *
   * @param learningRate the step length, ≥ 0
   * @throws IllegalArgumentException if it is negative or not finite
   */
  public final void learningRate(double learningRate) {
    this.learningRate = checked(learningRate);
  }

  private static double checked(double learningRate) {
    if (!(learningRate >= 0 && learningRate < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "optimizer: learning rate " + learningRate + " is not in [0, inf)");
    }
    return learningRate;
  }

  /**
   * Returns a coefficient that has to lie in [0, 1).
   *
   * @throws IllegalArgumentException naming it and its value, if it does not
   */
  static double fraction(String name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException("optimizer: " + name + " " + value + " is not in [0, 1)");
    }
    return value;
  }

  /**
   * Returns a weight decay, which has to be ≥ 0.
   *
   * @throws IllegalArgumentException naming its value, if it is not
   */
  static double decay(double value) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "optimizer: weight decay " + value + " is not in [0, inf)");
    }
    return value;
  }
}
