package org.adjoint.nn;

import org.adjoint.Tensor;

/**
 * Joins all axes from one on into one: from 1, an input [n, ...] becomes [n, size].
 *
 * @param from the first axis that is joined
 */
public record Flatten(int from) implements Layer {

  /** Makes the layer that keeps the first axis, which counts examples. */
  public Flatten() {
    this(1);
  }

  @Override
  public Tensor apply(Tensor x) {
    return x.flatten(from, -1);
  }
}
