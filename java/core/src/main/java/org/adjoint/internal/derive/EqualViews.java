package org.adjoint.internal.derive;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.adjoint.internal.graph.Anomaly;
import org.adjoint.internal.graph.Node;
import org.adjoint.op.Op;
import org.adjoint.op.ShapeOps;

/**
 * Views of a graph that are equal: the same op with the same attributes over the same value. They
 * take one cotangent, so an element that is read a thousand times is put into a cotangent of the
 * whole tensor once. Views alone: their transposes read no values, and the derivative of what comes
 * back names the same nodes as without this class.
 *
 * <p>Serves the row {@code det-7} of {@code Compare}; see benchmarks/README.md.
 */
final class EqualViews {
  private static final Set<Op> VIEWS =
      Set.of(ShapeOps.RESHAPE, ShapeOps.BROADCAST_TO, ShapeOps.PERMUTE, ShapeOps.SLICE);

  private EqualViews() {}

  private record View(Op op, int input, int index, List<Long> attrs) {}

  /**
   * Returns by position of a part the first view that is equal to the one there; of any other node
   * its own position.
   *
   * @param wanted the positions that gradients are taken by, which stay apart
   */
  static int[] of(DifferentiablePart part, boolean[] wanted) {
    int[] first = new int[part.order().size()];
    Map<View, Integer> known = new HashMap<>();
    boolean apart = Anomaly.isOn(); // whose errors name the line that made a node
    for (int at = 0; at < first.length; at++) {
      first[at] = at;
      Node node = part.order().get(at);
      boolean joins = !apart && part.isInner(at) && !wanted[at] && !node.isVariable();
      if (joins && VIEWS.contains(node.op()) && part.passes(at, 0)) {
        List<Long> attrs = Arrays.stream(node.attrs()).boxed().toList();
        View view = new View(node.op(), first[part.position(at, 0)], node.index(0), attrs);
        Integer same = known.putIfAbsent(view, at);
        first[at] = same == null ? at : same;
      }
    }
    return first;
  }
}
