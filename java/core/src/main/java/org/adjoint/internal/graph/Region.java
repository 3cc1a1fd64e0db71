package org.adjoint.internal.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.adjoint.Tensor;
import org.adjoint.Type;

/**
 * A function written down as a graph over stand-ins for its arguments, so that the graph can be
 * built again on other tensors without calling the function. Tensors that do not depend on the
 * arguments are captured: the region reads them and does not build them again.
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

  /**
   * Calls {@code f} once, on stand-ins of these types, and returns what it built.
   *
   * @param name the transformation, as errors call it
   */
  public static Region trace(
      String name, List<Type> types, Function<List<Tensor>, List<Tensor>> f) {
    List<Tensor> arguments = types.stream().map(Access::argument).toList();
    List<Tensor> results = ThreadState.get().writing(name, () -> f.apply(arguments));
    return between(arguments, results.stream().map(Access::fixed).toList());
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
    NodeTable<boolean[]> seen = new NodeTable<>();
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
    PostOrder.walk(
        root,
        node -> depends.get(node) != NodeMap.ABSENT,
        (node, inputs) -> {
          int any = node.isLive() ? 1 : 0; // as good as an argument: its bits change
          for (Node input : inputs) {
            any |= depends.get(input);
          }
          depends.put(node, any);
          if (any == 1 && node.kind() == Node.Kind.OP) {
            order.add(node);
          }
        });
  }

  private void capture(Node node, int index, NodeMap depends, NodeTable<boolean[]> seen) {
    boolean constant = node.kind() == Node.Kind.SCALAR && !node.isVariable();
    if (depends.get(node) != 0 || constant) {
      return;
    }
    boolean[] outputs = seen.get(node).orElseGet(() -> seen.put(node, new boolean[node.outputs()]));
    if (!outputs[index]) {
      outputs[index] = true;
      captured.add(Access.tensor(node, index));
    }
  }

  /**
   * Returns the results on other tensors.
   *
   * @param inputs in place of the arguments
   * @param outside in place of the captured tensors, in the order of {@link #captured}
   */
  public List<Tensor> build(List<Tensor> inputs, List<Tensor> outside) {
    NodeTable<Tensor[]> built = new NodeTable<>();
    bind(arguments, inputs, built);
    bind(captured, outside, built);
    for (Node node : order) {
      Node[] from = node.inputs();
      Tensor[] mapped = new Tensor[from.length];
      for (int i = 0; i < from.length; i++) {
        mapped[i] = map(from[i], node.index(i), built);
      }
      built.put(node, Graphs.apply(node.op(), node.attrs(), mapped).toArray(new Tensor[0]));
    }
    return results.stream().map(y -> map(Access.node(y), Access.index(y), built)).toList();
  }

  private static void bind(List<Tensor> from, List<Tensor> to, NodeTable<Tensor[]> built) {
    for (int i = 0; i < from.size(); i++) {
      Node node = Access.node(from.get(i));
      Tensor[] outputs =
          built.get(node).orElseGet(() -> built.put(node, new Tensor[node.outputs()]));
      outputs[Access.index(from.get(i))] = to.get(i);
    }
  }

  private static Tensor map(Node node, int index, NodeTable<Tensor[]> built) {
    Optional<Tensor[]> outputs = built.get(node);
    return outputs.isPresent() ? outputs.get()[index] : Access.tensor(node, index);
  }
}
