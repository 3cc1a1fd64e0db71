package org.adjoint.internal.graph;

import java.util.Set;
import org.adjoint.Type;
import org.adjoint.internal.backend.Storage;

/** A value that came from outside, or out of a compiled function. */
final class ValueNode extends Node {
  /** The parameters that the compiled function read which computed this value. */
  private final Set<ParameterState> behind;

  ValueNode(Type type, Storage[] values, long cutAt, Set<ParameterState> behind) {
    super(Kind.VALUE, new Type[] {type}, false, Life.leaf(values, cutAt));
    this.behind = behind;
  }

  @Override
  public Set<ParameterState> behind() {
    return behind;
  }
}
