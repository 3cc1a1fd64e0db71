package org.adjoint;

import java.util.List;
import org.adjoint.internal.graph.ScopeState;
import org.adjoint.internal.run.Evaluator;

/**
 * Frees values at a certain point instead of when the garbage collector finds them: those of
 * tensors that were built on this thread between {@link #open} and {@link #close}, whoever
 * evaluates them. A tensor that was built outside and is evaluated inside lives on, and so do the
 * values of parameters. Scopes nest; using a tensor whose value was freed throws. An open scope
 * refers to every value made in it: open one a step, not one around a whole loop.
 */
public final class Scope implements AutoCloseable {
  private final ScopeState state;

  private Scope(ScopeState state) {
    this.state = state;
  }

  /** Returns a new scope on this thread, inside the one that is open, if any. */
  public static Scope open() {
    return new Scope(ScopeState.open());
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
    tensor.node().value(tensor.index()).ifPresent(state::keep);
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
    if (!state.isClosedNow()) {
      return;
    }
    try {
      Evaluator.evaluate(List.of()); // assignments may read what goes now
    } finally {
      state.free();
    }
  }
}
