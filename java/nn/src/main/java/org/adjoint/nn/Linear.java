package org.adjoint.nn;

import java.util.List;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Tensor;

/**
 * The affine layer x·W + b. The weight is stored [in, out], the way it is multiplied; no transposed
 * copy exists.
 *
 * @param weight W, of shape [in, out]
 * @param bias b, of shape [out]
 * @param compute the dtype that x and W are multiplied in: the weight's own, or {@link DType#BF16}
 *     for one that is F32; the sums, the bias, the result and every gradient stay F32
 */
public record Linear(Parameter weight, Parameter bias, DType compute) implements Layer {

  /**
   * Makes the layer from parameters that exist.
   *
   * @throws IllegalArgumentException naming both shapes, if they do not belong together
   */
  public Linear {
    if (weight.shape().rank() != 2
        || bias.shape().rank() != 1
        || weight.shape().dim(1) != bias.shape().dim(0)) {
      throw new IllegalArgumentException(
          "linear: weight "
              + weight.shape()
              + " and bias "
              + bias.shape()
              + " are not [in, out] and [out]");
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

  /** Makes the layer from parameters that exist, multiplying in their own dtype. */
  public Linear(Parameter weight, Parameter bias) {
    this(weight, bias, weight.dtype());
  }

  /**
   * Returns a layer with a fresh weight and a bias of zeros.
   *
   * @param name what the parameters' names start with: {@code name.weight}, {@code name.bias}
   * @param in the size of the input's last axis
   * @param out the size of the output's last axis
   * @param init how the weight starts
   * @param key the key that {@code init} gets
   */
  public static Linear of(String name, long in, long out, Init init, Key key) {
    Tensor weight = init.sample(key, in, out);
    Tensor bias = Tensor.zeros(weight.dtype(), out);
    return new Linear(Parameter.of(weight, name + ".weight"), Parameter.of(bias, name + ".bias"));
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
   * Returns x·W + b, of shape [n, out].
   *
   * @param x of shape [n, in]
   */
  @Override
  public Tensor apply(Tensor x) {
    if (compute == weight.dtype()) {
      return x.matmul(weight).plus(bias);
    }
    return x.cast(compute).matmul(weight.cast(compute)).plus(bias);
  }

  /** Returns the weight, then the bias. */
  @Override
  public List<Parameter> parameters() {
    return List.of(weight, bias);
  }
}
