package org.adjoint.nn;

import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;

/**
 * A differentiable function of one tensor, and the parameters it reads. A layer without parameters
 * may be a lambda. There is no mode that a layer remembers: {@link #apply(Tensor)} computes as in
 * evaluation, {@link #apply(Tensor, Training)} as in training.
 *
 * <p>A layer that is the same in both modes writes the first. A layer that differs, or that is made
 * of layers which may, writes the second once for both, and the first as {@code apply(x,
 * Training.OFF)}:
 *
 * <pre>{@code
 * record Block(Conv conv, BatchNorm norm) implements Layer {
 *   public List<Child> children() {
 *     return List.of(new Child("conv", conv), new Child("norm", norm));
 *   }
 *
 *   public Tensor apply(Tensor x) {
 *     return apply(x, Training.OFF);
 *   }
 *
 *   public Tensor apply(Tensor x, Training training) {
 *     Tensor y = training.apply("norm", norm, training.apply("conv", conv, x));
 *     return y.relu().plus(x);
 *   }
 * }
 * }</pre>
 */
@FunctionalInterface
public interface Layer extends Part {

  /**
   * Returns the layer's output for {@code x} as in evaluation, as a graph: nothing runs yet.
   *
   * @param x a batch; its first axis counts examples
   * @throws IllegalArgumentException naming the shapes, if {@code x} does not fit
   */
  Tensor apply(Tensor x);

  /**
   * Returns the layer's output for {@code x} as in training, or as in evaluation if {@code
   * training} is {@link Training#OFF}. Unless overridden the two are the same.
   *
   * @param x a batch; its first axis counts examples
   * @param training where the draws of this layer come from, and whether statistics move
   * @throws IllegalArgumentException naming the shapes, if {@code x} does not fit
   * @throws IllegalStateException if the layer has children and does not override this method: they
   *     would never be trained as they should
   */
  default Tensor apply(Tensor x, Training training) {
    if (training.isOn() && !children().isEmpty()) {
      throw new IllegalStateException(
          getClass().getName()
              + " has children, and no apply(x, training) that hands the training on to them");
    }
    return apply(x);
  }

  /**
   * Returns how many products are added up in one application, without those of the children; 0
   * unless overridden: what is elementwise is not counted.
   *
   * @param x the shape of the input
   * @param y the shape of the output
   */
  default long multiplyAdds(Shape x, Shape y) {
    return 0;
  }

  /**
   * Returns what the layer is made of, and what an input makes of it: a table that prints. Nothing
   * is computed.
   *
   * @param dims the shape of an input of the parameters' dtype, F32 if there are none
   * @throws IllegalArgumentException naming the layer's path and the shapes, if it does not fit
   */
  default Summary summary(long... dims) {
    DType dtype = parameters().isEmpty() ? DType.F32 : parameters().get(0).dtype();
    return Summary.of(this, new Type(dtype, Shape.of(dims)));
  }
}
