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
 * A rule that steps all parameters of a group at once. Its formula is {@link #next}, a graph of
 * public operations for one parameter, whose elementwise parts the compiler fuses. Where core has
 * the rule as one instruction, which reads each array once and writes it in place, the rule
 * overrides {@link #build}, and leaves to {@link #next} the variants that the instruction lacks.
 *
 * <p>To add a rule, say in the constructor what it remembers ({@link #remember} a tensor a
 * parameter, {@link #share} a number a group) and write {@link #next}, which returns the new
 * parameter and then what was remembered, in that order.
 */
abstract class ListOptimizer extends Optimizer {
  private final double decay;
  private final List<Tensor> decays = new ArrayList<>();
  private final List<List<Parameter>> memories = new ArrayList<>();
  private final List<List<Parameter>> shared = new ArrayList<>();

  /**
   * The numbers of a step of one group, each an F64 scalar.
   *
   * @param rate the learning rate η
   * @param decay the weight decay λ
   * @param decays whether λ is not zero
   * @param shared what the group shares, before the step in {@link #build}, after it in {@link
   *     #next}
   */
  record Numbers(Tensor rate, Tensor decay, boolean decays, List<Tensor> shared) {
    /** Returns how many steps there were with this one: the first number that is shared. */
    Tensor steps() {
      return shared.get(0);
    }

    /** Returns η in the dtype of a tensor. */
    Tensor rate(Tensor like) {
      return rate.cast(like.dtype());
    }

    /** Returns p − η·λ·p, decay beside the step, or p where λ is zero. */
    Tensor decayed(Tensor p) {
      return decays ? p.times(rate.times(decay).neg().plus(1).cast(p.dtype())) : p;
    }

    /** Returns g + λ·p, decay as a part of the gradient, or g where λ is zero. */
    Tensor coupled(Tensor p, Tensor g) {
      return decays ? g.plus(p.times(decay.cast(p.dtype()))) : g;
    }

    /** Returns {@link #coupled} for a rule that squares it, see {@link #squarable}. */
    Tensor slope(Tensor p, Tensor g) {
      return squarable(coupled(p, g));
    }
  }

  /**
   * What a step of one group gives.
   *
   * @param norm the norm of all gradients, if the rule's own instruction clips
   * @param shared the numbers that the group shares
   * @param lists the parameters, then each list that is remembered
   */
  record Next(Optional<Tensor> norm, List<Tensor> shared, List<List<Tensor>> lists) {
    static Next of(Stepped stepped) {
      return new Next(stepped.norm(), stepped.count().stream().toList(), stepped.lists());
    }
  }

  ListOptimizer(OptimizerBuilder<?> settings) {
    super(settings);
    this.decay = settings.decay;
    for (Group group : groups()) {
      decays.add(Tensor.scalar(() -> decay(group)));
    }
  }

  private double decay(Group group) {
    return group.decay().orElse(decay);
  }

  /** Returns whether some group has a weight decay that is not zero. */
  final boolean anyDecays() {
    return groups().stream().anyMatch(group -> decay(group) != 0);
  }

  /** Makes a list of state that starts at {@code start}, one tensor a parameter. */
  final void remember(String prefix, double start) {
    List<Parameter> memory = new ArrayList<>();
    for (Parameter parameter : parameters()) {
      Tensor first = Tensor.full(start, parameter.dtype(), parameter.shape().dims());
      memory.add(keep(Parameter.buffer(first, prefix + parameter.name())));
    }
    memories.add(List.copyOf(memory));
  }

  /** Makes a number that each group has one of; the first counts steps from zero on. */
  final void share(String name, double start) {
    List<Parameter> numbers = new ArrayList<>();
    for (int i = 0; i < groups().size(); i++) {
      String suffix = groups().size() == 1 ? "" : "." + i;
      numbers.add(keep(Parameter.buffer(Tensor.scalar(start, DType.F64), name + suffix)));
    }
    shared.add(numbers);
  }

  /**
   * Returns p and what is remembered for p after a step.
   *
   * @param numbers of p's group
   * @param p the parameter
   * @param g the gradient, clipped
   * @param memory what is remembered for p, in the order of {@link #remember}
   */
  abstract List<Tensor> next(Numbers numbers, Tensor p, Tensor g, List<Tensor> memory);

  /** Returns what the group shares after a step; the count goes up by one unless overridden. */
  List<Tensor> nextShared(List<Tensor> before) {
    return before.isEmpty() ? before : List.of(before.get(0).plus(1));
  }

  /**
   * Returns gradients whose squares are numbers of their dtype: larger ones count as the largest
   * such number, as in {@link Adam}. A square that overflows would stop its parameter for good, and
   * nothing would tell.
   */
  static Tensor squarable(Tensor g) {
    double largest = g.dtype() == DType.F64 ? 0x1p511 : 0x1p63;
    return finite(g).clamp(-largest, largest);
  }

  /** Returns gradients with NaN for an infinite one, which a sign or a bound would hide. */
  static Tensor finite(Tensor g) {
    return Tensor.where(g.isInf(), g.fullLike(Double.NaN), g);
  }

  /** Returns whether {@link #build} clips to the norm itself: the rule is one instruction. */
  boolean clipsItself() {
    return false;
  }

  /**
   * Builds the step of a group, by {@link #next} unless overridden.
   *
   * @param numbers of the group, with what is shared before the step
   * @param lists parameters, gradients, then each list that is remembered
   * @param maxNorm what to clip to, if the rule {@link #clipsItself} and the step clips or checks
   */
  Next build(Numbers numbers, List<List<Tensor>> lists, Optional<Tensor> maxNorm) {
    List<Tensor> after = nextShared(numbers.shared());
    Numbers now = new Numbers(numbers.rate(), numbers.decay(), numbers.decays(), after);
    List<List<Tensor>> next = new ArrayList<>();
    for (int list = 1; list < lists.size(); list++) {
      next.add(new ArrayList<>());
    }
    for (int i = 0; i < lists.get(0).size(); i++) {
      int at = i;
      List<Tensor> memory =
          lists.subList(2, lists.size()).stream().map(list -> list.get(at)).toList();
      List<Tensor> values = next(now, lists.get(0).get(i), lists.get(1).get(i), memory);
      for (int list = 0; list < next.size(); list++) {
        next.get(list).add(values.get(list));
      }
    }
    return new Next(Optional.empty(), after, next);
  }

  @Override
  final void update(List<Move> moves) {
    boolean whole = groups().size() == 1 && !clipping().clipsValues() && clipsItself();
    if (whole) {
      Tensor limit = clipping().normLimit();
      update(0, moves, clipping().needsNorm() ? Optional.of(limit) : Optional.empty());
      return;
    }
    List<Move> clipped = clipping().clip(moves);
    for (int i = 0; i < groups().size(); i++) {
      int group = i;
      List<Move> own = clipped.stream().filter(m -> groupOf(m.index()) == group).toList();
      if (!own.isEmpty()) {
        update(group, own, Optional.empty());
      }
    }
  }

  private void update(int group, List<Move> moves, Optional<Tensor> maxNorm) {
    List<List<Tensor>> lists = new ArrayList<>(2 + memories.size());
    boolean all = moves.size() == parameters().size(); // then lists need not be put together
    lists.add(all ? List.copyOf(parameters()) : each(moves, Move::parameter));
    lists.add(each(moves, Move::gradient));
    for (List<Parameter> memory : memories) {
      lists.add(all ? List.copyOf(memory) : each(moves, move -> memory.get(move.index())));
    }
    List<Tensor> before = new ArrayList<>(shared.size());
    shared.forEach(numbers -> before.add(numbers.get(group)));
    boolean decaying = decay(groups().get(group)) != 0;
    Tensor rate = rate(moves.get(0).index());
    Next next = build(new Numbers(rate, decays.get(group), decaying, before), lists, maxNorm);
    for (int i = 0; i < next.shared().size(); i++) {
      shared.get(i).get(group).assign(next.shared().get(i));
    }
    next.norm().ifPresent(clipping()::measured);
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
