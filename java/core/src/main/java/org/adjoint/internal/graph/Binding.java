package org.adjoint.internal.graph;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * What parameters stand for on one thread while a body runs, where that is not their current
 * version: other values, or stand-ins while a function is recorded. Bindings nest; the innermost
 * that knows a parameter decides.
 */
public abstract class Binding {
  /** How many bindings are open on all threads; at 0, as usual, no thread's state is looked at. */
  private static final AtomicInteger OPEN = new AtomicInteger();

  private Binding outer;

  /** Returns what a parameter stands for here; empty to leave it to the bindings outside. */
  public abstract Optional<Node> find(ParameterState parameter);

  /** Returns what {@code body} returns, called inside this binding. */
  public final <T> T during(Supplier<T> body) {
    ThreadState local = ThreadState.get();
    outer = local.binding;
    local.binding = this;
    OPEN.incrementAndGet();
    try {
      return body.get();
    } finally {
      OPEN.decrementAndGet();
      local.binding = outer;
    }
  }

  /** Returns whether any binding is open on this thread. */
  public static boolean isOpen() {
    return OPEN.get() > 0 && ThreadState.get().binding != null;
  }

  /** Returns what a parameter stands for on this thread, empty if for its current version. */
  public static Optional<Node> of(ParameterState parameter) {
    return deciding(parameter).flatMap(b -> b.find(parameter));
  }

  /** Returns the innermost binding of this thread that knows a parameter, empty if none does. */
  public static Optional<Binding> deciding(ParameterState parameter) {
    if (OPEN.get() == 0) {
      return Optional.empty();
    }
    for (Binding b = ThreadState.get().binding; b != null; b = b.outer) {
      if (b.find(parameter).isPresent()) {
        return Optional.of(b);
      }
    }
    return Optional.empty();
  }

  /** Returns the innermost recording of this thread, empty outside of all. */
  public static Optional<Recorder> recording() {
    if (OPEN.get() > 0) {
      for (Binding b = ThreadState.get().binding; b != null; b = b.outer) {
        if (b instanceof Recorder recorder) {
          return Optional.of(recorder);
        }
      }
    }
    return Optional.empty();
  }
}
