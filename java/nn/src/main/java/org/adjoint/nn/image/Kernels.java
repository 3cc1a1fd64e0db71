package org.adjoint.nn.image;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.adjoint.Convolution;
import org.adjoint.Key;
import org.adjoint.Tensor;
import org.adjoint.nn.Init;
import org.adjoint.nn.Origin;

/** Fresh kernels, drawn in the layout that {@link Init} knows. */
final class Kernels {
  private Kernels() {}

  /**
   * Returns fresh kernels [kernel..., in / groups, out], each group drawn by itself, with the fans
   * of a group.
   */
  static Tensor sample(Origin origin, long in, long out, Convolution convolution, long... kernel) {
    long groups = convolution.groups();
    int axes = convolution.spatialAxes();
    if (in < 1 || out < 1 || in % groups != 0 || out % groups != 0) {
      throw new IllegalArgumentException(
          "conv: " + groups + " groups do not divide " + in + " and " + out + " channels");
    }
    if (kernel.length != 1 && kernel.length != axes) {
      throw new IllegalArgumentException(
          "conv: kernel " + Arrays.toString(kernel) + " has not one size for " + axes + " axes");
    }
    long[] dims = new long[axes + 2];
    for (int i = 0; i < axes; i++) {
      dims[i] = kernel[kernel.length == 1 ? 0 : i];
    }
    dims[axes] = in / groups;
    dims[axes + 1] = out / groups;
    if (groups == 1) {
      return origin.sample("weight", Init::fanInUniform, dims);
    }
    Init each =
        (Key key, long... sizes) -> {
          Init init = origin.init().orElse(Init::fanInUniform);
          List<Tensor> parts = new ArrayList<>();
          for (long group = 0; group < groups; group++) {
            parts.add(init.sample(key.fold(group), sizes));
          }
          return Tensor.concat(-1, parts);
        };
    return origin.init(each).sample("weight", each, dims);
  }

  /** Returns a vector as it is added to channels. */
  static Tensor channelwise(Tensor vector, Convolution convolution) {
    long[] dims = new long[convolution.spatialAxes() + 1];
    Arrays.fill(dims, 1);
    dims[0] = vector.dim(0);
    return vector.reshape(dims);
  }
}
