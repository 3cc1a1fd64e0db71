package org.adjoint.lens.stepper;

import java.util.List;
import org.adjoint.Type;

/**
 * A box of the page: a leaf, or what one forward step computes. A step is one op, or, where tensors
 * have names, all ops between named tensors.
 *
 * @param vertex the vertex of the reading that gives its value
 * @param output which output of that vertex
 * @param name what the page calls it: no other cell has the name
 * @param type its type
 * @param kind what it is
 * @param inputs the cells that it reads, each once
 * @param ops the vertices that compute it from these, in order; the last is {@code vertex}
 */
record Cell(
    int vertex,
    int output,
    String name,
    Type type,
    Kind kind,
    List<Integer> inputs,
    List<Integer> ops) {
  /** What a cell is. */
  enum Kind {
    /** A value that gradients are not taken by. */
    INPUT,
    /** A leaf that gradients are taken by, and that training moves. */
    PARAMETER,
    /** What is computed. */
    OP
  }

  boolean isOp() {
    return kind == Kind.OP;
  }

  boolean isScalar() {
    return type.shape().size() == 1;
  }
}
