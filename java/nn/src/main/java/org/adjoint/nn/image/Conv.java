package org.adjoint.nn.image;

import java.util.List;
import java.util.Optional;
import org.adjoint.Convolution;
import org.adjoint.Parameter;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.Init;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Origin;

/**
 * A convolution over one, two or three spatial axes: {@code torch.nn.Conv1d}, {@code Conv2d} and
 * {@code Conv3d}. Groups as many as channels make it depthwise.
 *
 * @param weight the kernels, of shape [out, in / groups, kernel...]
 * @param bias of shape [out]; empty for none
 * @param convolution stride, padding, dilation and groups
 */
public record Conv(Parameter weight, Optional<Parameter> bias, Convolution convolution)
    implements Layer {

  /**
   * Returns a layer with fresh kernels, by {@link Init#fanInUniform} unless the origin says how,
   * and a bias of zeros.
   *
   * @param in the channels of the input
   * @param out the channels of the output
   * @param kernel the kernels' sizes, one number for all axes or one for each
   * @throws IllegalArgumentException if the groups do not divide both, or there are other numbers
   *     of sizes
   */
  public static Conv of(Origin origin, long in, long out, Convolution convolution, long... kernel) {
    Conv conv = unbiased(origin, in, out, convolution, kernel);
    return new Conv(conv.weight, Optional.of(origin.constant("bias", 0, out)), convolution);
  }

  /** Returns a layer as {@link #of} does, without a bias: in front of a normalisation. */
  public static Conv unbiased(
      Origin origin, long in, long out, Convolution convolution, long... kernel) {
    Tensor kernels = Kernels.sample(origin, in, out, convolution, kernel);
    int axes = convolution.spatialAxes();
    int[] order = new int[axes + 2]; // [kernel..., in, out] to [out, in, kernel...]
    order[0] = axes + 1;
    order[1] = axes;
    for (int i = 0; i < axes; i++) {
      order[i + 2] = i;
    }
    Tensor weight = kernels.permute(order);
    return new Conv(origin.parameter("weight", weight), Optional.empty(), convolution);
  }

  /**
   * Returns the convolution, of shape [n, out, ...], as {@link Tensor#conv} computes it.
   *
   * @param x of shape [n, in, ...]
   * @throws IllegalArgumentException naming both shapes, if they do not fit
   */
  @Override
  public Tensor apply(Tensor x) {
    Tensor y = x.conv(weight, convolution);
    return bias.isPresent() ? y.plus(Kernels.channelwise(bias.get(), convolution)) : y;
  }

  @Override
  public List<Parameter> own() {
    return bias.map(b -> List.of(weight, b)).orElse(List.of(weight));
  }

  @Override
  public long multiplyAdds(Shape x, Shape y) {
    return Math.multiplyExact(y.size(), weight.size() / Math.max(1, weight.dim(0)));
  }
}
