package org.adjoint;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call of {@link Tensor#backward}: its loss and the parameters that it reached, until a step
 * consumes it.
 */
final class Backward {
  private static final Logger LOG = LoggerFactory.getLogger(Tensor.class);
  private static final AtomicBoolean HINTED = new AtomicBoolean();

  private final Tensor loss;
  private final List<Parameter> parameters;
  private final List<Backward> alone = List.of(this);

  private Backward(Tensor loss, List<Parameter> parameters) {
    this.loss = loss;
    this.parameters = parameters;
  }

  /** Returns the loss, whose graph a step consumes. */
  Tensor loss() {
    return loss;
  }

  /** Returns the parameters that were reached. */
  List<Parameter> parameters() {
    return parameters;
  }

  /** Returns the list that has nothing but this: always the same one. */
  List<Backward> alone() {
    return alone;
  }

  @Override
  public int hashCode() {
    return loss.node().hash(); // at hand, where the JVM would have to make one and store it
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  static void run(Tensor y) {
    Tensor loss = new Tensor(y.node(), y.index());
    Grad.checkScalar("backward", loss);
    Optional<Recording> recording = Binding.recording();
    if (recording.isPresent()) {
      recording.get().backward(loss);
      return;
    }
    if (loss.node().isEvaluated()
        && loss.node().inputs().length > 0
        && HINTED.compareAndSet(false, true)) {
      LOG.info(
          "backward(): this loss was evaluated before, so its forward part runs twice; ask for its value afterwards");
    }
    DifferentiablePart part = DifferentiablePart.of(loss.node());
    List<Parameter> parameters = Grad.trainableParameters(loss.node(), part);
    if (evaluateEarlier(parameters)) {
      part = DifferentiablePart.of(loss.node()); // it may have lost history
    }
    List<Tensor> gradients = PutOff.gradients(loss, part, parameters);
    Backward backward = new Backward(loss, parameters);
    for (int i = 0; i < parameters.size(); i++) {
      parameters.get(i).accumulate(gradients.get(i), backward);
    }
  }

  /**
   * Evaluates gradients of earlier passes, so that K micro-batches are K runs and not one K-fold
   * program; returns whether there were any.
   */
  private static boolean evaluateEarlier(List<Parameter> parameters) {
    List<Tensor> roots = List.of();
    Set<Backward> passes = Set.of();
    for (Parameter parameter : parameters) {
      Optional<Tensor> g = parameter.grad();
      if (g.isEmpty() || g.get().node().isEvaluated()) {
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
  void retire() {
    for (Parameter parameter : parameters) {
      parameter.removeConsumer(this);
    }
    if (!(loss.node() instanceof Version)) {
      loss.node().retire();
    }
  }
}
