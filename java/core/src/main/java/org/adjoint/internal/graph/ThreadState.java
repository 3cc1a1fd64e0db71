package org.adjoint.internal.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.adjoint.Scope;
import org.adjoint.internal.derive.PartOutline;
import org.adjoint.internal.run.Pending;

/**
 * What one thread is in the midst of. One object for all of it: after a large program each
 * thread-local variable of its own would be four cache misses more.
 */
public final class ThreadState {
  private static final ThreadLocal<ThreadState> OF_THREAD =
      ThreadLocal.withInitial(ThreadState::new);

  /** The innermost binding, null outside of all. */
  public Binding binding;

  /** The innermost scope, null outside of all. */
  public Scope scope;

  /** How deep this thread is in suppliers of scalars. */
  public int reading;

  /** What the part of the last loss was like; null before the first. */
  public PartOutline part;

  /** What was assigned and not evaluated yet; see {@link Pending}. */
  public final List<ParameterState> assigned = new ArrayList<>();

  private ThreadState() {}

  public static ThreadState get() {
    return OF_THREAD.get();
  }

  /**
   * Returns what {@code body} returns; the values it makes belong to no scope, and go when nothing
   * refers to them.
   */
  public static <T> T outsideScopes(Supplier<T> body) {
    ThreadState local = get();
    Scope before = local.scope;
    local.scope = null;
    try {
      return body.get();
    } finally {
      local.scope = before;
    }
  }
}
