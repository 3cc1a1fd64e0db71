package org.adjoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.adjoint.internal.backend.Storage;

/**
 * The versions of a {@link Parameter}: which is current, which has memory that the next may
 * overwrite, and who has the right to compute that. All moves from state to state are made here,
 * under this object's lock; what users ask of a parameter is no business of it. A class above and
 * not an object beside: a step looks at each parameter, and at nothing else of it.
 */
abstract sealed class Versioned extends Tensor permits Parameter {
  private static final AtomicIntegerFieldUpdater<Versioned> WRITTEN =
      AtomicIntegerFieldUpdater.newUpdater(Versioned.class, "written");

  private final Type type;

  /** Null while a compiled step has this parameter to itself: look at it by {@link #current()}. */
  private volatile Version current;

  private volatile Version settled;

  /** Pending versions that another assignment came after; nearly always none. */
  private List<Version> replaced = List.of();

  /** Who has the current version, while that is null. */
  private volatile Lease lease;

  /** 1 while a run has the right to compute the next version. */
  private volatile int written;

  Versioned(Type type) {
    super(null, 0);
    this.type = type;
  }

  /** Returns this. */
  abstract Parameter parameter();

  /** Returns the gradient outside of any recording. */
  abstract Optional<Tensor> settledGradient();

  @Override
  public Type type() {
    return type; // whatever it stands for is of its type
  }

  /** Sets the first version. */
  final void start(Version first) {
    current = first;
  }

  /** Returns whether a version is the current one; of one that is lent nobody could ask. */
  boolean isCurrent(Version version) {
    return current == version;
  }

  /** Returns the current version; a compiled step that has it to itself gives it back. */
  Version current() {
    for (; ; ) {
      Version version = current;
      if (version != null) {
        return version;
      }
      Lease lent = lease;
      if (lent != null) { // else it is being given back
        lent.end();
      }
    }
  }

  /**
   * Gives the current version, whose memory a compiled step's run owns, to that step; empty if the
   * version may be known elsewhere, or has other memory, or there is a gradient.
   */
  synchronized Optional<Version> lend(Lease to, Storage memory) {
    Version version = current;
    boolean settledOnly = version == settled && settledGradient().isEmpty();
    if (!settledOnly || version.value(0).filter(value -> value == memory).isEmpty()) {
      return Optional.empty();
    }
    lease = to;
    current = null;
    if (version.isHandedOut() || version.isSnapshot()) { // after taking it: see handOut()
      takeBack(version);
      return Optional.empty();
    }
    return Optional.of(version);
  }

  /** Takes back what was lent. */
  void takeBack(Version version) {
    lease = null;
    current = version;
  }

  /** Returns the current version to build a graph on. */
  final Version handOut() {
    for (; ; ) {
      Version version = current();
      version.handOut();
      if (current != null) { // else a compiled step has taken it before it could know
        return version;
      }
    }
  }

  /**
   * Makes a tensor of the right type the pending version.
   *
   * @throws IllegalStateException if another thread's assignment is still pending
   */
  final synchronized void advance(Tensor value) {
    Version before = current();
    if (before.isPending()) {
      if (settled != null && !before.isAssignedByThisThread()) {
        throw new IllegalStateException(
            "parameter '"
                + parameter().name()
                + "': thread '"
                + before.assignedByName()
                + "' has assigned to it and not evaluated yet; assign to one parameter from one"
                + " thread at a time");
      }
      replaced = replaced.isEmpty() ? new ArrayList<>() : replaced;
      replaced.add(before);
    }
    long sequence = before.sequence() + 1;
    current = new Version(parameter(), sequence, value.node(), value.index(), before.types());
  }

  /**
   * Returns the current version, marked as a snapshot; empty if it has no memory of its own now.
   */
  final synchronized Optional<Version> keepCurrent() {
    Version version = current();
    Optional<Storage> memory = version.value(0);
    if (memory.isEmpty()) {
      return Optional.empty();
    }
    boolean before = version.isSnapshot();
    version.keepAsSnapshot();
    // A run that owns the memory by now may not have seen this: it overwrites it.
    if (!before && memory.get().isOwned()) {
      version.giveUpSnapshot();
      return Optional.empty();
    }
    return Optional.of(version);
  }

  /**
   * Returns the settled version for the next one to overwrite, owned by this run alone; empty if
   * there is none, or a snapshot or another run needs its memory.
   */
  Optional<Version> donate() {
    Version version = settled;
    if (version == null || version.isSnapshot()) {
      return Optional.empty();
    }
    Optional<Storage> memory = version.value(0);
    if (memory.isEmpty() || !memory.get().tryOwn()) {
      return Optional.empty();
    }
    // Without the lock: a snapshot is marked before it looks who owns, so one of the two gives way.
    if (version.isSnapshot() || version != settled) {
      memory.get().disown();
      return Optional.empty();
    }
    return Optional.of(version);
  }

  /** Returns as {@link #donate}, but only the current version: nothing is pending. */
  Optional<Version> donateCurrent() {
    return current() == settled ? donate() : Optional.empty();
  }

  /** Gives a version its value; all older ones are superseded and their memory freed. */
  synchronized void settle(Version version, Storage[] values) {
    if (version.isSuperseded() || !version.publish(values)) {
      values[0].close();
      return;
    }
    version.dropInputs();
    Version before = settled;
    if (before != null) {
      supersede(before, values[0]);
    }
    settled = version;
    if (replaced.isEmpty()) {
      return;
    }
    for (Version old : List.copyOf(replaced)) {
      if (old.sequence() <= version.sequence()) {
        replaced.remove(old);
        if (old != version) {
          old.supersede();
        }
      }
    }
  }

  /**
   * Makes a value that a run has computed the current version. An assignment that another thread
   * made meanwhile comes after it.
   */
  synchronized void replace(Storage value) {
    Version before = current();
    boolean overtaken = before.isPending();
    long sequence = overtaken ? settled.sequence() : before.sequence() + 1;
    Version version = new Version(parameter(), sequence, before.types());
    // First the value: nobody may find a current version that has neither value nor inputs.
    settle(version, new Storage[] {value});
    if (!overtaken) {
      current = version;
    }
  }

  /**
   * Takes the right to compute the next version from this one; a compiled function has it alone.
   */
  boolean tryWrite() {
    current(); // who holds it from run to run lets go
    return WRITTEN.compareAndSet(this, 0, 1);
  }

  void endWrite() {
    WRITTEN.lazySet(this, 0);
  }

  private static void supersede(Version old, Storage taken) {
    Optional<Storage> memory = old.value(0);
    old.supersede();
    if (!old.isSnapshot() && memory.isPresent() && memory.get() != taken) {
      memory.get().close();
    }
  }

  /**
   * Goes back to the newest version that has a value, or to the first one, after evaluating {@code
   * failed} failed.
   */
  synchronized void abandon(Version failed) {
    if (current() != failed || (settled == null && replaced.isEmpty())) {
      return;
    }
    current = settled != null ? settled : replaced.get(0);
    replaced = List.of();
  }
}
