package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Binding;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.Version;
import org.adjoint.internal.run.Evaluator;
import org.adjoint.internal.step.Recording;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call of {@link Tensor#backward}: its loss and the parameters that it reached, until a step
 * consumes it.
 */
public final class Backward {
  private static final Logger LOG = LoggerFactory.getLogger(Tensor.class);
  private static final AtomicBoolean HINTED = new AtomicBoolean();

  private final Tensor loss;
  private final List<ParameterState> parameters;
  private final List<Backward> alone = List.of(this);

  private Backward(Tensor loss, List<ParameterState> parameters) {
    this.loss = loss;
    this.parameters = parameters;
  }

  /** Returns the loss, whose graph a step consumes. */
  public Tensor loss() {
    return loss;
  }

  /** Returns the parameters that were reached. */
  public List<ParameterState> parameters() {
    return parameters;
  }

  /** Returns the list that has nothing but this: always the same one. */
  public List<Backward> alone() {
    return alone;
  }

  @Override
  public int hashCode() {
    return Access.node(loss).hash(); // at hand, where the JVM would have to make one and store it
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  public static void run(Tensor y) {
    Tensor loss = Access.tensor(Access.node(y), Access.index(y));
    Reverse.checkScalar("backward", loss);
    Optional<Recording> recording = Binding.recording();
    if (recording.isPresent()) {
      recording.get().backward(loss);
      return;
    }
    if (Access.node(loss).isEvaluated()
        && Access.node(loss).inputs().length > 0
        && HINTED.compareAndSet(false, true)) {
      LOG.info(
          "backward(): this loss was evaluated before, so its forward part runs twice; ask for its value afterwards");
    }
    DifferentiablePart part = DifferentiablePart.of(Access.node(loss));
    List<ParameterState> parameters = Reached.trainableParameters(Access.node(loss), part);
    if (evaluateEarlier(parameters)) {
      part = DifferentiablePart.of(Access.node(loss)); // it may have lost history
    }
    List<Tensor> gradients = LazyGradients.gradients(loss, part, parameters);
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
      if (parameter.consumers().isEmpty()) {
        throw new IllegalStateException(
            "backward(): the gradient of parameter '"
                + parameter.name()
                + "' was consumed by step() without being evaluated; call zeroGrad() after step()");
      }
      passes.addAll(parameter.consumers());
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

  /** Ends this pass after a step: the loss keeps its value and loses its graph. */
  public void retire() {
    for (ParameterState parameter : parameters) {
      parameter.removeConsumer(this);
    }
    if (!(Access.node(loss) instanceof Version)) {
      Access.node(loss).retire();
    }
  }
}
