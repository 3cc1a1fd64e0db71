package org.adjoint.internal.run;

import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.Version;

/**
 * A run whose results nobody gets: the graph stays pending and parameters keep their values, so it
 * can be run again.
 */
final class Rehearsal extends Run {
  private static final ParameterState[] NONE = {};

  private final TracedStep step;
  private final Node[] nodes;

  /** Makes one of a step that has its program which overwrites nothing, on nodes by place. */
  Rehearsal(TracedStep step, Node... nodes) {
    super(step, NONE, step.template().leaves());
    this.step = step;
    this.nodes = nodes;
  }

  @Override
  protected Outcome check() {
    return Outcome.DONE;
  }

  @Override
  protected Node leaf(int i) {
    return nodes[i];
  }

  @Override
  protected int leafIndex(int i) {
    return step.template().leafIndex(i);
  }

  @Override
  protected boolean mayOverwrite() {
    return false;
  }

  @Override
  protected boolean mayRead(Version superseded) {
    return true;
  }

  @Override
  protected void prepare() {
    // Nothing is published.
  }

  @Override
  protected void publish() {
    for (int root = 0; root < step.apart().orElseThrow().program().rootArguments().length; root++) {
      result(root).close();
    }
  }
}
