package org.adjoint.nn;

import java.util.Arrays;
import java.util.List;
import org.adjoint.Parameter;
import org.adjoint.Tensor;

/**
 * max(x, 0) + a·min(x, 0) with a slope that is learnt, as {@code torch.nn.PReLU}.
 *
 * <p>Source: K. He, X. Zhang, S. Ren, J. Sun, "Delving Deep into Rectifiers", ICCV 2015, equation
 * 1.
 *
 * @param weight the slopes, of shape [1], or [channels] for one each along axis 1
 */
public record PRelu(Parameter weight) implements Layer {
  private static final double START = 0.25;

  /**
   * Makes the layer from slopes that exist.
   *
   * @throws IllegalArgumentException naming the shape, if they are not a vector
   */
  public PRelu {
    if (weight.rank() != 1) {
      throw new IllegalArgumentException("prelu: weight " + weight.shape() + " is not [slopes]");
    }
  }

  /** Returns a layer whose slopes start at 0.25. */
  public static PRelu of(Origin origin, long slopes) {
    return new PRelu(origin.constant("weight", START, slopes));
  }

  /**
   * Returns the function of each element.
   *
   * @throws IllegalArgumentException naming both shapes, if there are several slopes and axis 1 has
   *     another size
   */
  @Override
  public Tensor apply(Tensor x) {
    if (weight.dim(0) == 1) {
      return x.relu().minus(x.neg().relu().times(weight));
    }
    if (x.rank() < 2 || x.dim(1) != weight.dim(0)) {
      throw new IllegalArgumentException(
          "prelu: axis 1 of " + x.shape() + " has no slope each: weight " + weight.shape());
    }
    long[] dims = new long[x.rank() - 1];
    Arrays.fill(dims, 1);
    dims[0] = weight.dim(0);
    return x.relu().minus(x.neg().relu().times(weight.reshape(dims)));
  }

  @Override
  public List<Parameter> own() {
    return List.of(weight);
  }
}
