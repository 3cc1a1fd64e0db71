package org.adjoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.adjoint.internal.backend.Storage;

/**
 * A tensor with state: a name and a current version. {@link #assign} makes a pending version, which
 * the next evaluation computes, usually in the memory of the version before. Built into a graph, a
 * parameter stands for the version that is current at that moment.
 */
public final class Parameter extends Tensor {
  private static final AtomicIntegerFieldUpdater<Parameter> WRITTEN =
      AtomicIntegerFieldUpdater.newUpdater(Parameter.class, "written");

  private final String name;
  private final boolean trainable;

  private final Type type;

  // The state machine of versions; all moves are made here, under this object's lock.

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

  private Parameter(Tensor init, String name, boolean trainable) {
    super(null, 0);
    this.name = name;
    this.trainable = trainable;
    if (init.node().isSymbolic()) {
      throw dependsOnStandIn("cannot start as");
    }
    this.type = init.type();
    this.current = new Version(this, 0, init.node(), init.index(), new Type[] {type});
    Pending.add(this);
  }

  /** Returns a trainable parameter that starts as {@code init}, an F32 or F64 tensor. */
  public static Parameter of(Tensor init, String name) {
    if (!init.dtype().isArithmetic()) {
      throw new IllegalArgumentException(
          "parameter '"
              + name
              + "': needs F32 or F64, got "
              + init.type()
              + (init.dtype() == DType.BF16
                  ? "; keep it F32 and cast it where it multiplies"
                  : ""));
    }
    return new Parameter(init, name, true);
  }

  /**
   * Returns state that gradients are never taken by, such as running statistics or moments; any
   * dtype.
   */
  public static Parameter buffer(Tensor init, String name) {
    return new Parameter(init, name, false);
  }

  @Override
  Node node() {
    Optional<Node> bound = Binding.isOpen() ? Binding.of(this) : Optional.empty();
    if (bound.isPresent()) {
      if (bound.get() instanceof Version version) {
        version.handOut();
      }
      return bound.get();
    }
    for (; ; ) {
      Version version = current();
      version.handOut();
      if (current != null) { // else a compiled step has taken it before it could know
        return version;
      }
    }
  }

  @Override
  public Type type() {
    return type; // whatever it stands for is of its type
  }

