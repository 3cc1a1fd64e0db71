package org.adjoint.nn.norm;

import java.util.List;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Origin;

/**
 * Divides each example's last axes by the root of their mean square, then scales each element:
 * {@code torch.nn.RMSNorm}.
 *
 * <p>Source: B. Zhang, R. Sennrich, "Root Mean Square Layer Normalization", NeurIPS 2019, equation
 * 4.
 *
 * @param weight the scales, of the shape of the axes that are normalised
 * @param epsilon what is added to the mean square
 */
public record RmsNorm(Parameter weight, double epsilon) implements Layer {

  /**
   * Returns a layer with scales 1 over the last axes, of these sizes; ε is the distance from 1 to
   * the next number of the dtype, as PyTorch has it.
   */
  public static RmsNorm of(Origin origin, long... shape) {
    double epsilon = origin.dtype() == DType.F64 ? Math.ulp(1.0) : Math.ulp(1f);
    return new RmsNorm(origin.constant("weight", 1, shape), epsilon);
  }

  @Override
  public Tensor apply(Tensor x) {
    return x.rmsNorm(weight, epsilon);
  }

  @Override
  public List<Parameter> own() {
    return List.of(weight);
  }
}
