package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.List;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.op.Batch;

/** Walks a graph once and batches what depends on the examples; its own stack, no recursion. */
public final class Substitution {
  private static final int INDEPENDENT = -2;

  private final long size;
  private final NodeMap places = new NodeMap();
  private final List<List<Tensor>> outputs = new ArrayList<>();

  private Substitution(List<Tensor> examples, List<Tensor> batched, long size) {
    this.size = size;
    for (int i = 0; i < examples.size(); i++) {
      places.put(Access.node(examples.get(i)), outputs.size());
      outputs.add(List.of(batched.get(i)));
    }
  }

  /**
   * Returns {@code ys} with each of {@code examples} replaced by its batch, all with the leading
   * axis.
   */
  public static List<Tensor> of(
      List<Tensor> ys, List<Tensor> examples, List<Tensor> batched, long size) {
    Substitution substitution = new Substitution(examples, batched, size);
    List<Tensor> results = new ArrayList<>();
    for (Tensor y : ys) {
      results.add(substitution.of(y));
    }
    return results;
  }

  private Tensor of(Tensor y) {
    Node root = Access.node(y);
    walk(root);
    int place = places.get(root);
    if (place != INDEPENDENT) {
      return outputs.get(place).get(Access.index(y));
    }
    return new Batch(size, List.of(y), List.of(false), new long[0]).wide(0);
  }

  private void walk(Node root) {
    List<Node> path = new ArrayList<>();
    List<int[]> next = new ArrayList<>();
    enter(root, path, next);
    while (!path.isEmpty()) {
      int top = path.size() - 1;
      Node node = path.get(top);
      int[] at = next.get(top);
      if (at[0] < node.inputs().length) {
        enter(node.inputs()[at[0]++], path, next);
      } else {
        path.remove(top);
        next.remove(top);
        if (places.get(node) == NodeMap.ABSENT) {
          finish(node);
        }
      }
    }
  }

  private void enter(Node node, List<Node> path, List<int[]> next) {
    if (places.get(node) == NodeMap.ABSENT) {
      path.add(node);
      next.add(new int[] {0});
    }
  }

  private void finish(Node node) {
    Node[] inputs = node.inputs();
    List<Tensor> tensors = new ArrayList<>(inputs.length);
    List<Boolean> flags = new ArrayList<>(inputs.length);
    boolean any = false;
    for (int i = 0; i < inputs.length; i++) {
      int place = places.get(inputs[i]);
      boolean depends = place != INDEPENDENT;
      int index = node.index(i);
      tensors.add(depends ? outputs.get(place).get(index) : Access.tensor(inputs[i], index));
      flags.add(depends);
      any |= depends;
    }
    if (any) {
      places.put(node, outputs.size());
      outputs.add(node.op().batch(new Batch(size, tensors, flags, node.attrs())));
    } else {
      places.put(node, INDEPENDENT);
    }
  }
}
