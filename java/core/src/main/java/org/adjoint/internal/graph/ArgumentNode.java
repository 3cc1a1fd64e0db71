package org.adjoint.internal.graph;

import org.adjoint.Type;

/** A stand-in for an argument of a function that is being written down: it never has a value. */
final class ArgumentNode extends Node {
  ArgumentNode(Type type) {
    super(new Type[] {type}, true, Life.EMPTY_LEAF);
  }
}
