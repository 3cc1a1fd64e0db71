package org.adjoint.internal.graph;

import java.util.List;
import org.adjoint.Tensor;

/**
 * One call of {@link Tensor#backward}: its loss and the parameters that it reached, until a step
 * consumes it.
 */
public final class Backward {
  private final Tensor loss;
  private final List<ParameterState> parameters;
  private final List<Backward> alone = List.of(this);

  /** Makes the note of one call. */
  public Backward(Tensor loss, List<ParameterState> parameters) {
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

  /** Returns the list of this pass alone, always the same object. */
  List<Backward> alone() {
    return alone;
  }

  @Override
  public int hashCode() {
    return Access.node(loss).hash(); // an identity hash would first have to be made and stored
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  /** Ends this pass after a step: the loss keeps its value and loses its graph. */
  public void retire() {
    for (ParameterState parameter : parameters) {
      parameter.removeConsumer(this);
    }
    Node node = Access.node(loss);
    if (!(node instanceof Version)) {
      node.retire();
    }
  }
}
