package org.adjoint;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.adjoint.internal.compose.Sizes;

/**
 * How a window moves over the last axes of an image, as {@link Tensor#maxPool}, {@link
 * Tensor#avgPool}, {@link Tensor#im2col} and {@link Tensor#col2im} take it: {@code Window.of(3,
 * 3).stride(2).padding(1)}. Names and formulas are PyTorch's. Immutable; equal where all numbers
 * are.
 *
 * @param size by axis how many elements the window takes, 1 or more
 * @param stride by axis how many elements of the image it moves at a time, 1 or more
 * @param padding by axis how many elements the image is extended by on both sides, 0 or more: a
 *     maximum never falls on them, for a mean and in columns they are 0
 * @param dilation by axis how many elements of the image neighbours in the window are apart, 1 or
 *     more
 * @param ceil whether windows that reach beyond the end count too, as long as they begin before it
 * @param countPadding whether a mean divides by the padding's elements too
 */
public record Window(
    List<Long> size,
    List<Long> stride,
    List<Long> padding,
    List<Long> dilation,
    boolean ceil,
    boolean countPadding) {
  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException naming the number that is out of range, or if the lists differ
   *     in length
   */
  public Window {
    size = List.copyOf(size);
    stride = List.copyOf(stride);
    padding = List.copyOf(padding);
    dilation = List.copyOf(dilation);
    int axes = size.size();
    if (stride.size() != axes || padding.size() != axes || dilation.size() != axes) {
      throw new IllegalArgumentException(
          "window: size "
              + size
              + ", stride "
              + stride
              + ", padding "
              + padding
              + ", dilation "
              + dilation
              + " are not of as many axes");
    }
    if (axes < 1 || axes > Convolution.MAX_AXES) {
      throw new IllegalArgumentException(
          "window: " + axes + " axes; there are 1 to " + Convolution.MAX_AXES);
    }
    atLeast(1, "size", size);
    atLeast(1, "stride", stride);
    atLeast(0, "padding", padding);
    atLeast(1, "dilation", dilation);
  }

  /**
   * Returns windows of that size beside each other: the stride is the size; no padding, dilation 1.
   *
   * @param size one number an axis
   * @throws IllegalArgumentException if there are not 1 to {@link Convolution#MAX_AXES}, or one is
   *     less than 1
   */
  public static Window of(long... size) {
    List<Long> sizes = Arrays.stream(size).boxed().toList();
    List<Long> zeros = Collections.nCopies(size.length, 0L);
    List<Long> ones = Collections.nCopies(size.length, 1L);
    return new Window(sizes, sizes, zeros, ones, false, true);
  }

  /** Returns over how many axes. */
  public int axes() {
    return size.size();
  }

  /**
   * Returns the same with another stride.
   *
   * @param stride one number for all axes, or one an axis
   * @throws IllegalArgumentException if there are others, or one is less than 1
   */
  public Window stride(long... stride) {
    return new Window(size, each("stride", stride), padding, dilation, ceil, countPadding);
  }

  /**
   * Returns the same with the image extended by so many elements on both sides.
   *
   * @param padding one number for all axes, or one an axis
   * @throws IllegalArgumentException if there are others, or one is negative
   */
  public Window padding(long... padding) {
    return new Window(size, stride, each("padding", padding), dilation, ceil, countPadding);
  }

  /**
   * Returns the same with another dilation.
   *
   * @param dilation one number for all axes, or one an axis
   * @throws IllegalArgumentException if there are others, or one is less than 1
   */
  public Window dilation(long... dilation) {
    return new Window(size, stride, padding, each("dilation", dilation), ceil, countPadding);
  }

  /** Returns the same, with windows that reach beyond the end, or without: PyTorch's ceil_mode. */
  public Window ceil(boolean ceil) {
    return new Window(size, stride, padding, dilation, ceil, countPadding);
  }

  /**
   * Returns the same with means that divide by the padding's elements too, or not: PyTorch's
   * count_include_pad.
   */
  public Window countPadding(boolean countPadding) {
    return new Window(size, stride, padding, dilation, ceil, countPadding);
  }

  private List<Long> each(String what, long[] numbers) {
    return Sizes.each("window", what, numbers, axes());
  }

  private static void atLeast(long least, String what, List<Long> numbers) {
    Sizes.atLeast("window", least, what, numbers);
  }
}
