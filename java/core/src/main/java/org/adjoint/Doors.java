package org.adjoint;

import java.util.List;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.run.Evaluator;

/** Opens to the rooms below what users do not see of this package's classes. */
final class Doors implements Access.Provider {
  @Override
  public Node node(Tensor x) {
    return x.node();
  }

  @Override
  public int index(Tensor x) {
    return x.index();
  }

  @Override
  public Tensor fixed(Tensor x) {
    return x.fixed();
  }

  @Override
  public Tensor tensor(Node node, int index) {
    return new Tensor(node, index);
  }

  @Override
  public ParameterState state(Parameter parameter) {
    return parameter.state();
  }

  @Override
  public void evaluate(List<Tensor> tensors) {
    Evaluator.evaluate(tensors);
  }
}
