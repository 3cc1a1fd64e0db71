package org.adjoint.internal.derive;

import java.util.Arrays;
import java.util.List;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.op.Custom;
import org.adjoint.op.Op;

/**
 * The structure of a {@link DifferentiablePart}, without its nodes: the next loss of a training
 * loop is nearly always built alike, and then its part is found by one comparison from the loss
 * down instead of by a walk with a stack and a map.
 */
public final class PartOutline {
  /** Nodes are told apart by comparing all with all: more than that go the long way. */
  private static final int MOST_NODES = 64;

  /** By place the op, null for a node at which a walk stops. */
  private final Op[] ops;

  private final int[] firstEdges;
  private final int[] edges;

  private PartOutline(Op[] ops, int[] firstEdges, int[] edges) {
    this.ops = ops;
    this.firstEdges = firstEdges;
    this.edges = edges;
  }

  /**
   * Returns the structure of a part that {@link #isUsual}.
   *
   * @param edges for each input of each node its place, {@link NodeMap#ABSENT} where no derivative
   *     passes
   */
  public static PartOutline of(
      DifferentiablePart part, int[] firstEdges, int[] edges, int edgeCount) {
    Op[] ops = new Op[part.order().size()];
    for (int at = 0; at < ops.length; at++) {
      ops[at] = part.isInner(at) ? part.order().get(at).op() : null;
    }
    return new PartOutline(
        ops, Arrays.copyOf(firstEdges, ops.length), Arrays.copyOf(edges, edgeCount));
  }

  public int nodes() {
    return ops.length;
  }

  public int[] firstEdges() {
    return firstEdges;
  }

  public int[] edges() {
    return edges;
  }

  /**
   * Fills in the nodes of the part of a loss and their inputs, each after its inputs; returns false
   * if that has another structure.
   */
  public boolean match(Node loss, Node[] nodes, Node[][] inputs) {
    nodes[nodes.length - 1] = loss;
    for (int at = nodes.length - 1; at >= 0; at--) { // consumers stand behind what they consume
      Node node = nodes[at];
      if (node == null || node.isRetired()) {
        return false;
      }
      inputs[at] = DifferentiablePart.stopsAt(node) ? DifferentiablePart.NONE : node.inputs();
      if (ops[at] == null
          ? inputs[at].length > 0 || node.isCut()
          : node.op() != ops[at] || !place(at, node, inputs[at], nodes)) {
        return false;
      }
    }
    return areDistinct(nodes);
  }

  private boolean place(int at, Node node, Node[] inputs, Node... nodes) {
    int first = firstEdges[at];
    int end = at + 1 < firstEdges.length ? firstEdges[at + 1] : edges.length;
    if (inputs.length == 0 || inputs.length != end - first) {
      return false;
    }
    for (int i = 0; i < inputs.length; i++) {
      int place = edges[first + i];
      if (DifferentiablePart.passes(node, inputs, i) != (place != NodeMap.ABSENT)) {
        return false;
      }
      if (place != NodeMap.ABSENT) {
        if (nodes[place] != null && nodes[place] != inputs[i]) {
          return false;
        }
        nodes[place] = inputs[i];
      }
    }
    return true;
  }

  /** Returns whether a part has few nodes, all ops of the library, and none has lost its inputs. */
  public static boolean isUsual(DifferentiablePart part) {
    List<Node> order = part.order();
    boolean usual = order.size() <= MOST_NODES && part.earliestCut() == Long.MAX_VALUE;
    for (int at = 0; usual && at < order.size(); at++) {
      usual = !(order.get(at).op() instanceof Custom); // it may hold what its rule captures
    }
    return usual;
  }

  /** Returns whether no node stands at two places: that would be a part with fewer nodes. */
  private static boolean areDistinct(Node... nodes) {
    for (int i = 1; i < nodes.length; i++) {
      for (int j = 0; j < i; j++) {
        if (nodes[i] == nodes[j]) {
          return false;
        }
      }
    }
    return true;
  }
}
