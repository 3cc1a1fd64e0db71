package org.adjoint.internal.graph;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.backend.Storage;

/**
 * The state of a {@link Parameter}: its versions, who holds it, and the gradient that backward
 * passes have added up. Every move is made here under this object's lock, which nobody keeps while
 * a program runs: a run <em>holds</em> the parameter instead, and whoever wants to move or read it
 * meanwhile waits for the run.
 *
 * <table>
 * <caption>Moves from phase to phase; an empty cell means that the move waits for the holder</caption>
 * <tr><th>move</th><th>FRESH</th><th>SETTLED</th><th>ASSIGNED</th><th>HELD</th></tr>
 * <tr><td>{@link #advance} (assign)</td><td>FRESH</td><td>ASSIGNED</td><td>ASSIGNED</td><td></td></tr>
 * <tr><td>{@link #tryHold} (a run begins)</td><td>HELD</td><td>HELD</td><td>HELD</td><td>refused</td></tr>
 * <tr><td>{@link #settle} (a run computed what was assigned)</td><td>–</td><td>–</td><td>–</td><td>HELD</td></tr>
 * <tr><td>{@link #keepSettled} (it computes what another thread assigned)</td>
 *   <td>–</td><td>–</td><td>–</td><td>HELD</td></tr>
 * <tr><td>{@link #replace} (a compiled run computed the next version)</td><td>–</td><td>–</td><td>–</td><td>HELD</td></tr>
 * <tr><td>{@link #release} (a run ends)</td><td>–</td><td>–</td><td>–</td>
 *   <td>SETTLED if the run computed a version, else as before</td></tr>
 * <tr><td>{@link #abandon} (an evaluation failed)</td><td>FRESH</td><td>SETTLED</td><td>SETTLED</td><td></td></tr>
 * <tr><td>{@link #drop} (another thread's assignment cannot be computed)</td>
 *   <td>FRESH</td><td>SETTLED</td><td>SETTLED</td><td></td></tr>
 * <tr><td>{@link #handOut}, {@link #share}, {@link #pinCurrent}, gradients</td>
 *   <td>FRESH</td><td>SETTLED</td><td>ASSIGNED</td><td></td></tr>
 * </table>
 *
 * <p>A lease is a hold that a finished run keeps: {@link Holder#letGo} ends it at once.
 */
public final class ParameterState {
  /** Where a parameter stands; the moves are in the class comment. */
  public enum Phase {
    /** The first version waits for its value. */
    FRESH,
    /** The current version has its value. */
    SETTLED,
    /** The current version was assigned and waits for its value; the version before has one. */
    ASSIGNED,
    /** A run has the parameter to itself. */
    HELD
  }

  private final Parameter parameter;
  private final Type type;
  private final String name;
  private final boolean trainable;

  /** Whether backward passes leave this parameter out for now. */
  private volatile boolean frozen;

  private final WeakReference<ParameterState> weak = new WeakReference<>(this);

  // Guarded by this.

  /**
   * The newest version. {@link #isCurrent} and {@link #peek} read it without the lock, and so does
   * {@link #next}, since nobody but the holder may move it then.
   */
  private volatile Version current;

  /** The newest version with a value, null before the first. */
  private Version settled;

  /** Pending versions that were assigned over; nearly always none. */
  private List<Version> replaced = List.of();

  /** A version that could not be computed and was dropped by another thread than its own. */
  private volatile Dropped dropped;

  private Holder holder;

  /** How many threads wait for the holder; while there are any, no run can hold this. */
  private int waiting;

  private Tensor gradient;

  /** Whether a compiled function left the gradient and nobody else has seen it. */
  private boolean gradientIsOurs;

  /** The backward passes that the gradient came from and no step has consumed; immutable. */
  private List<Backward> consumers = List.of();

  /** Makes the state of a parameter whose first version is {@code init}. */
  public ParameterState(Parameter parameter, Tensor init, String name, boolean trainable) {
    this.parameter = parameter;
    this.type = init.type();
    this.name = name;
    this.trainable = trainable;
    Version first = new Version(this, Access.node(init), Access.index(init), new Type[] {type});
    first.handOut();
    this.current = first;
  }

  /** Returns the tensor that users hold. */
  public Parameter parameter() {
    return parameter;
  }

  /** Returns dtype and shape, those of every version. */
  public Type type() {
    return type;
  }

  /** Returns the name that errors and files use. */
  public String name() {
    return name;
  }

  /** Returns whether backward passes give this parameter a gradient. */
  public boolean isTrainable() {
    return trainable && !frozen;
  }

  /** Returns whether this was made to be trained and is left out for now. */
  public boolean isFrozen() {
    return frozen;
  }

  /** Leaves this parameter out of backward passes, or no longer; its gradient is forgotten. */
  public void freeze(boolean freeze) {
    whenFree(
        () -> {
          exchangeGradient(null);
          frozen = freeze;
          return null;
        });
  }

  /** Returns a reference that does not keep this alive, always the same one. */
  WeakReference<ParameterState> weak() {
    return weak;
  }

