package org.adjoint.internal.step;

import java.util.List;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.ParameterState;

/** Where a leaf of a recorded function comes from. */
sealed interface Source {
  /** Returns the tensor at the leaf in a run on these arguments, null for an absent gradient. */
  Tensor tensor(List<Tensor> arguments);

  /** An argument of the function. */
  record Argument(int index) implements Source {
    @Override
    public Tensor tensor(List<Tensor> arguments) {
      return arguments.get(index);
    }
  }

  /** The value of a parameter. */
  record Value(ParameterState parameter) implements Source {
    @Override
    public Tensor tensor(List<Tensor> arguments) {
      return Access.tensor(parameter.peek(), 0);
    }
  }

  /** The gradient that a parameter has before the run. */
  record Gradient(ParameterState parameter) implements Source {
    @Override
    public Tensor tensor(List<Tensor> arguments) {
      return parameter.peekGradient().orElse(null);
    }
  }

  /** A tensor that the function found outside. */
  record Captured(Tensor tensor) implements Source {
    @Override
    public Tensor tensor(List<Tensor> arguments) {
      return tensor;
    }
  }
}
