package org.adjoint.internal.graph;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What one thread is in the midst of. One object for all of it: after a large program each
 * thread-local variable of its own would be four cache misses more.
 */
public final class ThreadState {
  private static final ThreadLocal<ThreadState> OF_THREAD =
      ThreadLocal.withInitial(ThreadState::new);

  private static final int FIRST_SWEEP = 64;

  /** The innermost binding, null outside of all. */
  Binding binding;

  /** The innermost scope, null outside of all. */
  ScopeState scope;

  /** How deep this thread is in suppliers of scalars. */
  int reading;

  /** Whether ops are computed as they are built; see {@link Eager}. */
  boolean eager = Eager.isOn();

  /** Whether one operation is being built, at whose end nothing is computed. */
  boolean suspended;

  /** The transformation that is writing a function down, null outside of all. */
  private String writing;

  /**
   * The parameters that this thread has assigned to and not evaluated since. Weakly: a thread that
   * makes models and evaluates nothing would keep all of them.
   */
  private final List<WeakReference<ParameterState>> assigned = new ArrayList<>();

  private int sweepAt = FIRST_SWEEP;

  private ThreadState() {}

  /** Returns this thread's state. */
  public static ThreadState get() {
    return OF_THREAD.get();
  }

  /** Returns whether a supplier of a scalar is being asked on this thread. */
  public boolean isReading() {
    return reading > 0;
  }

  // ---- assignments ----

  /** Notes an assignment, which the next evaluation on this thread computes. */
  public void noteAssignment(ParameterState parameter) {
    if (assigned.size() >= sweepAt) {
      assigned.removeIf(reference -> !isPending(reference.get()));
      sweepAt = Math.max(FIRST_SWEEP, 2 * assigned.size());
    }
    assigned.add(parameter.weak());
  }

  private static boolean isPending(ParameterState parameter) {
    return parameter != null && parameter.peek().isPending();
  }

  /** Returns whether this thread has assigned nothing since it last evaluated something. */
  public boolean hasNoAssignments() {
    return assigned.isEmpty();
  }

  /**
   * Returns the versions that this thread has assigned and nobody has computed yet. One that was
   * assigned to twice may be there twice.
   */
  public List<Version> assignments() {
    if (assigned.isEmpty()) {
      return List.of();
    }
    List<Version> versions = new ArrayList<>(assigned.size());
    for (int i = 0; i < assigned.size(); i++) {
      ParameterState parameter = assigned.get(i).get();
      if (isPending(parameter)) {
        versions.add(parameter.peek());
      }
    }
    return versions;
  }

  /** Forgets what this thread has assigned, once it is evaluated or abandoned. */
  public void clearAssignments() {
    assigned.clear();
    eager = Eager.isOn(); // between two evaluations, and never within a step
  }

  // ---- functions that are being written down ----

  /** Returns what {@code body} returns, which calls a function that {@code name} writes down. */
  public <T> T writing(String name, Supplier<T> body) {
    String before = writing;
    writing = name;
    try {
      return body.get();
    } finally {
      writing = before;
    }
  }

  /** Returns the transformation whose function is running on this thread. */
  public Optional<String> writing() {
    return Optional.ofNullable(writing);
  }
}
