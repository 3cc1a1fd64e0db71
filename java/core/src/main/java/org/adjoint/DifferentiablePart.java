package org.adjoint;

import java.util.ArrayList;
import java.util.List;

/**
 * The nodes that derivatives of some outputs can pass, each after its inputs. The walk keeps its
 * own stack: a chain of a million nodes is as good as any. It stops at leaves, at detached tensors,
 * at integers and at a given boundary.
 */
final class DifferentiablePart {
  private final List<Node> order = new ArrayList<>();
  private final NodeMap positions = new NodeMap();
  private final NodeMap boundary = new NodeMap();
  private boolean meetsCut;

  private DifferentiablePart() {}

  static DifferentiablePart of(List<Node> outputs, List<Node> boundary) {
    DifferentiablePart part = new DifferentiablePart();
    for (Node node : boundary) {
      part.boundary.put(node, 0);
    }
    for (Node output : outputs) {
      part.walk(output);
    }
    return part;
  }

  /** Returns whether a derivative passes from a node to its input {@code i}. */
  static boolean passes(Node node, Node[] inputs, int i) {
    return node.op().isDifferentiable(i) && inputs[i].type(node.index(i)).dtype().isFloating();
  }

  List<Node> order() {
    return order;
  }

  /** Returns the place of a node in the order, {@link NodeMap#ABSENT} if it is not part of it. */
  int position(Node node) {
    return positions.get(node);
  }

  /** Returns whether derivatives pass this node to its inputs. */
  boolean isInner(int at) {
    Node node = order.get(at);
    return node.kind() == Node.Kind.OP
        && !(node instanceof Version)
        && boundary.get(node) == NodeMap.ABSENT;
  }

  /** Returns whether the walk ended at a node that lost its inputs when it was evaluated. */
  boolean meetsCut() {
    return meetsCut;
  }

  private void walk(Node output) {
    List<Node> path = new ArrayList<>();
    List<int[]> next = new ArrayList<>();
    enter(output, path, next);
    while (!path.isEmpty()) {
      int top = path.size() - 1;
      Node node = path.get(top);
      int[] at = next.get(top);
      Node[] inputs = stopsAt(node) ? new Node[0] : node.inputs();
      while (at[0] < inputs.length && !passes(node, inputs, at[0])) {
        at[0]++;
      }
      if (at[0] < inputs.length) {
        enter(inputs[at[0]++], path, next);
      } else {
        path.remove(top);
        next.remove(top);
        if (positions.get(node) == NodeMap.ABSENT) {
          positions.put(node, order.size());
          order.add(node);
        }
      }
    }
  }

  private boolean stopsAt(Node node) {
    return node.kind() != Node.Kind.OP
        || node instanceof Version
        || boundary.get(node) != NodeMap.ABSENT;
  }

  private void enter(Node node, List<Node> path, List<int[]> next) {
    if (positions.get(node) != NodeMap.ABSENT) {
      return;
    }
    if (node.isRetired()) {
      throw new IllegalStateException(
          "grad: the graph of "
              + node.type(0)
              + " was consumed by an optimizer step; its value stays, but it cannot be"
              + " differentiated again. Call grad before step(), or build the loss anew");
    }
    meetsCut |= node.isCut() && !(node instanceof Version);
    path.add(node);
    next.add(new int[] {0});
  }
}
