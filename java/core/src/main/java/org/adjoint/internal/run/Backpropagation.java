package org.adjoint.internal.run;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.adjoint.Tensor;
import org.adjoint.internal.backend.Log;
import org.adjoint.internal.derive.DifferentiablePart;
import org.adjoint.internal.derive.LazyGradients;
import org.adjoint.internal.derive.Reached;
import org.adjoint.internal.derive.Reverse;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Backward;
import org.adjoint.internal.graph.Binding;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.Recorder;
import org.adjoint.internal.graph.ThreadState;

/** What {@link Tensor#backward} does: finds the parameters, and promises each its gradient. */
public final class Backpropagation {
  private static final AtomicBoolean HINTED = new AtomicBoolean();
  private static final AtomicBoolean TOLD_NOTHING_REACHED = new AtomicBoolean();

  private Backpropagation() {}

  /** Adds the gradient of a scalar to every trainable parameter that it reaches. */
  public static void run(Tensor y) {
    ThreadState.get()
        .writing()
        .ifPresent(
            name -> {
              throw new IllegalStateException(
                  "backward(): cannot be called inside a function that "
                      + name
                      + " is writing down; return the loss and call backward() outside, or use"
                      + " Grad.of inside");
            });
    Tensor loss = Access.tensor(Access.node(y), Access.index(y));
    Reverse.checkScalar("backward", loss);
    Optional<Recorder> recording = Binding.recording();
    if (recording.isPresent()) {
      recording.get().backward(loss);
      return;
    }
    if (Access.node(loss).isEvaluated()
        && Access.node(loss).inputs().length > 0
        && HINTED.compareAndSet(false, true)) {
      Log.info(
          Tensor.class,
          "backward(): this loss was evaluated before, so its forward part runs twice; ask for its value afterwards");
    }
    DifferentiablePart part = DifferentiablePart.of(List.of(Access.node(loss)), List.of());
    List<ParameterState> parameters = Reached.trainableParameters(part);
    if (parameters.isEmpty() && TOLD_NOTHING_REACHED.compareAndSet(false, true)) {
      Log.warn(
          Tensor.class,
          "backward(): the loss "
              + loss.type()
              + " reaches no trainable parameter, so no gradient changes; was it"
              + " detached, or built from buffers alone?");
    }
    if (evaluateEarlier(parameters)) {
      part =
          DifferentiablePart.of(List.of(Access.node(loss)), List.of()); // nodes may be leaves now
    }
    List<Tensor> gradients = LazyGradients.of(loss, part, parameters);
    Backward backward = new Backward(loss, parameters);
    for (int i = 0; i < parameters.size(); i++) {
      parameters.get(i).accumulate(gradients.get(i), backward);
    }
  }

  /**
   * Evaluates gradients of earlier passes, so that K micro-batches are K runs and not one K-fold
   * program; returns whether there were any.
   */
  private static boolean evaluateEarlier(List<ParameterState> parameters) {
    List<Tensor> roots = List.of();
    Set<Backward> passes = Set.of();
    for (ParameterState parameter : parameters) {
      Optional<Tensor> g = parameter.gradient();
      if (g.isEmpty() || Access.node(g.get()).isEvaluated()) {
        continue;
      }
      if (roots.isEmpty()) {
        roots = new ArrayList<>();
        passes = new LinkedHashSet<>();
      }
      List<Backward> consumers = parameter.consumers();
      if (consumers.isEmpty()) {
        if (Access.node(g.get()).isEvaluated()
            || parameter.peekGradient().orElse(null) != g.get()) {
          continue; // another thread has computed the gradient, or left another one, just now
        }
        throw new IllegalStateException(
            "backward(): the gradient of parameter '"
                + parameter.name()
                + "' was consumed by step() without being evaluated; call zeroGrad() after step()");
      }
      passes.addAll(consumers);
      roots.add(g.get());
    }
    for (Backward pass : passes) {
      roots.add(pass.loss());
    }
    if (roots.isEmpty()) {
      return false;
    }
    Evaluator.evaluate(roots);
    return true;
  }
}
