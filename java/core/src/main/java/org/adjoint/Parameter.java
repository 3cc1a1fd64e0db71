package org.adjoint;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A tensor with state: a name and a current version. {@link #assign} makes a pending version, which
 * the next evaluation computes, usually in the memory of the version before. Built into a graph, a
 * parameter stands for the version that is current at that moment.
 */
public final class Parameter extends Tensor {
  private final String name;
  private final boolean trainable;
  private volatile Version current;
  private Version settled;
  private final List<Version> replaced = new ArrayList<>();
  private Tensor gradient;
  private final Set<Backward> consumers = new LinkedHashSet<>();

  private Parameter(Tensor init, String name, boolean trainable) {
    super(null, 0);
    this.name = name;
    this.trainable = trainable;
    this.current = new Version(this, init.node(), init.index());
  }

  /** Returns a trainable parameter that starts as {@code init}, an F32 or F64 tensor. */
  public static Parameter of(Tensor init, String name) {
    if (!init.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "parameter '" + name + "': needs F32 or F64, got " + init.type());
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
    return current;
  }

  Version current() {
    return current;
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
    synchronized (this) {
      if (settled != null
          && current.isPending()
          && current.assignedBy() != Thread.currentThread()) {
        throw new IllegalStateException(
            "parameter '"
                + name
                + "': thread '"
                + current.assignedBy().getName()
                + "' has assigned to it and not evaluated yet; assign to one parameter from one thread at a time");
      }
      if (current.isPending()) {
        replaced.add(current);
      }
      current = new Version(this, value.node(), value.index());
    }
    Pending.add(this);
  }

  /**
   * Returns the current version, evaluated, as a tensor that keeps its value: the next version gets
   * memory of its own instead of overwriting it.
   */
  public Tensor snapshot() {
    eval();
    Version version = current;
    version.keepAsSnapshot();
    return new Tensor(version, 0);
  }

  /**
   * Returns what {@link Tensor#backward} has added up since the last {@link #zeroGrad}, empty if
   * nothing reached it.
   */
  public synchronized Optional<Tensor> grad() {
    return Optional.ofNullable(gradient);
  }

  /** Forgets the gradient. */
  public synchronized void zeroGrad() {
    gradient = null;
  }

  synchronized void setGrad(Tensor g) {
    gradient = g;
  }

  /** Returns the backward passes whose gradients this parameter holds and no step has consumed. */
  synchronized Set<Backward> consumers() {
    return new LinkedHashSet<>(consumers);
  }

  synchronized void addConsumer(Backward backward) {
    consumers.add(backward);
  }

  synchronized void removeConsumer(Backward backward) {
    consumers.remove(backward);
  }

  /** Returns the newest version that has a value; empty before the first evaluation. */
  synchronized Optional<Version> settled() {
    return Optional.ofNullable(settled);
  }

  /** Makes an evaluated version the settled one; all before it are superseded. */
  synchronized void settle(Version version) {
    Optional<Version> before = settled();
    settled = version;
    before.ifPresent(Version::supersede);
    replaced.forEach(Version::supersede);
    replaced.clear();
  }

  /** Goes back to the settled version, after evaluating {@code failed} failed. */
  synchronized void abandon(Version failed) {
    if (current == failed && settled != null) {
      current = settled;
    }
  }
}