  /** Returns the node without handing it out: nothing will be built on it. */
  @Override
  Node look() {
    return Binding.isOpen() ? Binding.of(this).orElseGet(this::current) : current();
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
    boolean settledOnly = version == settled && gradient == null;
    if (!settledOnly || version.value(0).filter(value -> value == memory).isEmpty()) {
      return Optional.empty();
    }
    lease = to;
    current = null;
    if (version.isHandedOut() || version.isSnapshot()) { // after taking it: see node()
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

  /** Returns the name it was given, as errors and files use it. */
  public String name() {
    return name;
  }

  /** Returns whether {@link Tensor#backward} gives it a gradient. */
  public boolean isTrainable() {
    return trainable;
  }

  /**
   * Makes {@code value}, detached, the pending version. The next evaluation on this thread computes
   * it.
   *
   * @throws IllegalArgumentException if shape or dtype differ
   * @throws IllegalStateException if another thread's assignment is still pending
   */
  public void assign(Tensor value) {
    if (!value.type().equals(type())) {
      throw new IllegalArgumentException(
          "parameter '" + name + "' is " + type() + "; cannot assign " + value.type());
    }
    Optional<Binding> binding = Binding.deciding(this);
    if (binding.isPresent() && binding.get() instanceof Recording recording) {
      recording.assign(this, value);
      return;
    }
    if (binding.isPresent()) {
      throw new IllegalStateException(
          "parameter '"
              + name
              + "': cannot be assigned inside Parameters.with, which gives it a value");
    }
    if (value.node().isSymbolic()) {
      throw dependsOnStandIn("cannot be assigned");
    }
    synchronized (this) {
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
      current =
          new Version(this, before.sequence() + 1, value.node(), value.index(), before.types());
    }
    Pending.add(this);
  }

  private IllegalStateException dependsOnStandIn(String what) {
    return new IllegalStateException(
        "parameter '"
            + name
            + "': "
            + what
            + " what depends on the arguments of a function that Vmap, Checkpoint, Scan or Compiled"
            + " is writing down; return it from the function, and assign it outside");
  }

  /**
   * Returns the current version, evaluated, as a tensor that keeps its value: the next version gets
   * memory of its own instead of overwriting it.
   */
  public Tensor snapshot() {
    if (Binding.of(this).isPresent()) {
      throw new IllegalStateException(
          "parameter '"
              + name
              + "': has no version to keep inside Parameters.with or Compiled; take the snapshot"
              + " before");
    }
    for (; ; ) {
      eval();
      synchronized (this) {
        Version version = current();
        Optional<Storage> memory = version.value(0);
        if (memory.isPresent()) {
          boolean before = version.isSnapshot();
          version.keepAsSnapshot();
          // A run that owns the memory by now may not have seen this: it overwrites it.
          if (before || !memory.get().isOwned()) {
            return new Tensor(version, 0);
          }
          version.giveUpSnapshot();
        }
      }
      Thread.onSpinWait();
    }
  }

  /**
   * Returns what {@link Tensor#backward} has added up since the last {@link #zeroGrad}, empty if
   * nothing reached it.
   */
  public Optional<Tensor> grad() {
    Optional<Recording> recording = Binding.recording();
    if (recording.isPresent()) {
      return recording.get().gradient(this);
    }
    Tensor found = gradient;
    // In this order: one that is ours and goes is gone before it is not ours any more.
    boolean plain = found == null || (!gradientIsOurs && gradient == found);
    return plain ? Optional.ofNullable(found) : handOutGradient();
  }

  private synchronized Optional<Tensor> handOutGradient() {
    gradientIsOurs = false;
    return settledGradient();
  }

  /** Returns the gradient outside of any recording. */
  Optional<Tensor> settledGradient() {
    return Optional.ofNullable(gradient);
  }

  /**
   * Takes the gradient that a compiled function has left. The one that it left before goes at once
   * if nobody has asked for it: waiting for the collector could take all memory.
   */
  void settleGradient(Optional<Tensor> left) {
    if (gradient == null && left.isEmpty()) {
      return; // without a gradient there are no consumers either
    }
    exchangeGradient(left);
  }

  private synchronized void exchangeGradient(Optional<Tensor> left) {
    current();
    if (gradientIsOurs && gradient != null) {
      gradient.node().value(gradient.index()).ifPresent(Storage::close);
    }
    left.ifPresent(g -> g.node().markOwned());
    if (left.isPresent()) {
      gradientIsOurs = true;
    }
    gradient = left.orElse(null);
    if (left.isEmpty() && gradientIsOurs) {
      gradientIsOurs = false;
    }
    forgetConsumers();
  }

  /** Forgets the gradient, and with it the backward passes that it came from. */
  public void zeroGrad() {
    Optional<Recording> recording = Binding.recording();
    if (recording.isPresent()) {
      recording.get().zeroGradient(this);
    } else {
      settleGradient(Optional.empty());
    }
  }

  /** Adds the gradient of one backward pass. */
  synchronized void accumulate(Tensor g, Backward backward) {
    current(); // a step that has this parameter to itself knows that there is no gradient
    Tensor sum = gradient == null ? g : gradient.plus(g);
    sum.node().markOwned();
    gradient = sum;
    if (gradientIsOurs) {
      gradientIsOurs = false;
    }
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
  List<Backward> consumers() {
    return gradient == null ? List.of() : consumers;
  }

  /** Forgets a pass that a step has consumed. */
  void removeConsumer(Backward backward) {
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
    if (settled != null) {
      supersede(settled, values[0]);
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
