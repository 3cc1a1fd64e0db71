package org.adjoint.internal.loop;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.derive.DifferentiablePart;
import org.adjoint.internal.derive.Forward;
import org.adjoint.internal.graph.Access;
import org.adjoint.op.Call;

/**
 * Forward mode of a loop: a loop whose carries are the values and their tangents. The compiler runs
 * both loops as one, so that values are computed once.
 *
 * @param loop the loop of values and tangents
 * @param moving the inputs that move, carries with those that move because of others
 * @param stacks the stacks that move, in the order of their tangents
 */
record LoopTangents(Derived loop, BitSet moving, List<Integer> stacks) {

  static List<Tensor> push(LoopBody body, Call call, List<Optional<Tensor>> tangents) {
    BitSet given = new BitSet();
    for (int i = 0; i < tangents.size(); i++) {
      given.set(i, tangents.get(i).isPresent());
    }
    BitSet moving = body.spread(given);
    return body.derived(LoopTangents.class, moving, () -> of(body, moving))
        .apply(body, call, tangents);
  }

  private static LoopTangents of(LoopBody body, BitSet moving) {
    List<Tensor> xs = body.arguments();
    List<Optional<Tensor>> tangents = new ArrayList<>();
    for (int i = 0; i < xs.size(); i++) {
      Type type = xs.get(i).type().tangent();
      tangents.add(moving.get(i) ? Optional.of(Access.argument(type)) : Optional.empty());
    }
    List<Tensor> results = body.results();
    DifferentiablePart part =
        DifferentiablePart.of(results.stream().map(Access::node).toList(), body.boundary());
    List<Optional<Tensor>> pushed = Forward.pushWithin(results, part, xs, tangents);
    List<Tensor> all = new ArrayList<>(results.subList(0, body.carries()));
    List<Integer> stacks = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      boolean carry = i < body.carries();
      if (carry && moving.get(i)) {
        all.add(pushed.get(i).orElseGet(zeros(results.get(i).type().tangent())));
      } else if (!carry && results.get(i).dtype().isFloating() && pushed.get(i).isPresent()) {
        all.add(pushed.get(i).get());
        stacks.add(i);
      }
    }
    Derived loop =
        Derived.close(
            joined(xs, tangents, 0, body.carries()),
            joined(xs, tangents, body.carries(), body.firstInvariant()),
            all,
            joined(xs, tangents, body.firstInvariant(), xs.size()));
    return new LoopTangents(loop, moving, stacks);
  }

  private List<Tensor> apply(LoopBody body, Call call, List<Optional<Tensor>> given) {
    List<Optional<Tensor>> tangents = new ArrayList<>();
    for (int i = 0; i < given.size(); i++) {
      Type type = call.x(i).type().tangent();
      tangents.add(
          moving.get(i) ? Optional.of(given.get(i).orElseGet(zeros(type))) : Optional.empty());
    }
    int first = body.firstInvariant();
    List<Tensor> outputs =
        loop.apply(
            call.attrs(),
            joined(call.inputs(), tangents, 0, body.carries()),
            joined(call.inputs(), tangents, body.carries(), first),
            joined(call.inputs(), tangents, first, given.size()));
    List<Tensor> pushed = new ArrayList<>();
    int next = body.carries();
    for (int i = 0; i < call.outputs().size(); i++) {
      boolean moves = i < body.carries() ? moving.get(i) : stacks.contains(i);
      pushed.add(moves ? outputs.get(next++) : zeros(call.outputs().get(i).type().tangent()).get());
    }
    return pushed;
  }

  static Supplier<Tensor> zeros(Type type) {
    return () -> Tensor.zeros(type.dtype(), type.shape().dims());
  }

  /** Returns some tensors, then the tangents of those that move. */
  private static List<Tensor> joined(
      List<Tensor> xs, List<Optional<Tensor>> tangents, int from, int to) {
    List<Tensor> all = new ArrayList<>(xs.subList(from, to));
    tangents.subList(from, to).forEach(t -> t.ifPresent(all::add));
    return all;
  }
}
