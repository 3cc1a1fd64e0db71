package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;

/** The tangents or cotangents gathered so far: one sum for each value, however many its uses. */
final class Cotangents {
  private final DifferentiablePart part;
  private final Tensor[][] sums;

  /** By value what slices of the value have to add to its sum. */
  private final Map<Value, Placements> placements = new HashMap<>();

  private record Value(int at, int index) {}

  Cotangents(DifferentiablePart part) {
    this.part = part;
    this.sums = new Tensor[part.order().size()][];
  }

  /** Adds to the sum of an output of a node. */
  void add(Node node, int index, Tensor g) {
    add(part.position(node), node, index, g);
  }

  /** Adds to the sum of an output of the node at a position. */
  void add(int at, Node node, int index, Tensor g) {
    Tensor[] own = sumsAt(at, node);
    own[index] = own[index] == null ? g : own[index].plus(g);
  }

  /** Adds to the sum of an output of the node at a position what a slice has just pulled back. */
  void addSlice(int at, Node node, int index, Tensor g) {
    sumsAt(at, node);
    placements.computeIfAbsent(new Value(at, index), value -> new Placements()).add(g);
  }

  private Tensor[] sumsAt(int at, Node node) {
    if (sums[at] == null) {
      sums[at] = new Tensor[node.outputs()];
    }
    return sums[at];
  }

  /** Returns whether anything was added for the node at a position. */
  boolean reached(int at) {
    return sums[at] != null;
  }

  private Optional<Tensor> present(int at, int index) {
    if (at == NodeMap.ABSENT || sums[at] == null) {
      return Optional.empty();
    }
    Placements placed = placements.isEmpty() ? null : placements.remove(new Value(at, index));
    if (placed != null) {
      Tensor g = placed.sum();
      sums[at][index] = sums[at][index] == null ? g : sums[at][index].plus(g);
    }
    return Optional.ofNullable(sums[at][index]);
  }

  /** Returns the sum of an output, empty if nothing was added. */
  Optional<Tensor> present(Node node, int index) {
    return present(part.position(node), index);
  }

  /** Returns the sum of a tensor, zeros if nothing was added. */
  Tensor of(Tensor x) {
    return present(x).orElseGet(() -> Tensor.zeros(x.dtype().tangent(), x.shape().dims()));
  }

  /** Returns the sums of all outputs of the node at a position, empty where nothing was added. */
  List<Optional<Tensor>> ofAll(int at, Node node) {
    List<Optional<Tensor>> all = new ArrayList<>(node.outputs());
    for (int i = 0; i < node.outputs(); i++) {
      all.add(present(at, i));
    }
    return all;
  }

  /** Returns the sum of a tensor, empty if nothing was added. */
  Optional<Tensor> present(Tensor x) {
    return present(Access.node(x), Access.index(x));
  }
}
