package org.adjoint;

import java.util.List;
import java.util.Optional;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.graph.Binding;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.Recorder;
import org.adjoint.internal.graph.ScopeState;
import org.adjoint.internal.graph.ThreadState;
import org.adjoint.internal.run.Evaluator;

/**
 * A tensor with state: a name and a current version. {@link #assign} makes a pending version, which
 * the next evaluation computes, usually in the memory of the version before. Built into a graph, a
 * parameter stands for the version that is current at that moment.
 */
public final class Parameter extends Tensor {
  private final ParameterState state;

  private Parameter(Tensor init, String name, boolean trainable) {
    super(null, 0);
    if (init.node().isSymbolic()) {
      throw dependsOnStandIn(name, "cannot start as");
    }
    this.state = new ParameterState(this, init, name, trainable);
    ThreadState.get().noteAssignment(state);
  }

  /** Returns the versions and the gradient. */
  ParameterState state() {
    return state;
  }

  /**
   * Returns a trainable parameter that starts as {@code init}, an F32 or F64 tensor.
   *
   * @throws IllegalArgumentException if {@code init} is of another dtype
   * @throws IllegalStateException if {@code init} depends on the arguments of a function that is
   *     being written down
   */
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
   *
   * @throws IllegalStateException if {@code init} depends on the arguments of a function that is
   *     being written down
   */
  public static Parameter buffer(Tensor init, String name) {
    return new Parameter(init, name, false);
  }

  @Override
  Node node() {
    Optional<Node> bound = Binding.isOpen() ? Binding.of(state) : Optional.empty();
    return bound.orElseGet(state::handOut);
  }

  /** Returns the node without handing it out: nothing will be built on it. */
  @Override
  Node look() {
    return Binding.isOpen() ? Binding.of(state).orElseGet(state::peek) : state.peek();
  }

  @Override
  public Type type() {
    return state.type(); // whatever it stands for is of its type
  }

  /** Returns the name it was given, as errors and files use it. */
  public String name() {
    return state.name();
  }

  /** Returns whether {@link Tensor#backward} gives it a gradient. */
  public boolean isTrainable() {
    return state.isTrainable();
  }

  /** Returns whether {@link #freeze} has taken it out of training. */
  public boolean isFrozen() {
    return state.isFrozen();
  }

  /**
   * Takes this parameter out of training: its gradient is forgotten, {@link Tensor#backward} gives
   * it none, and optimizers leave it as it is, until {@link #unfreeze}. {@link Grad} still
   * differentiates by it, where it is asked to. A step that {@link Compiled} has recorded is
   * recorded again.
   *
   * @throws IllegalStateException if it is a buffer, which is never trained, or inside {@link
   *     Compiled}
   */
  public void freeze() {
    freeze(true);
  }

  /**
   * Takes this parameter into training again.
   *
   * @throws IllegalStateException as {@link #freeze} does
   */
  public void unfreeze() {
    freeze(false);
  }

  private void freeze(boolean freeze) {
    if (!isTrainable() && !isFrozen()) {
      throw new IllegalStateException(
          "parameter '" + name() + "': is a buffer, which is never trained");
    }
    if (Binding.recording().isPresent()) {
      throw new IllegalStateException(
          "parameter '" + name() + "': cannot be frozen or unfrozen inside Compiled; do so before");
    }
    state.freeze(freeze);
  }

  /**
   * Makes {@code value}, detached, the pending version. The next evaluation on this thread computes
   * it.
   *
   * @throws IllegalArgumentException if shape or dtype differ
   * @throws IllegalStateException if another thread's assignment is still pending, inside {@link
   *     Parameters#with}, or if {@code value} depends on the arguments of a function that {@link
   *     Vmap}, {@link Checkpoint} or {@link Scan} is writing down
   */
  public void assign(Tensor value) {
    if (!value.type().equals(type())) {
      throw new IllegalArgumentException(
          "parameter '" + name() + "' is " + type() + "; cannot assign " + value.type());
    }
    Optional<Binding> binding = Binding.deciding(state);
    if (binding.isPresent() && binding.get() instanceof Recorder recorder) {
      recorder.assign(state, value);
      return;
    }
    if (binding.isPresent()) {
      throw new IllegalStateException(
          "parameter '"
              + name()
              + "': cannot be assigned inside Parameters.with, which gives it a value");
    }
    if (value.node().isSymbolic()) {
      throw dependsOnStandIn(name(), "cannot be assigned");
    }
    state.advance(value);
    ThreadState.get().noteAssignment(state);
  }

  private static IllegalStateException dependsOnStandIn(String name, String what) {
    return new IllegalStateException(
        "parameter '"
            + name
            + "': "
            + what
            + " what depends on the arguments of a function that Vmap, Checkpoint, Scan or Compiled"
            + " is writing down; return it from the function, and assign it outside");
  }

  /**
   * Returns the values of this moment as a constant: no source of gradients, of this parameter's
   * type, and alive until {@link #release} or its {@link Scope} ends it. The next version gets
   * memory of its own instead of overwriting it.
   *
   * @throws IllegalStateException inside {@link Parameters#with} and {@link Compiled}
   */
  public Tensor snapshot() {
    if (Binding.of(state).isPresent()) {
      throw new IllegalStateException(
          "parameter '"
              + name()
              + "': has no version to keep inside Parameters.with or Compiled; take the snapshot"
              + " before");
    }
    for (; ; ) {
      Evaluator.evaluate(List.of());
      Evaluator.settle(state);
      Optional<Storage> shared = state.share();
      if (shared.isPresent()) {
        Node value = Node.value(type(), shared.get());
        ScopeState.register(value);
        return new Tensor(value, 0);
      }
    }
  }

  /**
   * Returns what {@link Tensor#backward} has added up since the last {@link #zeroGrad}, empty if
   * nothing reached it.
   */
  public Optional<Tensor> grad() {
    Optional<Recorder> recording = Binding.recording();
    if (recording.isPresent()) {
      return recording.get().gradient(state);
    }
    return state.gradient();
  }

  /** Forgets the gradient, and with it the backward passes that it came from. */
  public void zeroGrad() {
    Optional<Recorder> recording = Binding.recording();
    if (recording.isPresent()) {
      recording.get().zeroGradient(state);
    } else {
      state.zeroGradient();
    }
  }

  /** Returns dtype, shape and name, such as {@code F32[784, 256] 'fc1.weight'}; runs nothing. */
  @Override
  public String toString() {
    return type() + " '" + name() + "'";
  }
}
