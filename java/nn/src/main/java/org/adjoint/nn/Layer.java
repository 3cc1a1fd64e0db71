package org.adjoint.nn;

import java.util.List;
import org.adjoint.Parameter;
import org.adjoint.Tensor;

/**
 * A differentiable function of one tensor, and the parameters it reads. It is not a container of
 * hyperparameters, names or hooks: a new layer is a class with these two methods, or a lambda when
 * it has no parameters.
 */
@FunctionalInterface
public interface Layer {

  /**
   * Returns the layer's output for {@code x}, as a graph: nothing runs yet.
   *
   * @param x a batch; its first axis counts examples
   * @throws IllegalArgumentException naming the shapes, if {@code x} does not fit
   */
  Tensor apply(Tensor x);

  /** Returns the parameters that {@link #apply} reads, in a fixed order; none unless overridden. */
  default List<Parameter> parameters() {
    return List.of();
  }
}
