package org.adjoint.internal.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.adjoint.Tensor;
import org.adjoint.Type;

/**
 * A function written down as a graph over stand-ins for its arguments, so that it can be built
 * again on other tensors without calling it. What does not depend on the arguments is not part of
 * it but captured: it is read, not built again.
 */
public final class Region {
  private final List<Tensor> arguments;
  private final List<Tensor> results;
  private final List<Tensor> captured = new ArrayList<>();
  private final List<Node> order = new ArrayList<>();

  private Region(List<Tensor> arguments, List<Tensor> results) {
    this.arguments = arguments;
    this.results = results;
  }

  /** Returns the part of a graph between arguments and results. */
  public static Region between(List<Tensor> arguments, List<Tensor> results) {
    Region region = new Region(arguments, results);
    region.explore();
    return region;
  }

  /** Calls {@code f} once, on stand-ins of these types, and returns what it built. */
  public static Region trace(List<Type> types, Function<List<Tensor>, List<Tensor>> f) {
    List<Tensor> arguments = types.stream().map(Access::argument).toList();
    return between(arguments, f.apply(arguments).stream().map(Access::fixed).toList());
  }

  /**
   * Returns what the function reads from outside: values, parameters, and expressions of them, each
   * once; scalars only if gradients are taken by them.
   */
  public List<Tensor> captured() {
    return captured;
  }

  /** Finds the nodes that depend on the arguments, on a stack of its own. */
  private void explore() {
    NodeMap depends = new NodeMap();
    for (Tensor argument : arguments) {
      depends.put(Access.node(argument), 1);
    }
    for (Tensor result : results) {
      walk(Access.node(result), depends);
    }
    Marks seen = new Marks();
    for (Node node : order) {
      Node[] inputs = node.inputs();
      for (int i = 0; i < inputs.length; i++) {
        capture(inputs[i], node.index(i), depends, seen);
      }
    }
    for (Tensor result : results) {
      capture(Access.node(result), Access.index(result), depends, seen);
    }
  }

  private void walk(Node root, NodeMap depends) {
    List<Node> path = new ArrayList<>();
    List<int[]> next = new ArrayList<>();
    enter(root, depends, path, next);
    while (!path.isEmpty()) {
      int top = path.size() - 1;
      Node node = path.get(top);
      int[] at = next.get(top);
      if (at[0] < node.inputs().length) {
        enter(node.inputs()[at[0]++], depends, path, next);
      } else {
        path.remove(top);
        next.remove(top);
        if (depends.get(node) == NodeMap.ABSENT) {
          int any = node.isLive() ? 1 : 0; // as good as an argument: it changes
          for (Node input : node.inputs()) {
            any |= depends.get(input);
          }
          depends.put(node, any);
          if (any == 1 && node.kind() == Node.Kind.OP) {
            order.add(node);
          }
        }
      }
    }
  }

  private static void enter(Node node, NodeMap depends, List<Node> path, List<int[]> next) {
    if (depends.get(node) == NodeMap.ABSENT) {
      path.add(node);
      next.add(new int[] {0});
    }
  }

  private void capture(Node node, int index, NodeMap depends, Marks seen) {
    boolean constant = node.kind() == Node.Kind.SCALAR && !node.isVariable();
    if (depends.get(node) == 0 && !constant && seen.add(node, index)) {
      captured.add(Access.tensor(node, index));
    }
  }

  /** Which outputs of which nodes have been seen. */
  private static final class Marks {
    private final NodeMap numbers = new NodeMap();
    private final List<boolean[]> seen = new ArrayList<>();

    boolean add(Node node, int index) {
      if (numbers.get(node) == NodeMap.ABSENT) {
        numbers.put(node, seen.size());
        seen.add(new boolean[node.outputs()]);
      }
      boolean[] outputs = seen.get(numbers.get(node));
      boolean fresh = !outputs[index];
      outputs[index] = true;
      return fresh;
    }
  }

  /**
   * Returns the results on other tensors.
   *
   * @param inputs in place of the arguments
   * @param outside in place of what was captured, in its order
   */
  public List<Tensor> build(List<Tensor> inputs, List<Tensor> outside) {
    NodeMap places = new NodeMap();
    List<Tensor[]> built = new ArrayList<>();
    bind(arguments, inputs, places, built);
    bind(captured, outside, places, built);
    for (Node node : order) {
      Node[] from = node.inputs();
      Tensor[] mapped = new Tensor[from.length];
      for (int i = 0; i < from.length; i++) {
        mapped[i] = map(from[i], node.index(i), places, built);
      }
      places.put(node, built.size());
      built.add(Graphs.apply(node.op(), node.attrs(), mapped).toArray(new Tensor[0]));
    }
    return results.stream().map(y -> map(Access.node(y), Access.index(y), places, built)).toList();
  }

  private static void bind(
      List<Tensor> from, List<Tensor> to, NodeMap places, List<Tensor[]> built) {
    for (int i = 0; i < from.size(); i++) {
      Node node = Access.node(from.get(i));
      if (places.get(node) == NodeMap.ABSENT) {
        places.put(node, built.size());
        built.add(new Tensor[node.outputs()]);
      }
      built.get(places.get(node))[Access.index(from.get(i))] = to.get(i);
    }
  }

  private static Tensor map(Node node, int index, NodeMap places, List<Tensor[]> built) {
    int place = places.get(node);
    return place == NodeMap.ABSENT ? Access.tensor(node, index) : built.get(place)[index];
  }
}
