package org.adjoint;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The nodes that derivatives of some outputs can pass, each after its inputs. The walk keeps its
 * own stack: a chain of a million nodes is as good as any. It stops at leaves, at detached tensors,
 * at integers and at a given boundary.
 */
final class DifferentiablePart {
  private static final Node[] NONE = {};

  private final List<Node> order = new ArrayList<>();
  private final List<Node[]> inputs = new ArrayList<>();
  private final NodeMap positions = new NodeMap();
  private final NodeMap boundary = new NodeMap();
  private long earliestCut = Long.MAX_VALUE;
  private final Set<Parameter> behind = new LinkedHashSet<>();

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

  /** Returns the inputs of a node as the walk found them; none where the walk stopped. */
  Node[] inputs(int at) {
    return inputs.get(at);
  }

  /** Returns whether derivatives pass this node to its inputs. */
  boolean isInner(int at) {
    return inputs.get(at).length > 0;
  }

  /**
   * Returns when the first of the nodes met lost its inputs by an evaluation, on the clock of
   * {@link Node#variableSince}; {@link Long#MAX_VALUE} if none did.
   */
  long earliestCut() {
    return earliestCut;
  }

  /** Returns the parameters behind values of compiled functions, which no derivative reaches. */
  Set<Parameter> behind() {
    return behind;
  }

  private void walk(Node output) {
    List<Node> path = new ArrayList<>();
    List<Node[]> inputsOf = new ArrayList<>();
    List<int[]> next = new ArrayList<>();
    enter(output, path, inputsOf, next);
    while (!path.isEmpty()) {
      int top = path.size() - 1;
      Node node = path.get(top);
      Node[] found = inputsOf.get(top);
      int[] at = next.get(top);
      while (at[0] < found.length && !passes(node, found, at[0])) {
        at[0]++;
      }
      if (at[0] < found.length) {
        enter(found[at[0]++], path, inputsOf, next);
      } else {
        path.remove(top);
        inputsOf.remove(top);
        next.remove(top);
        if (positions.get(node) == NodeMap.ABSENT) {
          positions.put(node, order.size());
          order.add(node);
          inputs.add(found);
        }
      }
    }
  }

  private boolean stopsAt(Node node) {
    return node.kind() != Node.Kind.OP
        || node instanceof Version
        || boundary.get(node) != NodeMap.ABSENT;
  }

  private void enter(Node node, List<Node> path, List<Node[]> inputsOf, List<int[]> next) {
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
    // Read once: an evaluation on another thread may cut the node while derivatives are taken.
    Node[] found = stopsAt(node) ? NONE : node.inputs();
    if (found.length == 0 && node.isCut()) {
      earliestCut = Math.min(earliestCut, node.cutAt());
      behind.addAll(node.behind());
    }
    path.add(node);
    inputsOf.add(found);
    next.add(new int[] {0});
  }
}
