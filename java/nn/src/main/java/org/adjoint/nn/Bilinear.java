package org.adjoint.nn;

import java.util.List;
import java.util.Optional;
import org.adjoint.Parameter;
import org.adjoint.Shape;
import org.adjoint.Tensor;

/**
 * A bilinear form of two inputs for each output: y_k = x₁ᵀ·A_k·x₂ + b_k, as {@code
 * torch.nn.Bilinear}.
 *
 * @param weight A, of shape [out, in1, in2]
 * @param bias b, of shape [out]; empty for none
 */
public record Bilinear(Parameter weight, Optional<Parameter> bias) implements Part {

  /**
   * Makes the part from parameters that exist.
   *
   * @throws IllegalArgumentException naming both shapes, if they do not belong together
   */
  public Bilinear {
    boolean fits =
        weight.rank() == 3 && bias.map(b -> b.shape().equals(Shape.of(weight.dim(0)))).orElse(true);
    if (!fits) {
      throw new IllegalArgumentException(
          "bilinear: weight "
              + weight.shape()
              + bias.map(b -> " and bias " + b.shape()).orElse("")
              + " are not [out, in1, in2] and [out]");
    }
  }

  /**
   * Returns a part with a fresh weight, from U(±1/√in1) unless the origin says how, and a bias of
   * zeros.
   */
  public static Bilinear of(Origin origin, long in1, long in2, long out) {
    Tensor weight = origin.sample("weight", Init.uniform(1 / Math.sqrt(in1)), in2, in1, out);
    return new Bilinear(
        origin.parameter("weight", weight.permute(2, 1, 0)),
        Optional.of(origin.constant("bias", 0, out)));
  }

  /**
   * Returns the forms, of shape [..., out].
   *
   * @param x1 of shape [..., in1]
   * @param x2 of shape [..., in2], with the same axes in front
   * @throws IllegalArgumentException naming the shapes, if they do not fit
   */
  public Tensor apply(Tensor x1, Tensor x2) {
    long out = weight.dim(0);
    if (x1.rank() == 0
        || x2.rank() == 0
        || x1.dim(-1) != weight.dim(1)
        || x2.dim(-1) != weight.dim(2)) {
      throw new IllegalArgumentException(
          "bilinear: inputs "
              + x1.shape()
              + " and "
              + x2.shape()
              + " do not end in the "
              + weight.dim(1)
              + " and "
              + weight.dim(2)
              + " that weight "
              + weight.shape()
              + " takes");
    }
    long[] dims = x1.shape().dims();
    dims[dims.length - 1] = out;
    Tensor a = weight.permute(1, 0, 2).reshape(weight.dim(1), out * weight.dim(2));
    Tensor rows = x1.reshape(x1.size() / Math.max(1, x1.dim(-1)), x1.dim(-1));
    Tensor half = rows.matmul(a).reshape(rows.dim(0), out, weight.dim(2));
    Tensor other = x2.reshape(rows.dim(0), 1, weight.dim(2));
    Tensor y = half.times(other).sum(-1).reshape(dims);
    return bias.isPresent() ? y.plus(bias.get()) : y;
  }

  @Override
  public List<Parameter> own() {
    return bias.map(b -> List.of(weight, b)).orElse(List.of(weight));
  }
}
