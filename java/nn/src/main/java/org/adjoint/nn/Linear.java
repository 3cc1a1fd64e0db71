package org.adjoint.nn;

import java.util.List;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Tensor;

/**
 * The affine layer x·W + b. The weight is stored [in, out], the way it is multiplied; no transposed
 * copy exists.
 *
 * @param weight W, of shape [in, out]
 * @param bias b, of shape [out]
 */
public record Linear(Parameter weight, Parameter bias) implements Layer {

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
   * Returns x·W + b, of shape [n, out].
   *
   * @param x of shape [n, in]
   */
  @Override
  public Tensor apply(Tensor x) {
    return x.matmul(weight).plus(bias);
  }

  /** Returns the weight, then the bias. */
  @Override
  public List<Parameter> parameters() {
    return List.of(weight, bias);
  }
}
