package org.adjoint.nn.norm;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Origin;

/**
 * Brings groups of an example's channels to mean 0 and variance 1, then scales and shifts each
 * channel: {@code torch.nn.GroupNorm}, and with a group for each channel {@code InstanceNorm}.
 *
 * <p>Sources: Y. Wu, K. He, "Group Normalization", ECCV 2018, equations 1 and 7; D. Ulyanov, A.
 * Vedaldi, V. Lempitsky, "Instance Normalization", 2016, equation 3.
 *
 * @param groups how many groups the channels are cut into
 * @param channels the size of the input's axis 1
 * @param weight the scales, of shape [channels]; empty for none
 * @param bias the shifts, of shape [channels]; empty for none
 * @param epsilon what is added to the variance
 */
public record GroupNorm(
    long groups,
    long channels,
    Optional<Parameter> weight,
    Optional<Parameter> bias,
    double epsilon)
    implements Layer {
  private static final double EPSILON = 1e-5;

  /**
   * Makes the layer.
   *
   * @throws IllegalArgumentException if the groups do not divide the channels
   */
  public GroupNorm {
    if (groups < 1 || channels % groups != 0) {
      throw new IllegalArgumentException(
          "groupNorm: " + groups + " groups do not divide " + channels + " channels");
    }
  }

  /** Returns a layer with scales 1, shifts 0 and ε = 10⁻⁵. */
  public static GroupNorm of(Origin origin, long groups, long channels) {
    return new GroupNorm(
        groups,
        channels,
        Optional.of(origin.constant("weight", 1, channels)),
        Optional.of(origin.constant("bias", 0, channels)),
        EPSILON);
  }

  /** Returns a layer that normalises each channel alone, without scales and shifts. */
  public static GroupNorm instance(long channels) {
    return new GroupNorm(channels, channels, Optional.empty(), Optional.empty(), EPSILON);
  }

  /** Returns a layer that normalises each channel alone, with scales 1 and shifts 0. */
  public static GroupNorm instance(Origin origin, long channels) {
    return of(origin, channels, channels);
  }

  /**
   * Returns the normalised input, of the same shape.
   *
   * @param x of shape [n, channels, ...]
   * @throws IllegalArgumentException naming both, if axis 1 has another size
   */
  @Override
  public Tensor apply(Tensor x) {
    if (x.rank() < 2 || x.dim(1) != channels) {
      throw new IllegalArgumentException(
          "groupNorm: input " + x.shape() + " is not [n, " + channels + ", ...]");
    }
    long rest = channels / groups;
    for (int axis = 2; axis < x.rank(); axis++) {
      rest *= x.dim(axis);
    }
    Tensor y = x.reshape(x.dim(0), groups, rest).layerNorm(1, epsilon);
    y = y.reshape(x.shape().dims());
    long[] dims = new long[x.rank() - 1];
    Arrays.fill(dims, 1);
    dims[0] = channels;
    y = weight.isPresent() ? y.times(weight.get().reshape(dims)) : y;
    return bias.isPresent() ? y.plus(bias.get().reshape(dims)) : y;
  }

  @Override
  public List<Parameter> own() {
    return Stream.of(weight, bias).flatMap(Optional::stream).toList();
  }
}
