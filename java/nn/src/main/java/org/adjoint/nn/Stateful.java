package org.adjoint.nn;

import java.util.Map;
import org.adjoint.Tensor;

/**
 * What has values beside its parameters that a checkpoint keeps: an optimizer's moments and steps,
 * a schedule, a loader's place.
 */
public interface Stateful {
  /**
   * The state as named tensors, in an order that does not change; the caller owns nothing: values
   * are copied when written.
   */
  Map<String, Tensor> state();

  /**
   * Takes a state that {@link #state()} gave; refused with one error that names the entry when a
   * name, a shape or a dtype differs, and then nothing has changed.
   */
  void restore(Map<String, Tensor> state);
}
