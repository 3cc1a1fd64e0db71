package org.adjoint.internal.graph;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The state of one thread. One object: after a large program each thread-local variable more would
 * be four cache misses more.
 */
public final class ThreadState {
  /**
   * What a thread refers to it does so weakly: it would keep the class loader of these classes, and
   * outlive an application that a container drops.
   */
  private static final ThreadLocal<WeakReference<ThreadState>> OF_THREAD = new ThreadLocal<>();

  /** The states of threads that are alive, or have been when the last of these came. */
  private static final Map<Thread, ThreadState> STATES = new ConcurrentHashMap<>();

  private static final int FIRST_SWEEP = 64;

  /** The innermost binding, null outside of all. */
  Binding binding;

  /** The innermost scope, null outside of all. */
  ScopeState scope;

  /** How many suppliers of scalars this thread is in, one called by the next. */
  int reading;

  /** Whether ops are computed as they are built; see {@link Eager}. */
  boolean eager = Eager.isOn();

  /** Whether nothing is computed as it is built; see {@link Eager#suspended}. */
  boolean suspended;

  /** Whether a graph is searched for anomalies, op by op. */
  private boolean searching;

  /** The transformation that is writing a function down, null outside of all. */
  private String writing;

  /**
   * The parameters that this thread has assigned to and not evaluated since. Weak references: a
   * thread that makes models and evaluates nothing would keep all models.
   */
  private final List<WeakReference<ParameterState>> assigned = new ArrayList<>();

  private int sweepAt = FIRST_SWEEP;

  private ThreadState() {}

  /** Returns this thread's state. */
  public static ThreadState get() {
    WeakReference<ThreadState> known = OF_THREAD.get();
    ThreadState state = known == null ? null : known.get();
    return state == null ? make() : state;
  }

  private static ThreadState make() {
    ThreadState state = new ThreadState();
    STATES.keySet().removeIf(thread -> !thread.isAlive());
    STATES.put(Thread.currentThread(), state);
    OF_THREAD.set(new WeakReference<>(state));
    return state;
  }

  /** Returns whether a supplier of a scalar is being asked on this thread. */
  public boolean isReading() {
    return reading > 0;
  }

  /** Returns whether this thread is inside {@link #searching}. */
  public boolean isSearching() {
    return searching;
  }

  /** Runs a search for anomalies, which evaluates by itself. */
  public void searching(Runnable search) {
    boolean before = searching;
    searching = true;
    try {
      search.run();
    } finally {
      searching = before;
    }
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
   * Returns the versions that this thread has assigned and nobody has computed yet. The version of
   * a parameter that was assigned to twice may be there twice.
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

  /** Returns assignments of this thread that other threads have dropped, each once. */
  public List<ParameterState.Dropped> takeDropped() {
    List<ParameterState.Dropped> all = List.of();
    for (int i = 0; i < assigned.size(); i++) {
      ParameterState parameter = assigned.get(i).get();
      Optional<ParameterState.Dropped> one =
          parameter == null ? Optional.empty() : parameter.takeDropped();
      if (one.isPresent()) {
        all = all.isEmpty() ? new ArrayList<>() : all;
        all.add(one.get());
      }
    }
    return all;
  }

  /** Forgets the assignments of this thread, once they are evaluated or abandoned. */
  public void clearAssignments() {
    assigned.clear();
    eager = Eager.isOn(); // between two evaluations, and never within a step
  }

  // ---- functions that are being written down ----

  /** Returns what {@code body} returns, called while {@code name} writes a function down. */
  public <T> T writing(String name, Supplier<T> body) {
    String before = writing;
    writing = name;
    try {
      return body.get();
    } finally {
      writing = before;
    }
  }

  /** Returns the transformation that is writing a function down on this thread. */
  public Optional<String> writing() {
    return Optional.ofNullable(writing);
  }
}