  /** Returns where this parameter stands. */
  public synchronized Phase phase() {
    if (holder != null) {
      return Phase.HELD;
    }
    if (current == settled) {
      return Phase.SETTLED;
    }
    return settled == null ? Phase.FRESH : Phase.ASSIGNED;
  }

  // ---- moves of everybody ----

  /** Returns what {@code move} returns, made under the lock while no run holds this. */
  private <T> T whenFree(Supplier<T> move) {
    for (; ; ) {
      Holder now;
      synchronized (this) {
        now = holder;
        if (now == null) {
          return move.get();
        }
        waiting++;
      }
      try {
        now.letGo();
      } finally {
        synchronized (this) {
          waiting--;
        }
      }
    }
  }

  /** Returns whether a version is the current one. */
  public boolean isCurrent(Version version) {
    return current == version;
  }

  /** Returns the current version, after waiting for a run that holds this. */
  public Version current() {
    return whenFree(() -> current);
  }

  /** Returns the current version without waiting: a run may be computing or replacing it. */
  public Version peek() {
    return current;
  }

  /** Returns the newest version that has a value; null before the first. */
  public synchronized Version settled() {
    return settled;
  }

  /** Returns the current version to build a graph on. */
  public Version handOut() {
    return whenFree(
        () -> {
          current.handOut();
          return current;
        });
  }

  /**
   * Makes a tensor of the right type the pending version.
   *
   * @throws IllegalStateException if another thread's assignment is still pending
   */
  public void advance(Tensor value) {
    Node assigned = Access.node(value);
    whenFree(
        () -> {
          Version before = current;
          if (before != settled) {
            if (settled != null && !before.isAssignedByThisThread()) {
              throw new IllegalStateException(
                  "parameter '"
                      + name
                      + "': thread '"
                      + before.assignedByName()
                      + "' has assigned to it and not evaluated yet; assign to one parameter from"
                      + " one thread at a time");
            }
            replaced = replaced.isEmpty() ? new ArrayList<>() : replaced;
            replaced.add(before);
          }
          Version next = new Version(this, assigned, Access.index(value), before.types());
          next.handOut();
          current = next;
          return null;
        });
  }

  /**
   * Returns the memory of the current version with one share more, which the caller closes; empty
   * if that version is pending.
   */
  public Optional<Storage> share() {
    return whenFree(
        () -> {
          if (current != settled || !settled.memory().retain()) {
            return Optional.empty();
          }
          settled.keepAfterwards();
          return Optional.of(settled.memory());
        });
  }

  /** Returns the memory of the current version, pinned; empty if it is pending or was closed. */
  public Optional<Storage> pinCurrent() {
    return whenFree(
        () -> {
          boolean pinned = current == settled && settled.memory().tryPin() == Storage.Pin.PINNED;
          return pinned ? Optional.of(settled.memory()) : Optional.empty();
        });
  }

  /**
   * Goes back to the newest version that has a value, or to the first one, after evaluating {@code
   * failed} failed.
   */
  public void abandon(Version failed) {
    whenFree(
        () -> {
          if (current == failed && (settled != null || !replaced.isEmpty())) {
            current = settled != null ? settled : replaced.get(0);
            replaced = List.of();
          }
          return null;
        });
  }

  /**
   * An assignment that was dropped before the thread that made it has heard of it.
   *
   * @param why why it cannot be computed
   */
  public record Dropped(Version version, IllegalStateException why) {}

  /**
   * Drops a version that another thread assigned and that cannot be computed any more; its thread
   * is told by {@link #takeDropped}. Returns false if it is this thread's own, is no longer current
   * or has none before it.
   */
  public boolean drop(Version version, IllegalStateException why) {
    return whenFree(
        () -> {
          boolean waits = current == version && version != settled;
          if (!waits || settled == null || version.isAssignedByThisThread()) {
            return false;
          }
          dropped = new Dropped(version, why);
          current = settled;
          replaced = List.of();
          return true;
        });
  }

  /** Returns an assignment of this thread that another thread has dropped, once. */
  public Optional<Dropped> takeDropped() {
    if (dropped == null) {
      return Optional.empty(); // as nearly always, and without the lock
    }
    synchronized (this) {
      Dropped taken = dropped;
      if (taken == null || !taken.version().isAssignedByThisThread()) {
        return Optional.empty();
      }
      dropped = null;
      return Optional.of(taken);
    }
  }

  // ---- moves of runs ----

  /**
   * Gives the parameter to a run; returns false if a program that holds it runs, or somebody waits
   * for it. An idle lease ends.
   */
  public boolean tryHold(Holder run) {
    for (; ; ) {
      Holder now;
      synchronized (this) {
        now = holder;
        if (now == null) {
          if (waiting > 0) {
            return false;
          }
          holder = run;
          return true;
        }
      }
      if (now == run || !now.tryLetGo()) {
        return false;
      }
    }
  }

  /** Returns whether {@code run} holds this parameter. */
  public synchronized boolean isHeldBy(Holder run) {
    return holder == run;
  }

  /** Ends a run's hold. */
  public synchronized void release() {
    holder = null;
  }

