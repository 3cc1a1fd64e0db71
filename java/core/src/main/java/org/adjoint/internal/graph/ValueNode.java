package org.adjoint.internal.graph;

import org.adjoint.Type;
import org.adjoint.internal.backend.Storage;

/** A value that came from outside, or out of a compiled function. */
final class ValueNode extends Node {
  ValueNode(Type type, Storage[] values, Cut cut) {
    super(new Type[] {type}, false, Life.leaf(values, cut));
  }
}
