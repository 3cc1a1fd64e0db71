package org.adjoint.internal.run;

import java.util.Optional;
import org.adjoint.internal.backend.Flight;
import org.adjoint.internal.backend.KernelException;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.graph.Holder;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.Version;

/**
 * One run of a {@link Step}, and the only code that acquires and gives back what runs need:
 *
 * <ol>
 *   <li><em>hold</em> every parameter that is changed: nobody else moves or reads it until the end;
 *   <li><em>check</em> that the step is still the right one;
 *   <li><em>own</em> the memory that is overwritten, all of it or none;
 *   <li><em>pin</em> the memory that is read;
 *   <li><em>prepare</em> all objects that the results need, so that nothing can fail behind the
 *       program;
 *   <li>run the program;
 *   <li><em>publish</em> the results;
 *   <li>unpin, disown and release, or stay <em>idle</em>: a lease is a run that holds and owns
 *       until somebody wants one of its parameters, and that runs again meanwhile.
 * </ol>
 *
 * <p>Nothing is waited for while something is held, so runs cannot wait for each other in a circle.
 * Whatever fails before the program has run to its end leaves everything as it was.
 */
public abstract class Run implements Holder {
  private enum State {
    RUNNING,
    IDLE,
    ENDED
  }

  private final Step step;
  private final ParameterState[] held;
  private final Storage[] leaves;

  /** The leaves whose memory the step's first program overwrites. */
  private final int[] donors;

  private final boolean[] isDonor;

  /** How many of the parameters are held: the first ones. */
  private int holding;

  /** How many of the donors are owned: the first ones. */
  private int owning;

  /** How many leaves {@link #acquire} is through with: of these all but owned donors are pinned. */
  private int pinning;

  private boolean inPlace;

  /** The program that is run, chosen once everything that is overwritten is owned. */
  private CompiledGraph graph;

  private Storage[] arguments;

  // Guarded by this.
  private State state = State.RUNNING;

  /** Whether a thread waits for a parameter that this run holds: the run must not stay idle. */
  private boolean wanted;

  /**
   * Makes a run.
   *
   * @param held the parameters that the run changes
   * @param leaves how many leaves there are
   * @param donors the leaves whose memory the program may overwrite
   */
  protected Run(Step step, ParameterState[] held, int leaves, int... donors) {
    this.step = step;
    this.held = held;
    this.leaves = new Storage[leaves];
    this.donors = donors;
    this.isDonor = new boolean[leaves];
    for (int donor : donors) {
      isDonor[donor] = true;
    }
  }

  // ---- what traced and recorded runs do in their own way ----

  /** Returns DONE if the step is still the right one, else why not; all parameters are held. */
  protected abstract Outcome check();

  /** Returns the node that stands at a leaf; called after {@link #check}. */
  protected abstract Node leaf(int i);

  /** Returns which output of its node a leaf is; called after {@link #check}. */
  protected abstract int leafIndex(int i);

  /** Returns whether the program may overwrite its donors if it can own them. */
  protected boolean mayOverwrite() {
    return true;
  }

  /**
   * Returns whether the program may read a superseded version that is kept; see {@link Version}.
   */
  protected abstract boolean mayRead(Version superseded);

  /** Makes all objects that {@link #publish} needs. */
  protected abstract void prepare();

  /** Publishes the memory that {@link #result} gives, without allocating a Java object. */
  protected abstract void publish();

  /** Returns whether this run, which has ended well, may stay idle as a lease. */
  protected boolean mayStayIdle() {
    return false;
  }

  // ---- what their subclasses may ask ----

  /** Returns whether the program overwrites its donors, which are owned. */
  protected final boolean isInPlace() {
    return inPlace;
  }

  /** Returns the memory of a root after the program has run. */
  protected final Storage result(int root) {
    return arguments[argument(root)];
  }

  /** Returns which argument a root is. */
  protected final int argument(int root) {
    return graph.program().rootArguments()[root];
  }

  /** Returns the memory of a leaf that is pinned or owned. */
  protected final Storage memory(int leaf) {
    return leaves[leaf];
  }

  // ---- the run ----

  /**
   * Tries to run the step once, and returns how that ended.
   *
   * @param words the scalars, read before: a supplier may read a parameter that this run holds
   */
  public final Outcome attempt(long... words) {
    reserveStack();
    boolean done = false;
    boolean idle = false;
    try {
      Outcome outcome = acquire();
      if (outcome != Outcome.DONE) {
        return outcome;
      }
      allocate();
      prepare();
      try {
        Flight.Span span = Flight.run();
        TimedRuns.run(graph, arguments, this::parameterOf, graph.scalars(words));
        span.end(graph.program());
      } catch (KernelException failure) {
        throw graph.explain(failure, this::parameterOf);
      }
      done = true; // from here on others may find the memory: it must not be closed
      publish();
      idle = inPlace && mayStayIdle();
      return Outcome.DONE;
    } finally {
      try {
        if (!done) {
          closeAllocated();
        }
        arguments = null;
        unpin();
      } finally {
        stop(idle);
      }
    }
  }

  /** Throws a StackOverflowError, before anything is held, if a run may need more stack. */
  protected static void reserveStack() {
    StackReserve.check();
  }

