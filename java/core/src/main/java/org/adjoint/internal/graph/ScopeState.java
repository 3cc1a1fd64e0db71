package org.adjoint.internal.graph;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.adjoint.internal.backend.Storage;

/**
 * What a {@code Scope} frees: the values of nodes that were built while it was the innermost one of
 * their thread, whichever thread evaluates them.
 */
public final class ScopeState {
  /** How many scopes are open on all threads; at 0 no thread's state is looked at. */
  private static final AtomicInteger OPEN = new AtomicInteger();

  private final ScopeState outer;

  /** The thread that opened this. */
  private final ThreadState thread;

  // Written while this is locked: another thread may evaluate what was built here.
  private List<Node> made = new ArrayList<>();
  private Set<Storage> kept = Set.of();
  private volatile boolean closed;

  private ScopeState(ThreadState thread) {
    this.thread = thread;
    this.outer = thread.scope;
  }

  /** Returns a new scope on this thread, inside the one that is open, if any. */
  public static ScopeState open() {
    ThreadState thread = ThreadState.get();
    thread.scope = new ScopeState(thread);
    OPEN.incrementAndGet();
    return thread.scope;
  }

  /** Returns the innermost scope of this thread, null outside of all. */
  static ScopeState innermost() {
    return OPEN.get() == 0 ? null : ThreadState.get().scope;
  }

  /**
   * Returns what {@code body} returns; nodes built meanwhile belong to no scope: their values go
   * when nothing refers to them.
   */
  public static <T> T outside(Supplier<T> body) {
    ThreadState thread = ThreadState.get();
    ScopeState before = thread.scope;
    thread.scope = null;
    try {
      return body.get();
    } finally {
      thread.scope = before;
    }
  }

  /** Has the scope that a node was built in, if any, free the values that the node has or gets. */
  public static void register(Node node) {
    ScopeState scope = node.scope();
    if (scope != null) {
      scope.add(node);
    }
  }

  private void add(Node node) {
    int size;
    synchronized (this) {
      if (!closed) {
        made.add(node);
      }
      size = made.size();
    }
    Traps.SCOPE.look(size);
  }

  /** Lets a value outlive this scope: the outer one frees it. */
  public synchronized void keep(Storage value) {
    if (kept.isEmpty()) {
      kept = new HashSet<>();
    }
    kept.add(value);
  }

  /**
   * Returns whether this call closes the scope: false if it was closed before.
   *
   * @throws IllegalStateException on another thread, or while an inner scope is open
   */
  public boolean isClosedNow() {
    if (closed) {
      return false;
    }
    if (ThreadState.get() != thread || thread.scope != this) {
      throw new IllegalStateException(
          "scope: close it on the thread that opened it, after the scopes inside it");
    }
    return true;
  }

  /** Closes: frees what was made and not kept; what was kept belongs to the outer scope. */
  public void free() {
    thread.scope = outer;
    OPEN.decrementAndGet();
    List<Node> all;
    synchronized (this) {
      closed = true;
      all = made;
      made = List.of();
    }
    for (Node node : all) {
      boolean lives = false;
      for (int output = 0; output < node.outputs(); output++) {
        Storage value = node.valueOrNull(output); // null if its run failed
        boolean kept = value != null && (node.isOwned() || isKept(value));
        if (value != null && !kept) {
          node.close(output);
        }
        lives |= kept;
      }
      if (lives && outer != null) {
        outer.add(node);
      }
    }
  }

  private boolean isKept(Storage value) {
    for (ScopeState scope = this; scope != null; scope = scope.outer) {
      synchronized (scope) {
        if (scope.kept.contains(value)) {
          return true;
        }
      }
    }
    return false;
  }
}
