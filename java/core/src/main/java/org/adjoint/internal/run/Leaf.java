package org.adjoint.internal.run;

import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;

/** An evaluated node's output, as a program reads it. */
public record Leaf(Node node, int index) {
  /** Returns its type. */
  public Type type() {
    return node.type(index);
  }

  /** Returns it as a tensor. */
  public Tensor tensor() {
    return Access.tensor(node, index);
  }
}
