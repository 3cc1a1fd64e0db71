package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Anomaly;
import org.adjoint.internal.graph.Eager;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;

/**
 * Forward mode: tangents go along a {@link DifferentiablePart}; the op of each node pushes the
 * tangents of its inputs to its outputs.
 */
public final class Forward {
  private Forward() {}

  /**
   * Returns how y moves as the xs move along their tangents; zeros if y depends on no x that moves.
   */
  public static Tensor push(
      Tensor y, DifferentiablePart part, List<Tensor> xs, List<Optional<Tensor>> tangents) {
    return Eager.built(List.of(Eager.suspended(() -> build(y, part, xs, tangents)))).get(0);
  }

  /**
   * Returns how the ys move inside a part of a larger graph, empty for a y that depends on no x
   * that moves.
   */
  public static List<Optional<Tensor>> pushWithin(
      List<Tensor> ys, DifferentiablePart part, List<Tensor> xs, List<Optional<Tensor>> tangents) {
    Cotangents moved = Eager.suspended(() -> moved(part, xs, tangents));
    return ys.stream().map(moved::present).toList();
  }

  private static Tensor build(
      Tensor y, DifferentiablePart part, List<Tensor> xs, List<Optional<Tensor>> tangents) {
    return moved(part, xs, tangents).of(y);
  }

  private static Cotangents moved(
      DifferentiablePart part, List<Tensor> xs, List<Optional<Tensor>> tangents) {
    Cotangents moved = new Cotangents(part);
    for (int i = 0; i < xs.size(); i++) {
      Tensor x = xs.get(i);
      if (tangents.get(i).isPresent() && part.position(Access.node(x)) != NodeMap.ABSENT) {
        moved.add(Access.node(x), Access.index(x), tangents.get(i).get());
      }
    }
    for (int at = 0; at < part.order().size(); at++) {
      if (part.isInner(at)) {
        pushThrough(part.order().get(at), part.inputs(at), moved);
      }
    }
    return moved;
  }

  private static void pushThrough(Node node, Node[] inputs, Cotangents moved) {
    List<Optional<Tensor>> tangents = new ArrayList<>(inputs.length);
    boolean any = false;
    for (int i = 0; i < inputs.length; i++) {
      Optional<Tensor> t =
          node.passes(inputs, i) ? moved.present(inputs[i], node.index(i)) : Optional.empty();
      tangents.add(t);
      any |= t.isPresent();
    }
    if (any) {
      List<Tensor> outputs =
          Anomaly.differentiating(
              node, () -> node.op().jvp(DifferentiablePart.call(node, inputs), tangents));
      for (int i = 0; i < outputs.size(); i++) {
        if (node.type(i).dtype().isFloating()) {
          moved.add(node, i, outputs.get(i));
        }
      }
    }
  }
}
