package org.adjoint.internal.graph;

import java.util.Optional;
import org.adjoint.Tensor;

/**
 * A binding that notes what is done to parameters instead of doing it, while a function is written
 * down.
 */
public abstract class Recorder extends Binding {
  /** Notes an assignment. */
  public abstract void assign(ParameterState parameter, Tensor value);

  /** Returns the gradient that the parameter has at this point of the function. */
  public abstract Optional<Tensor> gradient(ParameterState parameter);

  /** Notes that the gradient is forgotten. */
  public abstract void zeroGradient(ParameterState parameter);

  /** Notes the gradient of a loss by every trainable parameter that it reaches. */
  public abstract void backward(Tensor loss);
}
