package org.adjoint.nn.image;

import java.util.Arrays;
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
 * The transpose of a convolution, which makes images larger by its stride: {@code
 * torch.nn.ConvTranspose1d} and {@code ConvTranspose2d}.
 *
 * @param weight the kernels, of shape [in, out / groups, kernel...]
 * @param bias of shape [out]; empty for none
 * @param convolution stride, padding, dilation and groups of the convolution it is the transpose of
 * @param outputPadding how many elements more the output has, a number for each axis
 */
public record ConvTranspose(
    Parameter weight, Optional<Parameter> bias, Convolution convolution, List<Long> outputPadding)
    implements Layer {

  /** Makes the layer; the list is copied. */
  public ConvTranspose {
    outputPadding = List.copyOf(outputPadding);
  }

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
  public static ConvTranspose of(
      Origin origin, long in, long out, Convolution convolution, long... kernel) {
    long groups = convolution.groups();
    Tensor kernels = Kernels.sample(origin, in, out, convolution, kernel);
    int axes = convolution.spatialAxes();
    int[] order = new int[axes + 2]; // [kernel..., in, out] to [in, out, kernel...]
    order[0] = axes;
    order[1] = axes + 1;
    for (int i = 0; i < axes; i++) {
      order[i + 2] = i;
    }
    List<Tensor> parts = kernels.permute(order).chunk(1, Math.toIntExact(groups));
    Tensor weight = Tensor.concat(0, parts);
    return new ConvTranspose(
        origin.parameter("weight", weight),
        Optional.of(origin.constant("bias", 0, out)),
        convolution,
        List.of());
  }

  /** Returns the layer over the same parameters whose output is so many elements larger. */
  public ConvTranspose outputPadding(long... elements) {
    List<Long> each = Arrays.stream(elements).boxed().toList();
    return new ConvTranspose(weight, bias, convolution, each);
  }

  /**
   * Returns the transposed convolution, of shape [n, out, ...], as {@link Tensor#convTranspose}
   * computes it.
   *
   * @param x of shape [n, in, ...]
   * @throws IllegalArgumentException naming both shapes, if they do not fit
   */
  @Override
  public Tensor apply(Tensor x) {
    long[] more = outputPadding.stream().mapToLong(Long::longValue).toArray();
    Tensor y = x.convTranspose(weight, convolution, more);
    return bias.isPresent() ? y.plus(Kernels.channelwise(bias.get(), convolution)) : y;
  }

  @Override
  public List<Parameter> own() {
    return bias.map(b -> List.of(weight, b)).orElse(List.of(weight));
  }

  @Override
  public long multiplyAdds(Shape x, Shape y) {
    return Math.multiplyExact(x.size(), weight.size() / Math.max(1, weight.dim(0)));
  }
}
