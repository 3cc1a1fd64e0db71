package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;

/** The (co)tangents gathered so far, summed once for each value that has several uses. */
final class Cotangents {
  private final DifferentiablePart part;
  private final Tensor[][] sums;

  Cotangents(DifferentiablePart part) {
    this.part = part;
    this.sums = new Tensor[part.order().size()][];
  }

  void add(Node node, int index, Tensor g) {
    add(part.position(node), node, index, g);
  }

  void add(int at, Node node, int index, Tensor g) {
    if (sums[at] == null) {
      sums[at] = new Tensor[node.outputs()];
    }
    Tensor sum = sums[at][index];
    sums[at][index] = sum == null ? g : sum.plus(g);
  }

  boolean reached(int at) {
    return sums[at] != null;
  }

  Optional<Tensor> present(Node node, int index) {
    int at = part.position(node);
    boolean absent = at == NodeMap.ABSENT || sums[at] == null;
    return absent ? Optional.empty() : Optional.ofNullable(sums[at][index]);
  }

  Tensor of(Tensor x) {
    int at = part.position(Access.node(x));
    Tensor sum = at == NodeMap.ABSENT || sums[at] == null ? null : sums[at][Access.index(x)];
    return sum == null ? Tensor.zeros(x.dtype().tangent(), x.shape().dims()) : sum;
  }

  List<Tensor> ofAll(int at, Node node) {
    if (node.outputs() == 1) {
      return List.of(sums[at][0]);
    }
    List<Tensor> all = new ArrayList<>(node.outputs());
    for (int i = 0; i < node.outputs(); i++) {
      Tensor sum = sums[at][i];
      Type type = node.type(i).tangent();
      all.add(sum == null ? Tensor.zeros(type.dtype(), type.shape().dims()) : sum);
    }
    return all;
  }
}
