package org.adjoint.internal.graph;

import java.util.List;
import java.util.function.Supplier;
import org.adjoint.Tensor;

/**
 * The switch that has each op computed as soon as it is built. The graph of one larger operation,
 * such as a derivative, is computed when the operation is complete: a rule may differentiate what
 * the rule has just built.
 *
 * <p>A thread takes notice of the switch between two evaluations: a step that has begun one way
 * ends that way, whatever other threads switch meanwhile.
 */
public final class Eager {
  private static volatile boolean on;

  private Eager() {}

  /** Switches for all threads; the calling one takes notice at once. */
  public static void set(boolean now) {
    on = now;
    ThreadState.get().eager = now;
  }

  /** Returns how the switch stands. */
  static boolean isOn() {
    return on;
  }

  /** Returns how the switch stood when this thread last took notice. */
  public static boolean isOnHere() {
    return ThreadState.get().eager;
  }

  /**
   * Returns new tensors, computed if this thread is eager: not inside {@link #suspended}, and not
   * those that depend on a stand-in.
   */
  public static List<Tensor> built(List<Tensor> tensors) {
    ThreadState thread = ThreadState.get();
    if (thread.eager && !thread.suspended) {
      List<Tensor> ready = tensors.stream().filter(t -> !Access.node(t).isSymbolic()).toList();
      if (!ready.isEmpty()) {
        Access.evaluate(ready);
      }
    }
    return tensors;
  }

  /** Returns what {@code body} returns; nothing that it builds is computed meanwhile. */
  public static <T> T suspended(Supplier<T> body) {
    ThreadState thread = ThreadState.get();
    boolean before = thread.suspended;
    thread.suspended = true;
    try {
      return body.get();
    } finally {
      thread.suspended = before;
    }
  }
}
