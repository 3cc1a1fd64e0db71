package org.adjoint.internal.run;

import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;

/** An output of an evaluated node, which a program reads. */
public record Leaf(Node node, int index) {
  /** Returns the type of the output. */
  public Type type() {
    return node.type(index);
  }

  /** Returns the output as a tensor. */
  public Tensor tensor() {
    return Access.tensor(node, index);
  }
}
