package org.adjoint.nn.data;

import org.adjoint.DType;
import org.adjoint.Shape;

/**
 * What every row of {@link Rows} has under one name.
 *
 * @param name what a {@link Minibatch} calls the tensor
 * @param dtype the dtype of its numbers
 * @param shape the shape of one row's numbers, {@code []} for a number a row
 */
public record Field(String name, DType dtype, Shape shape) {
  /** Returns how many bytes a row's numbers take. */
  long bytes() {
    return Math.multiplyExact(shape.size(), (long) dtype.bytes());
  }
}
