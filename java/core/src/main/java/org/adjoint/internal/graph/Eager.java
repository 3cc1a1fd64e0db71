package org.adjoint.internal.graph;

import java.util.List;
import java.util.function.Supplier;
import org.adjoint.Tensor;
import org.adjoint.internal.run.Evaluator;

/**
 * Computes what is built at once, if that is asked for. What is built inside one operation, such as
 * the graph of a derivative, is computed when the operation is complete: a rule may differentiate
 * what it has just built.
 */
public final class Eager {
  private static volatile boolean on;

  private static final ThreadLocal<Boolean> SUSPENDED = ThreadLocal.withInitial(() -> false);

  private Eager() {}

  public static void set(boolean now) {
    on = now;
  }

  public static boolean isOn() {
    return on;
  }

  /** Computes new tensors now, unless they are part of something larger or have no value. */
  public static List<Tensor> built(List<Tensor> tensors) {
    if (on && !SUSPENDED.get()) {
      List<Tensor> ready = tensors.stream().filter(t -> !Access.node(t).isSymbolic()).toList();
      if (!ready.isEmpty()) {
        Evaluator.evaluate(ready);
      }
    }
    return tensors;
  }

  /** Runs {@code body} as one operation, at whose end nothing is computed. */
  public static <T> T suspended(Supplier<T> body) {
    if (!on || SUSPENDED.get()) {
      return body.get();
    }
    SUSPENDED.set(true);
    try {
      return body.get();
    } finally {
      SUSPENDED.remove();
    }
  }
}
