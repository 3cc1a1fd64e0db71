package org.adjoint.nn;

import java.util.Arrays;
import org.adjoint.DType;
import org.adjoint.Tensor;

/**
 * Sets random parts of its input to zero in training, and multiplies what is left by 1 / (1 −
 * probability), so that the mean stays; in evaluation it is the identity. What is drawn is a
 * function of the training's key: under {@code Vmap} all examples draw alike unless the key is an
 * argument, and a layer that is a checkpoint's or a loop's body draws the same each time.
 *
 * <p>Sources: N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
 * Overfitting", JMLR 15 (2014); G. Huang et al., "Deep Networks with Stochastic Depth", ECCV 2016.
 *
 * @param probability how likely a part is dropped, in [0, 1]; at 1 everything is zero
 * @param axes how many leading axes are drawn for: what has the same index along them is kept or
 *     dropped together
 */
public record Dropout(double probability, int axes) implements Layer {
  private static final int ALL = Integer.MAX_VALUE;

  /**
   * Makes the layer.
   *
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public Dropout {
    if (!(probability >= 0 && probability <= 1)) {
      throw new IllegalArgumentException("dropout: probability " + probability + " not in [0, 1]");
    }
    if (axes < 1) {
      throw new IllegalArgumentException("dropout: " + axes + " axes are fewer than one");
    }
  }

  /** Returns the layer that drops elements. */
  public static Dropout of(double probability) {
    return new Dropout(probability, ALL);
  }

  /** Returns the layer that drops whole channels of an input [n, channels, ...]. */
  public static Dropout channels(double probability) {
    return new Dropout(probability, 2);
  }

  /**
   * Returns the layer that drops whole examples of an input [n, ...]: in front of a residual sum it
   * skips the branch, which is stochastic depth.
   */
  public static Dropout path(double probability) {
    return new Dropout(probability, 1);
  }

  @Override
  public Tensor apply(Tensor x) {
    return x;
  }

  @Override
  public Tensor apply(Tensor x, Training training) {
    if (!training.isOn() || probability == 0) {
      return x;
    }
    long[] dims = x.shape().dims();
    if (axes < dims.length) {
      Arrays.fill(dims, axes, dims.length, 1);
    }
    Tensor dropped = training.key().uniform(DType.F32, dims).lt(probability);
    return x.maskedFill(dropped, 0).div(probability < 1 ? 1 - probability : 1);
  }
}
