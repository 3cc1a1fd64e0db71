package org.adjoint.nn.image;

import org.adjoint.Tensor;
import org.adjoint.Window;
import org.adjoint.nn.Layer;

/**
 * The largest element or the mean of each window: {@code torch.nn.MaxPool2d}, {@code AvgPool2d} and
 * their like over one or three axes.
 *
 * @param kind what a window becomes
 * @param window its size, stride, padding and dilation
 */
public record Pool(Kind kind, Window window) implements Layer {

  /** What a window becomes. */
  public enum Kind {
    /** Its largest element. */
    MAX,
    /** Its mean. */
    AVERAGE
  }

  /** Returns the layer of largest elements; windows lie beside each other. */
  public static Pool max(long... size) {
    return new Pool(Kind.MAX, Window.of(size));
  }

  /** Returns the layer of means; windows lie beside each other. */
  public static Pool average(long... size) {
    return new Pool(Kind.AVERAGE, Window.of(size));
  }

  /** Returns the windows' values; leading axes stay, see {@link Tensor#maxPool}. */
  @Override
  public Tensor apply(Tensor x) {
    return kind == Kind.MAX ? x.maxPool(window) : x.avgPool(window);
  }
}
