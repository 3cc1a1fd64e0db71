package org.adjoint.nn.optim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.Parameter;
import org.adjoint.Parameters;
import org.adjoint.Tensor;
import org.adjoint.nn.Stateful;
import org.adjoint.nn.internal.RestoredState;

/**
 * A rule that moves parameters against their gradients. It computes no gradient and owns no loop.
 * Whatever it remembers between steps is a {@link Parameter#buffer}, so a step, the losses behind
 * it and the new state are one program that runs once, and the learning rate is an input of that
 * program: changing it compiles nothing.
 *
 * <p>To add a rule, extend this class: make the state in the constructor, {@link #keep} it, and
 * {@code assign} the new values in {@link #update}. An optimizer belongs to one thread at a time.
 * The native backend reads and writes subnormal numbers as zero in {@code Sgd}, {@code Adam} and
 * {@code AdamW}: moments of units that fell silent decay into them and stay, each step a hundred
 * cycles a number.
 *
 * <p>The rules here that square gradients take those beyond ±2⁶³ in F32 and ±2⁵¹¹ in F64 for that
 * bound ({@link Adam} has its own), since a square that overflows would stop a parameter for good;
 * an infinite gradient makes it NaN.
 *
 * <p>Its {@link #state} is what the rule remembers and the learning rate. Settings are not: an
 * optimizer that restores is built with the settings of the one whose state it takes.
 */
public abstract class Optimizer implements Stateful {
  private static final String RATE = "learningRate";

