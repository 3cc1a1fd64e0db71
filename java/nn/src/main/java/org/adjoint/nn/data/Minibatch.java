package org.adjoint.nn.data;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.adjoint.Tensor;

/**
 * Some rows as tensors, which read a loader's memory in place: they are valid until the loader's
 * next batch is asked for, or the loader closed. What is to live longer is evaluated before.
 *
 * @param tensors the fields by name, each of shape [rows, the field's sizes …]
 * @param rows how many rows
 */
public record Minibatch(Map<String, Tensor> tensors, int rows) {
  /** Makes a minibatch; the map is copied and keeps its order. */
  public Minibatch {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /**
   * Returns the tensor of a field.
   *
   * @throws IllegalArgumentException naming the fields that there are, if there is none of that
   *     name
   */
  public Tensor get(String field) {
    Tensor tensor = tensors.get(field);
    if (tensor == null) {
      throw new IllegalArgumentException(
          "minibatch: has no field '" + field + "', only " + tensors.keySet());
    }
    return tensor;
  }
}