  /**
   * Pins the memory of a version for a run: BUSY while another run holds the parameter and may
   * overwrite it, CLOSED if the version has no memory any more. A superseded version that a
   * snapshot keeps is nobody's to overwrite, whoever holds the parameter, for however long.
   */
  public synchronized Storage.Pin tryPin(Version version, Holder run) {
    Storage memory = version.memory();
    if (memory == null) {
      return Storage.Pin.CLOSED;
    }
    boolean held = holder != null && holder != run && !version.isSuperseded();
    return held ? Storage.Pin.BUSY : memory.tryPin();
  }

  /** Returns the version after the current one, for the holder to fill in and {@link #replace}. */
  public Version next() {
    return new Version(current);
  }

  /** Returns whether a graph may have been built on the current version; the holder asks. */
  public synchronized boolean isHandedOut() {
    return current.isHandedOut();
  }

  /**
   * Returns whether the current version was not handed out and there is no gradient, so that nobody
   * could tell this version from the next; the holder asks.
   */
  public synchronized boolean isPrivate() {
    return current == settled && !current.isHandedOut() && gradient == null;
  }

  /** Gives the current version, which was assigned, its value; called by the holder. */
  public synchronized void settle(Node.Result value) {
    Version version = current;
    if (!version.publish(value)) {
      throw new IllegalStateException("parameter '" + name + "' was settled twice");
    }
    makeSettled(version);
  }

  /** Makes a version that a compiled run has computed the current one; called by the holder. */
  public synchronized void replace(Version next, Node.Result value) {
    next.publish(value);
    current = next;
    makeSettled(next);
  }

  /**
   * Keeps the newest version with a value readable for as long as anything refers to it: the thread
   * that assigned the current one may have built on both. Called by the holder, which computes the
   * current one for that thread.
   */
  public synchronized void keepSettled() {
    settled.keepForAssignerOf(current);
  }

  /**
   * Supersedes older versions, and frees their memory unless {@code version} has taken it over or
   * it is left to the collector.
   */
  private void makeSettled(Version version) {
    Version before = settled;
    settled = version;
    if (before != null) {
      Storage memory = before.memory();
      boolean overwritten = memory == version.memory();
      before.supersede(overwritten);
      if (!overwritten && !before.isKeptForOne()) {
        memory.close();
      }
    }
    for (int i = 0; i < replaced.size(); i++) {
      replaced.get(i).supersede(false);
    }
    replaced = List.of();
  }

  // ---- gradients ----

  /** Returns the gradient without handing it out: nothing will be built on it. */
  public synchronized Optional<Tensor> peekGradient() {
    return Optional.ofNullable(gradient);
  }

  /** Returns the gradient for users to build on. */
  public Optional<Tensor> gradient() {
    return whenFree(
        () -> {
          gradientIsOurs = false;
          return Optional.ofNullable(gradient);
        });
  }

  /** Forgets the gradient, and with it the backward passes that it came from. */
  public void zeroGradient() {
    whenFree(
        () -> {
          exchangeGradient(null);
          return null;
        });
  }

  /** Leaves another gradient, null for none; called by the holder. */
  public synchronized void leaveGradient(Tensor left) {
    exchangeGradient(left);
    gradientIsOurs = left != null;
  }

  /**
   * Sets the gradient. The gradient before is freed at once if a compiled function left it and
   * nobody has asked for it since: waiting for the collector could take all memory.
   */
  private void exchangeGradient(Tensor left) {
    if (gradientIsOurs) {
      Access.node(gradient).close(Access.index(gradient));
    }
    gradientIsOurs = false;
    gradient = left;
    consumers = List.of();
  }

  /** Adds the gradient of one backward pass. */
  public void accumulate(Tensor g, Backward backward) {
    for (; ; ) {
      Optional<Tensor> before = gradient();
      // Without the lock: in eager mode the sum is computed here.
      Tensor sum = before.isEmpty() ? g : before.get().plus(g);
      Access.node(sum).markOwned();
      if (whenFree(() -> add(before.orElse(null), sum, backward))) {
        return;
      }
    }
  }

  private boolean add(Tensor before, Tensor sum, Backward backward) {
    if (gradient != before) {
      return false; // another thread has added or forgotten something meanwhile
    }
    gradient = sum;
    if (consumers.isEmpty()) {
      consumers = backward.alone();
    } else if (!consumers.contains(backward)) {
      List<Backward> more = new ArrayList<>(consumers);
      more.add(backward);
      consumers = List.copyOf(more);
    }
    return true;
  }

  /**
   * Returns the backward passes whose gradients this parameter holds and no step has consumed. One
   * pass gives all its parameters the same list.
   */
  public List<Backward> consumers() {
    return whenFree(() -> gradient == null ? List.of() : consumers);
  }

  /** Forgets a pass that a step has consumed. */
  void removeConsumer(Backward backward) {
    whenFree(
        () -> {
          if (consumers == backward.alone()) {
            consumers = List.of();
          } else if (consumers.contains(backward)) {
            consumers = consumers.stream().filter(other -> other != backward).toList();
          }
          return null;
        });
  }
}
