package org.adjoint.nn.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.op.OptimizerOps.Stepped;

/**
 * A rule that moves all parameters by one instruction, which reads each array once and writes it in
 * place. It may clip the gradients to a norm and refuse those that are not finite: then it reads
 * them once more, first. Neither changes the gradients that {@link Parameter#grad} holds.
 *
 * <p>Whether a step clips or checks is a matter of its program: choose before {@code Compiled}
 * writes the step down. How far it clips is an input of the program, as the learning rate is.
 */
public abstract sealed class FusedOptimizer extends Optimizer permits Adam, Sgd {
  private final List<List<Parameter>> memories = new ArrayList<>();
  private final Tensor limit = Tensor.scalar(this::maxNorm);
  private double maxNorm = Double.POSITIVE_INFINITY;
  private boolean clips;
  private boolean checks;
  private Optional<Parameter> norm = Optional.empty();

  FusedOptimizer(List<Parameter> parameters, double learningRate) {
    super(parameters, learningRate);
  }

  /** Makes a list of state that starts at zero, one tensor a parameter. */
  final void remember(String prefix) {
    List<Parameter> memory = new ArrayList<>();
    for (Parameter parameter : parameters()) {
      Tensor zero = Tensor.zeros(parameter.dtype(), parameter.shape().dims());
      memory.add(keep(Parameter.buffer(zero, prefix + parameter.name())));
    }
    memories.add(List.copyOf(memory));
  }

  /**
   * Builds the step.
   *
   * @param lists parameters, gradients, then each list that is remembered
   * @param maxNorm what to clip to, empty for neither clipping nor checking
   */
  abstract Stepped build(List<List<Tensor>> lists, Optional<Tensor> maxNorm);

  /** Assigns the count of a step, where the rule counts. */
  void counted(Tensor count) {}

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
    if (!(maxNorm > 0)) {
      throw new IllegalArgumentException("optimizer: maxNorm " + maxNorm + " is not in (0, inf]");
    }
    this.maxNorm = maxNorm;
    this.clips = maxNorm < Double.POSITIVE_INFINITY;
    measure();
  }

  /** Returns what the norm of the gradients is clipped to, infinite for no clipping. */
  public final double maxNorm() {
    return maxNorm;
  }

  /**
   * Sets whether a gradient with a NaN or an infinity is an {@link ArithmeticException}, which
   * names the parameter, the first bad position and its value. The step then changes nothing:
   * neither parameters nor state, the count of steps included. With {@link #clipNorm} it always is.
   */
  public final void checkFinite(boolean checks) {
    this.checks = checks;
    measure();
  }

  private void measure() {
    if ((clips || checks) && norm.isEmpty()) {
      norm = Optional.of(Parameter.buffer(Tensor.zeros(DType.F64), "optimizer.norm"));
    }
  }

  /**
   * Returns the norm of all gradients of the last step together, before clipping; 0 before the
   * first step.
   *
   * @throws IllegalStateException if the optimizer neither clips nor checks, and so never knew it
   */
  public final double gradientNorm() {
    return norm.orElseThrow(
            () ->
                new IllegalStateException(
                    "optimizer: the norm of the gradients is known to a step that clips or checks:"
                        + " call clipNorm(…) or checkFinite(true) before it"))
        .item();
  }

  @Override
  final void update(List<Move> moves) {
    List<List<Tensor>> lists = new ArrayList<>(2 + memories.size());
    boolean all = moves.size() == parameters().size(); // then lists need not be put together
    lists.add(all ? List.copyOf(parameters()) : each(moves, Move::parameter));
    lists.add(each(moves, Move::gradient));
    for (List<Parameter> memory : memories) {
      lists.add(all ? List.copyOf(memory) : each(moves, move -> memory.get(move.index())));
    }
    Stepped next = build(lists, clips || checks ? Optional.of(limit) : Optional.empty());
    next.count().ifPresent(this::counted);
    next.norm().ifPresent(value -> norm.orElseThrow().assign(value));
    for (int i = 0; i < moves.size(); i++) {
      Move move = moves.get(i);
      move.parameter().assign(next.lists().get(0).get(i));
      for (int list = 0; list < memories.size(); list++) {
        memories.get(list).get(move.index()).assign(next.lists().get(list + 1).get(i));
      }
    }
  }

  private static List<Tensor> each(List<Move> moves, Function<Move, Tensor> part) {
    List<Tensor> parts = new ArrayList<>(moves.size());
    for (Move move : moves) {
      parts.add(part.apply(move));
    }
    return parts;
  }

  @Override
  protected final void update(int index, Parameter parameter, Tensor gradient) {
    update(List.of(new Move(index, parameter, gradient)));
  }
}
