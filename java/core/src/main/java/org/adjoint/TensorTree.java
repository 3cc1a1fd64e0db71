package org.adjoint;

import java.util.List;

/**
 * A container of tensors, such as a record of weights and biases, that transformations take as one
 * argument: {@link Grad#tree}, {@link Vmap#tree}, {@link Compiled#tree}.
 *
 * <pre>{@code
 * record Line(Tensor slope, Tensor offset) implements TensorTree<Line> {
 *   public List<Tensor> leaves() {
 *     return List.of(slope, offset);
 *   }
 *
 *   public Line with(List<Tensor> leaves) {
 *     return new Line(leaves.get(0), leaves.get(1));
 *   }
 * }
 * }</pre>
 *
 * @param <T> the container itself
 */
public interface TensorTree<T> {
  /** Returns the tensors, always as many and in the same order. */
  List<Tensor> leaves();

  /**
   * Returns a container like this one with other tensors, in the order of {@link #leaves}; what
   * else it holds stays.
   */
  T with(List<Tensor> leaves);
}
