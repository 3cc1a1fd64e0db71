package org.adjoint.internal.loop;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
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
 * @param back the loop from the other end
 * @param carries the carries whose cotangents go back, in order
 * @param stacks the outputs of the loop whose cotangents are read turn by turn
 * @param read the sequences that the rules read
 * @param summed the invariants whose cotangents are summed
 * @param given by sequence which output of {@code back} is its cotangent
 */
record LoopCotangents(
    Optional<Derived> forward,
    List<Integer> stacked,
    Derived back,
    List<Integer> carries,
    List<Integer> stacks,
    List<Integer> read,
    List<Integer> summed,
    Map<Integer, Integer> given) {

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
    List<Integer> summed = new ArrayList<>();
    for (int n = 0; n < invariants.size(); n++) {
      Optional<Tensor> g = pulled.get(carries.size() + sequences.size() + n);
      if (g.isPresent()) {
        Tensor sum = Access.argument(g.get().type());
        carried.add(sum);
        next.add(sum.plus(g.get()));
        summed.add(invariants.get(n));
      }
    }
    Map<Integer, Integer> given = new HashMap<>();
    for (int n = 0; n < sequences.size(); n++) {
      Optional<Tensor> g = pulled.get(carries.size() + n);
      if (g.isPresent()) {
        given.put(sequences.get(n), next.size());
        next.add(g.get());
      }
    }
    StackChoice choice = StackChoice.of(body, carried, gs, next);
    List<Tensor> elements = new ArrayList<>(gs.subList(carries.size(), gs.size()));
    elements.addAll(choice.stacked());
    choice.read().forEach(i -> elements.add(body.arguments().get(i)));
    List<Tensor> outer = body.arguments().subList(body.firstInvariant(), body.arguments().size());
    Derived back = Derived.close(carried, elements, next, outer);
    return new LoopCotangents(
        forward(body, choice.stacked(), outer),
        choice.stacked().stream().map(y -> carryOf(body, y)).toList(),
        back,
        carries,
        stacks,
        choice.read(),
        summed,
        given);
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
    for (int i : summed) {
      carried.add(LoopTangents.zeros(call.x(i).type().tangent()).get());
    }
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
    List<Tensor> outputs = back.apply(attrs, carried, elements, outside);
    List<Tensor> pulled = new ArrayList<>();
    for (int input : inputs) {
      int at = place(body, input);
      Type type = call.x(input).type().tangent();
      pulled.add(at < 0 ? LoopTangents.zeros(type).get() : outputs.get(at));
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

  /** Returns which output of the loop from the other end is the cotangent of an input, or −1. */
  private int place(LoopBody body, int input) {
    if (input < body.carries()) {
      return carries.indexOf(input);
    }
    if (input < body.firstInvariant()) {
      return given.getOrDefault(input, -1);
    }
    int sum = summed.indexOf(input);
    return sum < 0 ? -1 : carries.size() + sum;
  }
}
