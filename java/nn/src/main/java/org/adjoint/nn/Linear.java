package org.adjoint.nn;

import java.util.List;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Shape;
import org.adjoint.Tensor;

/**
 * The affine layer x·W + b. The weight is stored [in, out], the way it is multiplied; no transposed
 * copy exists.
 *
 * @param weight W, of shape [in, out]
 * @param bias b, of shape [out]; empty for none
 * @param compute the dtype that x and W are multiplied in: the weight's own, or {@link DType#BF16}
 *     for one that is F32; the sums, the bias, the result and every gradient stay F32
 */
public record Linear(Parameter weight, Optional<Parameter> bias, DType compute) implements Layer {

  /**
   * Makes the layer from parameters that exist.
   *
   * @throws IllegalArgumentException naming both shapes, if they do not belong together
   */
  public Linear {
    boolean fits =
        weight.rank() == 2 && bias.map(b -> b.shape().equals(Shape.of(weight.dim(1)))).orElse(true);
    if (!fits) {
      throw new IllegalArgumentException(
          "linear: weight "
              + weight.shape()
              + bias.map(b -> " and bias " + b.shape() + " are not [in, out] and [out]")
                  .orElse(" is not [in, out]"));
    }
    boolean mixed = compute == DType.BF16 && weight.dtype() == DType.F32;
    if (compute != weight.dtype() && !mixed) {
      throw new IllegalArgumentException(
          "linear: cannot compute in "
              + compute
              + " with a weight of "
              + weight.type()
              + "; use its own dtype, or BF16 with F32");
    }
  }

  /**
   * Makes the layer from parameters that exist, multiplying in their own dtype.
   *
   * @throws IllegalArgumentException naming both shapes, if they do not belong together
   */
  public Linear(Parameter weight, Parameter bias) {
    this(weight, Optional.of(bias), weight.dtype());
  }

  /**
   * Returns a layer with a fresh weight, by {@link Init#fanInUniform} unless the origin says how,
   * and a bias of zeros.
   *
   * @param in the size of the input's last axis
   * @param out the size of the output's last axis
   */
  public static Linear of(Origin origin, long in, long out) {
    return new Linear(
        origin.weight("weight", Init::fanInUniform, in, out), origin.constant("bias", 0, out));
  }

  /** Returns a layer as {@link #of} does, without a bias. */
  public static Linear unbiased(Origin origin, long in, long out) {
    Parameter weight = origin.weight("weight", Init::fanInUniform, in, out);
    return new Linear(weight, Optional.empty(), weight.dtype());
  }

  /**
   * Returns the layer over the same parameters that multiplies in another dtype: {@link DType#BF16}
   * makes it mixed precision, with master weights in F32.
   *
   * @throws IllegalArgumentException naming both dtypes, if the weight is not F32 and the dtype is
   *     not its own
   */
  public Linear computeIn(DType dtype) {
    return new Linear(weight, bias, dtype);
  }

  /**
   * Returns x·W + b, of shape [..., out].
   *
   * @param x of shape [..., in], with at least one axis
   * @throws IllegalArgumentException naming both shapes, if the last axis has another size
   */
  @Override
  public Tensor apply(Tensor x) {
    if (x.rank() == 0 || x.dim(-1) != weight.dim(0)) {
      throw new IllegalArgumentException(
          "linear: "
              + x.shape()
              + " x "
              + weight.shape()
              + ": the input does not end in the "
              + weight.dim(0)
              + " that weight '"
              + weight.name()
              + "' takes");
    }
    if (x.rank() == 2) {
      return product(x);
    }
    long[] dims = x.shape().dims();
    long rows = 1;
    for (int i = 0; i < dims.length - 1; i++) {
      rows *= dims[i];
    }
    dims[dims.length - 1] = weight.dim(1);
    return product(x.reshape(rows, weight.dim(0))).reshape(dims);
  }

  private Tensor product(Tensor x) {
    Tensor y =
        compute == weight.dtype() ? x.matmul(weight) : x.cast(compute).matmul(weight.cast(compute));
    return bias.isPresent() ? y.plus(bias.get()) : y;
  }

  /** Returns the weight, then the bias. */
  @Override
  public List<Parameter> own() {
    return bias.map(b -> List.of(weight, b)).orElse(List.of(weight));
  }

  @Override
  public long multiplyAdds(Shape x, Shape y) {
    return Math.multiplyExact(y.size(), weight.dim(0));
  }
}
