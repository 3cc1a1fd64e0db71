package org.adjoint;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.graph.ThreadState;
import org.adjoint.internal.run.Evaluator;

/**
 * Frees values at a certain point instead of when the garbage collector finds them: those made on
 * this thread, by {@code Tensor.of} or by an evaluation, between {@link #open} and {@link #close}.
 * Values of parameters are never touched. Scopes nest; using a tensor whose value was freed throws.
 */
public final class Scope implements AutoCloseable {
  private final Scope outer;
  private final Thread thread = Thread.currentThread();
  private final List<Tensor> made = new ArrayList<>();
  private Set<Storage> kept = Set.of();
  private boolean closed;

  private Scope(Scope outer) {
    this.outer = outer;
  }

  /** Returns a new scope on this thread, inside the one that is open, if any. */
  public static Scope open() {
    ThreadState local = ThreadState.get();
    local.scope = new Scope(local.scope);
    return local.scope;
  }

  /** Runs {@code body} inside a scope of its own and closes it, also when the body throws. */
  public static void run(Runnable body) {
    Scope scope = open();
    try {
      body.run();
    } finally {
      scope.close();
    }
  }

  /** Computes a tensor if it is pending, lets its value outlive this scope, and returns it. */
  public Tensor keep(Tensor tensor) {
    tensor.eval();
    if (kept.isEmpty()) {
      kept = new HashSet<>();
    }
    tensor.node().value(tensor.index()).ifPresent(kept::add);
    return tensor;
  }

  static Tensor register(Tensor tensor) {
    Scope scope = ThreadState.get().scope;
    if (scope != null) {
      scope.made.add(tensor);
    }
    return tensor;
  }

  /**
   * Evaluates this thread's pending assignments, then frees what was made and not kept; what was
   * kept belongs to the outer scope. Closing twice does nothing.
   *
   * @throws IllegalStateException on another thread, or while an inner scope is open
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    if (thread != Thread.currentThread() || ThreadState.get().scope != this) {
      throw new IllegalStateException(
          "scope: close it on the thread that opened it, after the scopes inside it");
    }
    closed = true;
    try {
      Evaluator.evaluate(List.of()); // assignments may read what goes now
    } finally {
      free();
    }
  }

  private void free() {
    ThreadState.get().scope = outer;
    for (Tensor tensor : made) {
      Storage storage = tensor.node().value(tensor.index()).orElseThrow();
      if (!isKept(storage) && !tensor.node().isOwned()) {
        storage.close();
      } else if (outer != null) {
        outer.made.add(tensor);
      }
    }
  }

  private boolean isKept(Storage storage) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      if (scope.kept.contains(storage)) {
        return true;
      }
    }
    return false;
  }
}
