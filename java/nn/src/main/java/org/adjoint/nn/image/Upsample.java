package org.adjoint.nn.image;

import java.util.Arrays;
import java.util.List;
import org.adjoint.Tensor;
import org.adjoint.nn.Layer;

/**
 * Makes the last axes larger by whole factors: {@code torch.nn.Upsample} with {@code scale_factor}
 * and, where it is linear, {@code align_corners=False}.
 *
 * @param linear whether elements lie between their neighbours, or repeat the nearest
 * @param factors by what, a number for each of the last axes
 */
public record Upsample(boolean linear, List<Long> factors) implements Layer {

  /**
   * Makes the layer; the list is copied.
   *
   * @throws IllegalArgumentException if a factor is less than 1
   */
  public Upsample {
    factors = List.copyOf(factors);
    if (factors.isEmpty() || factors.stream().anyMatch(f -> f < 1)) {
      throw new IllegalArgumentException(
          "upsample: factors " + factors + " are not one or more numbers, each at least 1");
    }
  }

  /** Returns the layer that repeats elements. */
  public static Upsample nearest(long... factors) {
    return new Upsample(false, Arrays.stream(factors).boxed().toList());
  }

  /** Returns the layer whose elements lie between their neighbours: bilinear over two axes. */
  public static Upsample linear(long... factors) {
    return new Upsample(true, Arrays.stream(factors).boxed().toList());
  }

  /**
   * Returns the larger images; leading axes stay.
   *
   * @throws IllegalArgumentException if {@code x} has fewer axes than there are factors
   */
  @Override
  public Tensor apply(Tensor x) {
    int first = x.rank() - factors.size();
    if (first < 0) {
      throw new IllegalArgumentException(
          "upsample: input " + x.shape() + " has fewer axes than factors " + factors);
    }
    long[] sizes = new long[factors.size()];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = Math.multiplyExact(x.dim(first + i), factors.get(i));
    }
    return linear ? x.upsampleLinear(sizes) : x.upsampleNearest(sizes);
  }
}
