package org.adjoint.nn.image;

import java.util.Arrays;
import java.util.List;
import org.adjoint.Tensor;
import org.adjoint.nn.Layer;

/**
 * The largest element or the mean of windows whose number is given instead of their size: {@code
 * torch.nn.AdaptiveMaxPool2d}, {@code AdaptiveAvgPool2d} and their like over one or three axes.
 *
 * @param kind what a window becomes
 * @param size how many windows there are along each of the last axes
 */
public record AdaptivePool(Pool.Kind kind, List<Long> size) implements Layer {

  /** Makes the layer; the list is copied. */
  public AdaptivePool {
    size = List.copyOf(size);
  }

  /** Returns the layer of largest elements. */
  public static AdaptivePool max(long... size) {
    return new AdaptivePool(Pool.Kind.MAX, Arrays.stream(size).boxed().toList());
  }

  /** Returns the layer of means; one window along each axis is the mean of an image. */
  public static AdaptivePool average(long... size) {
    return new AdaptivePool(Pool.Kind.AVERAGE, Arrays.stream(size).boxed().toList());
  }

  /** Returns the windows' values; leading axes stay, see {@link Tensor#adaptiveMaxPool}. */
  @Override
  public Tensor apply(Tensor x) {
    long[] sizes = size.stream().mapToLong(Long::longValue).toArray();
    return kind == Pool.Kind.MAX ? x.adaptiveMaxPool(sizes) : x.adaptiveAvgPool(sizes);
  }
}
