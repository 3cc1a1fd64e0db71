package org.adjoint.internal.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.derive.Backward;
import org.adjoint.internal.step.Lease;

/**
 * The state of a {@link Parameter}: which version is current, which has memory that the next may
 * overwrite, who has the right to compute that, and the gradient that backward passes have added
 * up. All moves from state to state are made here, under this object's lock; {@code Parameter} is
 * what users see of it.
 */
public final class ParameterState {
  private static final AtomicIntegerFieldUpdater<ParameterState> WRITTEN =
      AtomicIntegerFieldUpdater.newUpdater(ParameterState.class, "written");

  private final Parameter parameter;
  private final Type type;
  private final String name;
  private final boolean trainable;

  /** Null while a compiled step has this parameter to itself: look at it by {@link #current()}. */
  private volatile Version current;

  private volatile Version settled;

  /** Pending versions that another assignment came after; nearly always none. */
  private List<Version> replaced = List.of();

  /** Who has the current version, while that is null. */
  private volatile Lease lease;

  /** 1 while a run has the right to compute the next version. */
  private volatile int written;

  /** Written under the lock. */
  private volatile Tensor gradient;

  /**
   * Whether a compiled function left the gradient and nobody else has seen it. Written under the
   * lock, and true for as long as such a gradient can be found.
   */
  private volatile boolean gradientIsOurs;

  /**
   * The backward passes that the gradient came from and no step has consumed; immutable, and
   * written under the lock.
   */
  private volatile List<Backward> consumers = List.of();

  /** Makes the state of a parameter whose first version is {@code init}. */
  public ParameterState(Parameter parameter, Tensor init, String name, boolean trainable) {
    this.parameter = parameter;
    this.type = init.type();
    this.name = name;
    this.trainable = trainable;
    this.current =
        new Version(this, 0, Access.node(init), Access.index(init), new Type[] {init.type()});
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

  /** Returns whether backward passes give it a gradient. */
  public boolean isTrainable() {
    return trainable;
  }

  /** Returns whether a version is the current one; of one that is lent nobody could ask. */
  public boolean isCurrent(Version version) {
    return current == version;
  }

  /** Returns the current version; a compiled step that has it to itself gives it back. */
  public Version current() {
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
  public synchronized Optional<Version> lend(Lease to, Storage memory) {
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
  public void takeBack(Version version) {
    lease = null;
    current = version;
  }

  /** Returns the current version to build a graph on. */
  public final Version handOut() {
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
  public final synchronized void advance(Tensor value) {
    Version before = current();
    if (before.isPending()) {
      if (settled != null && !before.isAssignedByThisThread()) {
        throw new IllegalStateException(
            "parameter '"
                + name
                + "': thread '"
                + before.assignedByName()
                + "' has assigned to it and not evaluated yet; assign to one parameter from one"
                + " thread at a time");
      }
      replaced = replaced.isEmpty() ? new ArrayList<>() : replaced;
      replaced.add(before);
    }
    long sequence = before.sequence() + 1;
    current = new Version(this, sequence, Access.node(value), Access.index(value), before.types());
  }

  /**
   * Returns the current version, marked as a snapshot; empty if it has no memory of its own now.
   */
  public final synchronized Optional<Version> keepCurrent() {
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
  public Optional<Version> donate() {
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
  public Optional<Version> donateCurrent() {
    return current() == settled ? donate() : Optional.empty();
  }

  /** Gives a version its value; all older ones are superseded and their memory freed. */
  public synchronized void settle(Version version, Storage[] values) {
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
  public synchronized void replace(Storage value) {
    Version before = current();
    boolean overtaken = before.isPending();
    long sequence = overtaken ? settled.sequence() : before.sequence() + 1;
    Version version = new Version(this, sequence, before.types());
    // First the value: nobody may find a current version that has neither value nor inputs.
    settle(version, new Storage[] {value});
    if (!overtaken) {
      current = version;
    }
  }

  /**
   * Takes the right to compute the next version from this one; a compiled function has it alone.
   */
  public boolean tryWrite() {
    current(); // who holds it from run to run lets go
    return WRITTEN.compareAndSet(this, 0, 1);
  }

  public void endWrite() {
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
  public synchronized void abandon(Version failed) {
    if (current() != failed || (settled == null && replaced.isEmpty())) {
      return;
    }
    current = settled != null ? settled : replaced.get(0);
    replaced = List.of();
  }

  /** Returns the gradient without handing it out: nothing will be built on it. */
  public Optional<Tensor> settledGradient() {
    return Optional.ofNullable(gradient);
  }

  /** Returns the gradient for users to build on. */
  public Optional<Tensor> gradient() {
    Tensor found = gradient;
    // In this order: one that is ours and goes is gone before it is not ours any more.
    boolean plain = found == null || (!gradientIsOurs && gradient == found);
    return plain ? Optional.ofNullable(found) : handOutGradient();
  }

  private synchronized Optional<Tensor> handOutGradient() {
    gradientIsOurs = false;
    return settledGradient();
  }

  /**
   * Takes the gradient that a compiled function has left. The one that it left before goes at once
   * if nobody has asked for it: waiting for the collector could take all memory.
   */
  public void settleGradient(Optional<Tensor> left) {
    if (gradient == null && left.isEmpty()) {
      return; // without a gradient there are no consumers either
    }
    exchangeGradient(left);
  }

  private synchronized void exchangeGradient(Optional<Tensor> left) {
    current();
    if (gradientIsOurs && gradient != null) {
      Access.node(gradient).value(Access.index(gradient)).ifPresent(Storage::close);
    }
    left.ifPresent(g -> Access.node(g).markOwned());
    if (left.isPresent()) {
      gradientIsOurs = true;
    }
    gradient = left.orElse(null);
    if (left.isEmpty() && gradientIsOurs) {
      gradientIsOurs = false;
    }
    forgetConsumers();
  }

  /** Adds the gradient of one backward pass. */
  public synchronized void accumulate(Tensor g, Backward backward) {
    current(); // a step that has this parameter to itself knows that there is no gradient
    Tensor sum = gradient == null ? g : gradient.plus(g);
    Access.node(sum).markOwned();
    addConsumer(backward); // first: a gradient without one is taken for a step's that has failed
    gradient = sum;
    if (gradientIsOurs) {
      gradientIsOurs = false;
    }
  }

  private void addConsumer(Backward backward) {
    if (consumers.isEmpty()) {
      consumers = backward.alone();
    } else if (!consumers.contains(backward)) {
      List<Backward> more = new ArrayList<>(consumers);
      more.add(backward);
      consumers = List.copyOf(more);
    }
  }

  private void forgetConsumers() {
    if (!consumers.isEmpty()) {
      consumers = List.of();
    }
  }

  /**
   * Returns the backward passes whose gradients this parameter holds and no step has consumed. One
   * pass gives all its parameters the same list.
   */
  public List<Backward> consumers() {
    return gradient == null ? List.of() : consumers;
  }

  /** Forgets a pass that a step has consumed. */
  public void removeConsumer(Backward backward) {
    if (!consumers.isEmpty()) {
      remove(backward);
    }
  }

  private synchronized void remove(Backward backward) {
    if (consumers == backward.alone()) {
      forgetConsumers();
    } else if (consumers.contains(backward)) {
      consumers = consumers.stream().filter(other -> other != backward).toList();
    }
  }
}
