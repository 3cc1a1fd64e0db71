package org.adjoint.internal.symbolic;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.Version;

/**
 * What the leaves of a graph are called in its formulas: tensors the names they were given,
 * parameters their own, other variables x1, x2, …. No two scalars share a name.
 */
public final class SymbolicNames {
  private record Output(Node node, int index) {}

  private final Map<Output, List<String>> names = new HashMap<>();
  private final Map<String, Output> owners = new HashMap<>();
  private int unnamed;

  /** Returns names of tensors, taken from {@code given}. */
  public SymbolicNames(Map<Tensor, String> given) {
    // By name, so that errors do not hang on the order of a map.
    Map<String, Tensor> sorted = new TreeMap<>();
    given.forEach(
        (tensor, name) -> {
          if (name.isBlank() || sorted.put(name, tensor) != null) {
            throw new IllegalArgumentException(
                "symbolic: the name '" + name + "' is blank or given to two tensors");
          }
        });
    sorted.forEach(
        (name, tensor) -> add(new Output(Access.node(tensor), Access.index(tensor)), name));
  }

  /**
   * Returns the names of an output's elements; empty if it is no variable, but a number or an op.
   */
  public synchronized Optional<List<String>> of(Node node, int index) {
    Output output = new Output(node, index);
    List<String> known = names.get(output);
    if (known != null) {
      return Optional.of(known);
    }
    if (node instanceof Version version) {
      return Optional.of(add(output, version.parameter().name()));
    }
    boolean isLeaf = node.kind() != Node.Kind.OP || node.inputs().length == 0;
    if (node.isVariable() && isLeaf) {
      return Optional.of(add(output, freeName()));
    }
    return Optional.empty();
  }

  private String freeName() {
    String name = "x" + ++unnamed;
    while (owners.containsKey(name) || owners.containsKey(name + "_0")) {
      name = "x" + ++unnamed;
    }
    return name;
  }

  private List<String> add(Output output, String name) {
    List<String> elements = elements(name, output.node().type(output.index()).shape());
    for (String element : elements) {
      Output other = owners.putIfAbsent(element, output);
      if (other != null) {
        throw new IllegalArgumentException(
            "symbolic: two tensors, "
                + other.node().type(other.index())
                + " and "
                + output.node().type(output.index())
                + ", would both be called '"
                + element
                + "'; give one another name: Symbolic.of(y, Map.of(x, \"x\"))");
      }
    }
    names.put(output, elements);
    return elements;
  }

  /**
   * Returns the name itself for one element, else one name an element with its index on each axis
   * that is longer than 1.
   */
  private static List<String> elements(String name, Shape shape) {
    List<String> elements = new ArrayList<>();
    for (long i = 0; i < SymbolicReader.checkedSize(name, shape); i++) {
      StringBuilder index = new StringBuilder();
      long rest = i;
      for (int axis = shape.rank() - 1; axis >= 0; axis--) {
        if (shape.dim(axis) > 1) {
          index.insert(0, "_" + rest % shape.dim(axis));
        }
        rest /= shape.dim(axis);
      }
      elements.add(name + index);
    }
    return elements;
  }
}
