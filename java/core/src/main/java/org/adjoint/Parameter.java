package org.adjoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.internal.backend.Storage;

/**
 * A tensor with state: a name and a current version. {@link #assign} makes a pending version, which
 * the next evaluation computes, usually in the memory of the version before. Built into a graph, a
 * parameter stands for the version that is current at that moment.
 */
public final class Parameter extends Versioned {
  private final String name;
  private final boolean trainable;

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
    super(init.type());
    this.name = name;
    this.trainable = trainable;
    if (init.node().isSymbolic()) {
      throw dependsOnStandIn("cannot start as");
    }
    start(new Version(this, 0, init.node(), init.index(), new Type[] {init.type()}));
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
    return handOut();
  }

  /** Returns the node without handing it out: nothing will be built on it. */
  @Override
  Node look() {
    return Binding.isOpen() ? Binding.of(this).orElseGet(this::current) : current();
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
    advance(value);
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
      Optional<Version> kept = keepCurrent();
      if (kept.isPresent()) {
        return new Tensor(kept.get(), 0);
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

  @Override
  Parameter parameter() {
    return this;
  }

  @Override
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
}