  private Outcome acquire() {
    for (; holding < held.length; holding++) {
      if (!held[holding].tryHold(this)) {
        // A matched graph may have one version at two places; a trace has it at one.
        boolean twice = held[holding].isHeldBy(this);
        return twice ? Outcome.VERSION_SETTLED : Outcome.BUSY;
      }
    }
    Outcome checked = check();
    if (checked != Outcome.DONE) {
      return checked;
    }
    inPlace = mayOverwrite() && own();
    graph = inPlace ? step.inPlace() : step.apart().orElse(null);
    if (graph == null) {
      return Outcome.MEMORY_SHARED;
    }
    for (; pinning < leaves.length; pinning++) {
      if (inPlace && isDonor[pinning]) {
        continue;
      }
      Outcome pinned = pin(pinning, leaf(pinning), leafIndex(pinning));
      if (pinned != Outcome.DONE) {
        return pinned;
      }
    }
    return Outcome.DONE;
  }

  private boolean own() {
    for (; owning < donors.length; owning++) {
      int leaf = donors[owning];
      leaves[leaf] = leaf(leaf).valueOrNull(0);
      if (!leaves[leaf].tryOwn()) {
        leaves[leaf] = null;
        disown();
        return false;
      }
    }
    return true;
  }

  /** Pins the memory of the node at a leaf; {@link #unpin} undoes that. */
  private Outcome pin(int at, Node node, int index) {
    Storage memory = node.valueOrNull(index);
    if (memory == null || (node instanceof Version v && v.isSuperseded() && !mayRead(v))) {
      return Outcome.VERSION_SUPERSEDED;
    }
    Storage.Pin pin = node instanceof Version v ? v.parameter().tryPin(v, this) : memory.tryPin();
    switch (pin) {
      case PINNED -> {
        leaves[at] = memory;
        return Outcome.DONE;
      }
      case BUSY -> {
        return Outcome.BUSY;
      }
      default -> {
        if (node instanceof Version v && v.isLost()) {
          return Outcome.VERSION_SUPERSEDED;
        }
        throw Evaluator.closed(node.type(index));
      }
    }
  }

  private void allocate() {
    long[] sizes = graph.program().argumentBytes();
    Storage[] all = new Storage[sizes.length];
    System.arraycopy(leaves, 0, all, 0, leaves.length);
    arguments = all;
    for (int i = leaves.length; i < sizes.length; i++) {
      all[i] = step.backend().allocate(sizes[i]);
    }
  }

  private void closeAllocated() {
    for (int i = leaves.length; arguments != null && i < arguments.length; i++) {
      if (arguments[i] != null) {
        arguments[i].close();
      }
    }
  }

  /** Returns the parameter that an argument is a version of, empty for another argument. */
  protected Optional<ParameterState> parameterOf(int argument) {
    boolean known = argument >= 0 && argument < leaves.length;
    return known && leaf(argument) instanceof Version version
        ? Optional.of(version.parameter())
        : Optional.empty();
  }

  // ---- the end ----

  private void unpin() {
    for (int i = 0; i < pinning; i++) {
      boolean owned = inPlace && isDonor[i];
      if (!owned) {
        leaves[i].unpin();
        leaves[i] = null;
      }
    }
    pinning = 0;
  }

  private void disown() {
    while (owning > 0) {
      leaves[donors[--owning]].disown();
    }
  }

  private void release() {
    disown();
    while (holding > 0) {
      held[--holding].release();
    }
    state = State.ENDED;
  }

  private synchronized void stop(boolean idle) {
    if (idle && !wanted) {
      state = State.IDLE;
    } else {
      release();
    }
    if (wanted) {
      notifyAll();
    }
  }

  @Override
  public final synchronized void letGo() {
    wanted = true;
    boolean interrupted = false;
    while (state == State.RUNNING) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (state == State.IDLE) {
      release();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public final synchronized boolean tryLetGo() {
    if (state == State.RUNNING) {
      return false;
    }
    if (state == State.IDLE) {
      release();
    }
    return true;
  }

  // ---- leases ----

  /** Returns whether this run has released everything. */
  public final synchronized boolean hasEnded() {
    return state == State.ENDED;
  }

  /**
   * Begins to run again on what this idle run holds; returns false if this run has ended, is
   * running or is wanted.
   */
  protected final synchronized boolean tryResume() {
    if (state != State.IDLE || wanted) {
      return false;
    }
    state = State.RUNNING;
    return true;
  }

  /** Ends a run begun by {@link #tryResume}. */
  protected final void stopAgain() {
    stop(true);
  }

  /**
   * Pins the memory of the node at a leaf of a resumed run.
   *
   * @return the memory, which the caller unpins; null if another run owns it, holds its parameter
   *     or has superseded the version
   */
  protected final Storage pinAgain(Node node, int index) {
    Storage memory = node.valueOrNull(index);
    Storage.Pin pin =
        memory == null
            ? Storage.Pin.BUSY
            : node instanceof Version v ? v.parameter().tryPin(v, this) : memory.tryPin();
    return switch (pin) {
      case PINNED -> memory;
      case BUSY -> null;
      case CLOSED -> {
        if (node instanceof Version v && v.isLost()) {
          yield null; // a run that is not resumed says so
        }
        throw Evaluator.closed(node.type(index));
      }
    };
  }
}
