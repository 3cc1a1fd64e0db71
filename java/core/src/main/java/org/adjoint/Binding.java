package org.adjoint;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * What parameters stand for on one thread while a body runs, where that is not their current
 * version: other values, or stand-ins while a function is recorded. Bindings nest; the innermost
 * that knows a parameter decides.
 */
abstract class Binding {
  /** How many are open on all threads, so that building a graph usually looks no further. */
  private static final AtomicInteger OPEN = new AtomicInteger();

  private Binding outer;

  /** Returns what a parameter stands for here; empty to leave it to the bindings outside. */
  abstract Optional<Node> find(Parameter parameter);

  /** Runs {@code body} inside this binding. */
  final <T> T during(Supplier<T> body) {
    Local local = Local.get();
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
  static boolean isOpen() {
    return OPEN.get() > 0 && Local.get().binding != null;
  }

  /** Returns what a parameter stands for on this thread, empty if for its current version. */
  static Optional<Node> of(Parameter parameter) {
    return deciding(parameter).flatMap(b -> b.find(parameter));
  }

  /** Returns the innermost binding that knows a parameter. */
  static Optional<Binding> deciding(Parameter parameter) {
    if (OPEN.get() == 0) {
      return Optional.empty();
    }
    for (Binding b = Local.get().binding; b != null; b = b.outer) {
      if (b.find(parameter).isPresent()) {
        return Optional.of(b);
      }
    }
    return Optional.empty();
  }

  /** Returns the recording that is going on on this thread. */
  static Optional<Recording> recording() {
    if (OPEN.get() > 0) {
      for (Binding b = Local.get().binding; b != null; b = b.outer) {
        if (b instanceof Recording recording) {
          return Optional.of(recording);
        }
      }
    }
    return Optional.empty();
  }
}
