package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;

/** The tangents or cotangents gathered so far: one sum for each value, however many its uses. */
final class Cotangents {
  private final DifferentiablePart part;
  private final Tensor[][] sums;

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
    if (sums[at] == null) {
      sums[at] = new Tensor[node.outputs()];
    }
    Tensor sum = sums[at][index];
    sums[at][index] = sum == null ? g : sum.plus(g);
  }

  /** Returns whether anything was added for the node at a position. */
  boolean reached(int at) {
    return sums[at] != null;
  }

  /** Returns the sum of an output, empty if nothing was added. */
  Optional<Tensor> present(Node node, int index) {
    int at = part.position(node);
    boolean absent = at == NodeMap.ABSENT || sums[at] == null;
    return absent ? Optional.empty() : Optional.ofNullable(sums[at][index]);
  }

  /** Returns the sum of a tensor, zeros if nothing was added. */
  Tensor of(Tensor x) {
    int at = part.position(Access.node(x));
    Tensor sum = at == NodeMap.ABSENT || sums[at] == null ? null : sums[at][Access.index(x)];
    return sum == null ? Tensor.zeros(x.dtype().tangent(), x.shape().dims()) : sum;
  }

  /** Returns the sums of all outputs of the node at a position, empty where nothing was added. */
  List<Optional<Tensor>> ofAll(int at, Node node) {
    List<Optional<Tensor>> all = new ArrayList<>(node.outputs());
    for (int i = 0; i < node.outputs(); i++) {
      all.add(Optional.ofNullable(sums[at][i]));
    }
    return all;
  }

  /** Returns the sum of a tensor, empty if nothing was added. */
  Optional<Tensor> present(Tensor x) {
    return present(Access.node(x), Access.index(x));
  }
}
