package org.adjoint.nn.norm;

import java.util.List;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Origin;

/**
 * Brings each example's last axes to mean 0 and variance 1, then scales and shifts each element:
 * {@code torch.nn.LayerNorm}.
 *
 * <p>Source: J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer Normalization", 2016, equation 3.
 *
 * @param weight the scales, of the shape of the axes that are normalised
 * @param bias the shifts, of the same shape
 * @param epsilon what is added to the variance
 */
public record LayerNorm(Parameter weight, Parameter bias, double epsilon) implements Layer {
  private static final double EPSILON = 1e-5;

  /**
   * Makes the layer from parameters that exist.
   *
   * @throws IllegalArgumentException naming both shapes, if they differ or have no axis
   */
  public LayerNorm {
    if (weight.rank() == 0 || !weight.shape().equals(bias.shape())) {
      throw new IllegalArgumentException(
          "layerNorm: weight " + weight.shape() + " and bias " + bias.shape() + " must be alike");
    }
  }

  /** Returns a layer with scales 1, shifts 0 and ε = 10⁻⁵ over the last axes, of these sizes. */
  public static LayerNorm of(Origin origin, long... shape) {
    return new LayerNorm(
        origin.constant("weight", 1, shape), origin.constant("bias", 0, shape), EPSILON);
  }

  @Override
  public Tensor apply(Tensor x) {
    return x.layerNorm(weight, bias, epsilon);
  }

  @Override
  public List<Parameter> own() {
    return List.of(weight, bias);
  }
}
