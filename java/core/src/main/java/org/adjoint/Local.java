package org.adjoint;

import java.util.ArrayList;
import java.util.List;

/**
 * What one thread is in the midst of. One object for all of it: after a large program each
 * thread-local variable of its own would be four cache misses more.
 */
final class Local {
  private static final ThreadLocal<Local> OF_THREAD = ThreadLocal.withInitial(Local::new);

  /** The innermost binding, null outside of all. */
  Binding binding;

  /** The innermost scope, null outside of all. */
  Scope scope;

  /** How deep this thread is in suppliers of scalars. */
  int reading;

  /** What the part of the last loss was like; null before the first. */
  PartOutline part;

  /** What was assigned and not evaluated yet; see {@link Pending}. */
  final List<Parameter> assigned = new ArrayList<>();

  private Local() {}

  static Local get() {
    return OF_THREAD.get();
  }
}