  private final List<Parameter> parameters;
  private final List<Group> groups;
  private final int[] groupOf;
  private final List<Tensor> rates = new ArrayList<>();
  private final List<Parameter> buffers = new ArrayList<>();
  private final Clipping clipping = new Clipping();

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
    this(learningRate, List.of(Group.of(parameters)));
  }

  Optimizer(OptimizerBuilder<?> settings) {
    this(settings.rate, settings.groups());
    clipping.maxNorm(settings.maxNorm);
    clipping.maxValue(settings.maxValue);
    clipping.checks(settings.checks);
  }

  private Optimizer(double learningRate, List<Group> groups) {
    this.groups = List.copyOf(groups);
    this.parameters = checked(groups.stream().flatMap(g -> g.parameters().stream()).toList());
    this.groupOf = new int[parameters.size()];
    int index = 0;
    for (int i = 0; i < groups.size(); i++) {
      Group group = groups.get(i);
      rates.add(Tensor.scalar(() -> this.learningRate * group.rate()));
      for (int j = 0; j < group.parameters().size(); j++) {
        groupOf[index++] = i;
      }
    }
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
  record Move(int index, Parameter parameter, Tensor gradient) {
    Move along(Tensor other) {
      return new Move(index, parameter, other);
    }
  }

  /** Assigns the next values of all parameters that have a gradient; there is at least one. */
  void update(List<Move> moves) {
    begin();
    clipping.clip(moves).forEach(m -> update(m.index(), m.parameter(), m.gradient()));
  }

  final Clipping clipping() {
    return clipping;
  }

  /** Returns the number of the group that a parameter is in. */
  final int groupOf(int index) {
    return groupOf[index];
  }

  /** Registers state that {@link #step} evaluates together with the parameters, and returns it. */
  protected final Parameter keep(Parameter buffer) {
    buffers.add(buffer);
    return buffer;
  }

  /**
   * Moves every parameter that has a gradient, once, and runs everything that is pending in one
   * program: the losses that {@code backward()} reached, the new values, and {@code also}.
   * Afterwards those losses' graphs are spent. Parameters that no {@code backward()} reached or
   * that are frozen, alone or as a {@link Group}, and their state, stay as they are. Gradients stay
   * until {@link #zeroGrad}.
   *
   * @param also tensors to evaluate in the same program, at the values before the step: losses,
   *     counts, predictions
   * @throws IndexOutOfBoundsException if a label or an index in a loss is out of range; the step
   *     then changes nothing
   * @throws ArithmeticException if the rule refuses gradients that are not finite and one is not,
   *     see {@link #checkFinite}; the step then changes nothing
   */
  public final void step(Tensor... also) {
    List<Move> moves = new ArrayList<>(parameters.size());
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      Optional<Tensor> gradient = parameter.grad();
      if (gradient.isPresent() && !groups.get(groupOf[i]).isFrozen()) {
        moves.add(new Move(i, parameter, gradient.get()));
      }
    }
    if (!moves.isEmpty()) {
      update(moves);
    }
    if (known.size() != parameters.size() + buffers.size()) {
      List<Parameter> all = new ArrayList<>(parameters);
      all.addAll(buffers);
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

  /** Returns the groups, in their order; their settings may change between steps. */
  public final List<Group> groups() {
    return groups;
  }

  /**
   * Returns what this optimizer remembers between steps: moments, counts. Empty if it remembers
   * nothing.
   */
  public final List<Parameter> buffers() {
    return List.copyOf(buffers);
  }

  /**
   * Returns the buffers by name, behind the learning rate. Of several with one name, the later ones
   * have a number behind it.
   */
  @Override
  public final Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put(RATE, Tensor.scalar(learningRate));
    for (Parameter buffer : buffers) {
      String name = buffer.name();
      for (int i = 2; state.containsKey(name); i++) {
        name = buffer.name() + "#" + i;
      }
      state.put(name, buffer);
    }
    return state;
  }

  /**
   * Takes a state that an optimizer with the same settings over the same model gave.
   *
   * @throws IllegalArgumentException naming the entry, if one is missing, unknown, of another shape
   *     or dtype, or the learning rate is negative or not finite; nothing has changed then
   */
  @Override
  public final void restore(Map<String, Tensor> state) {
    Map<String, Tensor> own = state();
    RestoredState.require("optimizer", own, state);
    double rate = checked(state.get(RATE).item());
    int i = 0;
    own.remove(RATE);
    for (String name : own.keySet()) {
      buffers.get(i++).assign(state.get(name));
    }
    Parameters.commit(buffers);
    this.learningRate = rate;
  }

  /**
   * From now on scales all gradients by min(1, maxNorm / (‖g‖ + 10⁻⁶)), where ‖g‖ is the Euclidean
   * norm of all of them together, as {@code torch.nn.utils.clip_grad_norm_} does. A gradient that
   * is not finite has no norm to clip to: it is an error, see {@link #checkFinite}.
   *
   * <p>Source: R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural
   * networks", ICML 2013, algorithm 1.
   *
   * @param maxNorm the largest norm, &gt; 0; infinite for no clipping
   * @throws IllegalArgumentException naming it, if it is zero, negative or NaN
   */
  public final void clipNorm(double maxNorm) {
    clipping.maxNorm(maxNorm);
  }

  /** Returns what the norm of the gradients is clipped to, infinite for no clipping. */
  public final double maxNorm() {
    return clipping.maxNorm();
  }

  /**
   * From now on brings each number of the gradients into [−maxValue, maxValue], after {@link
   * #clipNorm} where both are set.
   *
   * @param maxValue the largest magnitude, &gt; 0; infinite for no clipping
   * @throws IllegalArgumentException naming it, if it is zero, negative or NaN
   */
  public final void clipValue(double maxValue) {
    clipping.maxValue(maxValue);
  }

  /** Returns what each number of the gradients is clipped to, infinite for no clipping. */
  public final double maxValue() {
    return clipping.maxValue();
  }

  /**
   * Sets whether a gradient with a NaN or an infinity is an {@link ArithmeticException}, which
   * names the parameter, the first bad position and its value. The step then changes nothing:
   * neither parameters nor state, the count of steps included. With {@link #clipNorm} it always is.
   * Whether a step clips or checks is a matter of its program: choose before {@code Compiled}
   * writes the step down.
   */
  public final void checkFinite(boolean checks) {
    clipping.checks(checks);
  }

  /**
   * Returns the norm of all gradients of the last step together, before clipping; 0 before the
   * first step.
   *
   * @throws IllegalStateException if the optimizer neither clips to a norm nor checks, and so never
   *     knew it
   */
  public final double gradientNorm() {
    return clipping
        .norm()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "optimizer: the norm of the gradients is known to a step that clips or checks:"
                        + " call clipNorm(…) or checkFinite(true) before it"))
        .item();
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
   * Returns the learning rate of a parameter's group as an F64 scalar that every run reads anew.
   */
  protected final Tensor rate(int index) {
    return rates.get(groupOf[index]);
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
    return amount("optimizer: learning rate", learningRate);
  }

  /**
   * Returns an amount that has to lie in [0, inf).
   *
   * @throws IllegalArgumentException naming it and its value, if it does not
   */
  static double amount(String name, double value) {
    return inRange(name, value, value >= 0 && value < Double.POSITIVE_INFINITY, "[0, inf)");
  }

  /**
   * Returns a number that has to lie in (0, inf).
   *
   * @throws IllegalArgumentException naming it and its value, if it does not
   */
  static double positive(String name, double value) {
    return inRange(name, value, value > 0 && value < Double.POSITIVE_INFINITY, "(0, inf)");
  }

  /**
   * Returns a coefficient that has to lie in [0, 1).
   *
   * @throws IllegalArgumentException naming it and its value, if it does not
   */
  static double fraction(String name, double value) {
    return inRange(name, value, value >= 0 && value < 1, "[0, 1)");
  }

  private static double inRange(String name, double value, boolean inRange, String range) {
    if (!inRange) {
      throw new IllegalArgumentException(name + " " + value + " is not in " + range);
    }
    return value;
  }
}
