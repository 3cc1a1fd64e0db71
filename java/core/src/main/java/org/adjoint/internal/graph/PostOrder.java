package org.adjoint.internal.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;

/** Walks a graph depth first, each node after its inputs, on a stack of its own. */
public final class PostOrder {
  private PostOrder() {}

  /** A node on the way down, its inputs, and which of those comes next. */
  private static final class Frame {
    private final Node node;
    private final Node[] inputs;
    private int next;

    Frame(Node node, Node... inputs) {
      this.node = node;
      this.inputs = inputs;
    }
  }

  /** Hands all that a node was built from, and the node at the end, to {@code finish}. */
  public static void walk(Node root, Predicate<Node> isDone, BiConsumer<Node, Node[]> finish) {
    walk(root, Node::inputs, isDone, finish);
  }

  /**
   * Hands a node to {@code finish} after its inputs, unless it is done.
   *
   * @param inputs gives the inputs of a node; read once a node, since another thread's evaluation
   *     may cut the node meanwhile
   * @param isDone tells which nodes are not entered; what is finished must be done
   * @param finish takes a node and its inputs
   */
  public static void walk(
      Node root,
      Function<Node, Node[]> inputs,
      Predicate<Node> isDone,
      BiConsumer<Node, Node[]> finish) {
    if (isDone.test(root)) {
      return;
    }
    List<Frame> path = new ArrayList<>();
    path.add(new Frame(root, inputs.apply(root)));
    while (!path.isEmpty()) {
      Frame top = path.get(path.size() - 1);
      if (top.next == top.inputs.length) {
        path.remove(path.size() - 1);
        finish.accept(top.node, top.inputs);
        continue;
      }
      Node input = top.inputs[top.next++];
      if (!isDone.test(input)) {
        path.add(new Frame(input, inputs.apply(input)));
      }
    }
  }
}
