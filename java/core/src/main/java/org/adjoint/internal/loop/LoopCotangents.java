package org.adjoint.internal.loop;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.derive.DifferentiablePart;
import org.adjoint.internal.derive.Reverse;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.ir.Loop;
import org.adjoint.op.Call;

/**
 * Reverse mode of a loop: the loop again, which stacks what the rules read of each turn, and a loop
 * from the other end, whose carries are cotangents: those of the carries, and the sums of those of
 * the invariants. The compiler runs the loop again as one with the loop itself.
 *
 * @param forward the loop that stacks, empty if the rules read nothing but inputs
 * @param stacked by stack that the loop adds the carry that it holds, −1 for another value
 * @param back the loop from the other end, empty if sums over what is stacked are all
 * @param carries the carries whose cotangents go back, in order
 * @param stacks the outputs of the loop whose cotangents are read turn by turn
 * @param read the sequences that the rules read
 * @param summed the invariants whose cotangents are summed
 * @param exported by stack that sums are made of its place: among the sequences of {@code back},
 *     behind them among its outputs
 * @param given by sequence which output of {@code back} is its cotangent
 */
record LoopCotangents(
    Optional<Derived> forward,
    List<Integer> stacked,
    Optional<Derived> back,
    List<Integer> carries,
    List<Integer> stacks,
    List<Integer> read,
    Map<Integer, Summed> summed,
    int[] exported,
    Map<Integer, Integer> given) {

  /**
   * How the cotangent of an invariant comes about.
   *
   * @param accumulator the output of {@code back} that is a sum, −1 for none
   * @param terms what is summed behind the loop
   */
  private record Summed(int accumulator, List<TurnSums.Term> terms) {
    Tensor total(Type type, List<Tensor> outputs, List<Tensor> exports) {
      Optional<Tensor> sum =
          terms.stream()
              .map(term -> term.over(exports).reshape(type.shape().dims()))
              .reduce(Tensor::plus);
      Optional<Tensor> more =
          accumulator < 0 ? Optional.empty() : Optional.of(outputs.get(accumulator));
      return sum.isPresent() && more.isPresent()
          ? sum.get().plus(more.get())
          : sum.orElseGet(more::orElseThrow);
    }
  }

  private record Key(BitSet wanted, BitSet present) {}

  static List<Tensor> pull(
      LoopBody body, Call call, List<Integer> inputs, List<Optional<Tensor>> cotangents) {
    BitSet wanted = new BitSet();
    inputs.forEach(wanted::set);
    BitSet present = new BitSet();
    for (int i = 0; i < cotangents.size(); i++) {
      present.set(i, cotangents.get(i).isPresent());
    }
    Key key = new Key(wanted, present);
    return body.derived(LoopCotangents.class, key, () -> of(body, key))
        .apply(body, call, inputs, cotangents);
  }

  // ---- derived once ----

  private static LoopCotangents of(LoopBody body, Key key) {
    BitSet moving = body.spread(key.wanted());
    BitSet mattering = body.spreadBack(key.present(), moving);
    List<Integer> carries = new ArrayList<>();
    List<Integer> stacks = new ArrayList<>();
    List<Tensor> ys = new ArrayList<>();
    List<Tensor> gs = new ArrayList<>();
    for (int i = 0; i < body.results().size(); i++) {
      boolean carry = i < body.carries();
      boolean passes = carry ? moving.get(i) : body.reaches(i, moving);
      if (mattering.get(i) && passes) {
        (carry ? carries : stacks).add(i);
        ys.add(body.results().get(i));
        gs.add(Access.argument(body.results().get(i).type().tangent()));
      }
    }
    List<Integer> sequences = new ArrayList<>();
    List<Integer> invariants = new ArrayList<>();
    key.wanted().stream()
        .filter(i -> i >= body.carries())
        .forEach(i -> (i < body.firstInvariant() ? sequences : invariants).add(i));
    List<Integer> by = new ArrayList<>(carries);
    by.addAll(sequences);
    by.addAll(invariants);
    DifferentiablePart part =
        DifferentiablePart.of(ys.stream().map(Access::node).toList(), body.boundary());
    List<Optional<Tensor>> pulled =
        Reverse.pullWithin(ys, gs, part, by.stream().map(body.arguments()::get).toList());
    return close(body, carries, stacks, gs, sequences, invariants, pulled);
  }

  private static LoopCotangents close(
      LoopBody body,
      List<Integer> carries,
      List<Integer> stacks,
      List<Tensor> gs,
      List<Integer> sequences,
      List<Integer> invariants,
      List<Optional<Tensor>> pulled) {
    List<Tensor> carried = new ArrayList<>(gs.subList(0, carries.size()));
    List<Tensor> next = new ArrayList<>();
    for (int n = 0; n < carries.size(); n++) {
      Type type = carried.get(n).type();
      next.add(pulled.get(n).orElseGet(LoopTangents.zeros(type)));
    }
    Map<Integer, Integer> given = new LinkedHashMap<>();
    List<Tensor> elementwise = new ArrayList<>();
    for (int n = 0; n < sequences.size(); n++) {
      Optional<Tensor> g = pulled.get(carries.size() + n);
      if (g.isPresent()) {
        given.put(sequences.get(n), elementwise.size());
        elementwise.add(g.get());
      }
    }
    List<Tensor> needed = new ArrayList<>(next);
    needed.addAll(elementwise);
    TurnSums turns = new TurnSums(needed);
    Map<Integer, Summed> summed = new LinkedHashMap<>();
    for (int n = 0; n < invariants.size(); n++) {
      Optional<Tensor> g = pulled.get(carries.size() + sequences.size() + n);
      if (g.isPresent()) {
        TurnSums.Sum sum = turns.of(g.get());
        int accumulator = -1;
        if (sum.rest().isPresent()) {
          Tensor before = Access.argument(g.get().type());
          accumulator = next.size();
          carried.add(before);
          next.add(before.plus(sum.rest().get()));
        }
        summed.put(invariants.get(n), new Summed(accumulator, sum.terms()));
      }
    }
    given.replaceAll((sequence, place) -> next.size() + place);
    next.addAll(elementwise);
    List<Tensor> results = new ArrayList<>(next);
    results.addAll(turns.exports());
    StackChoice choice = StackChoice.of(body, carried, gs, results);
    List<Tensor> elements = new ArrayList<>(gs.subList(carries.size(), gs.size()));
    elements.addAll(choice.stacked());
    choice.read().forEach(i -> elements.add(body.arguments().get(i)));
    int[] exported = new int[turns.exports().size()];
    for (int n = 0; n < exported.length; n++) {
      Tensor export = turns.exports().get(n);
      int known = indexOf(elements, export);
      exported[n] = known >= 0 ? known : elements.size() + next.size();
      if (known < 0) {
        next.add(export);
      }
    }
    List<Tensor> outer = body.arguments().subList(body.firstInvariant(), body.arguments().size());
    Optional<Derived> back =
        next.isEmpty()
            ? Optional.empty()
            : Optional.of(Derived.close(carried, elements, next, outer));
    return new LoopCotangents(
        forward(body, choice.stacked(), outer),
        choice.stacked().stream().map(y -> carryOf(body, y)).toList(),
        back,
        carries,
        stacks,
        choice.read(),
        summed,
        exported,
        given);
  }

  private static int indexOf(List<Tensor> tensors, Tensor x) {
    for (int i = 0; i < tensors.size(); i++) {
      if (TurnSums.isSame(tensors.get(i), x)) {
        return i;
      }
    }
    return -1;
  }

  private static Optional<Derived> forward(
      LoopBody body, List<Tensor> stacked, List<Tensor> outer) {
    if (stacked.isEmpty()) {
      return Optional.empty();
    }
    List<Tensor> results = new ArrayList<>(body.results().subList(0, body.carries()));
    // A carry of the next turn needs no copy to be stacked: it lives in its stack.
    stacked.forEach(y -> results.add(carryOf(body, y) < 0 ? y : results.get(carryOf(body, y))));
    return Optional.of(
        Derived.close(
            body.arguments().subList(0, body.carries()),
            body.arguments().subList(body.carries(), body.firstInvariant()),
            results,
            outer));
  }

  /** Returns which carry a tensor is at the start of a turn, or −1. */
  private static int carryOf(LoopBody body, Tensor y) {
    for (int i = 0; i < body.carries(); i++) {
      if (Access.node(y) == Access.node(body.arguments().get(i))) {
        return i;
      }
    }
    return -1;
  }

  // ---- for each use ----

  private List<Tensor> apply(
      LoopBody body, Call call, List<Integer> inputs, List<Optional<Tensor>> cotangents) {
    int first = body.firstInvariant();
    List<Tensor> before = call.inputs().subList(0, body.carries());
    List<Tensor> sequences = call.inputs().subList(body.carries(), first);
    List<Tensor> outside = call.inputs().subList(first, call.inputs().size());
    List<Tensor> carried = new ArrayList<>();
    for (int i : carries) {
      Type type = call.outputs().get(i).type().tangent();
      carried.add(cotangents.get(i).orElseGet(LoopTangents.zeros(type)));
    }
    summed.forEach(
        (i, sum) -> {
          if (sum.accumulator() >= 0) {
            carried.add(LoopTangents.zeros(call.x(i).type().tangent()).get());
          }
        });
    List<Tensor> elements = new ArrayList<>();
    stacks.forEach(i -> elements.add(cotangents.get(i).orElseThrow()));
    if (forward.isPresent()) {
      List<Tensor> outputs = forward.get().apply(call.attrs(), before, sequences, outside);
      for (int n = 0; n < stacked.size(); n++) {
        Tensor stack = outputs.get(body.carries() + n);
        int carry = stacked.get(n);
        elements.add(carry < 0 ? stack : before(before.get(carry), stack, call.attrs()));
      }
    }
    read.forEach(i -> elements.add(call.x(i)));
    long[] attrs = call.attrs().clone();
    attrs[Loop.REVERSE] = 1 - attrs[Loop.REVERSE];
    List<Tensor> outputs =
        back.isPresent() ? back.get().apply(attrs, carried, elements, outside) : List.of();
    List<Tensor> exports = new ArrayList<>();
    for (int place : exported) {
      exports.add(
          place < elements.size() ? elements.get(place) : outputs.get(place - elements.size()));
    }
    List<Tensor> pulled = new ArrayList<>();
    for (int input : inputs) {
      Type type = call.x(input).type().tangent();
      Optional<Tensor> found =
          input < body.carries()
              ? Optional.of(carries.indexOf(input)).filter(at -> at >= 0).map(outputs::get)
              : input < first
                  ? Optional.ofNullable(given.get(input)).map(outputs::get)
                  : Optional.ofNullable(summed.get(input))
                      .map(sum -> sum.total(type, outputs, exports));
      pulled.add(found.orElseGet(LoopTangents.zeros(type)));
    }
    return pulled;
  }

  /** Returns the carries at the start of each turn, given the first and those at the ends. */
  private static Tensor before(Tensor first, Tensor ends, long[] attrs) {
    long turns = attrs[Loop.TURNS];
    if (turns == 0) {
      return ends;
    }
    Tensor start = first.reshape(ends.slice(0, 0, 1).shape().dims());
    return attrs[Loop.REVERSE] == 0
        ? Tensor.concat(0, start, ends.slice(0, 0, turns - 1))
        : Tensor.concat(0, ends.slice(0, 1, turns), start);
  }
}
