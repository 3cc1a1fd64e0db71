package org.adjoint;

import java.util.Collections;
import java.util.List;
import org.adjoint.internal.compose.Sizes;

/**
 * How a kernel moves over the spatial axes of an image, as {@link Tensor#conv} and {@link
 * Tensor#convTranspose} take it: {@code Convolution.of(2).stride(2).padding(1)}. Names and formulas
 * are PyTorch's. Immutable; equal where all numbers are.
 *
 * @param stride by axis how many elements of the image the kernel moves at a time, 1 or more
 * @param before by axis how many zeros stand before the image, 0 or more
 * @param after by axis how many zeros stand behind the image, 0 or more
 * @param dilation by axis how many elements of the image neighbours in the kernel are apart, 1 or
 *     more
 * @param groups into how many groups the channels are cut; each group of the result sees one group
 *     of the image
 */
public record Convolution(
    List<Long> stride, List<Long> before, List<Long> after, List<Long> dilation, long groups) {
  /** The most spatial axes that there may be. */
  public static final int MAX_AXES = 3;

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException naming the number that is out of range, or if the lists differ
   *     in length
   */
  public Convolution {
    stride = List.copyOf(stride);
    before = List.copyOf(before);
    after = List.copyOf(after);
    dilation = List.copyOf(dilation);
    int axes = stride.size();
    if (before.size() != axes || after.size() != axes || dilation.size() != axes) {
      throw new IllegalArgumentException(
          "convolution: stride "
              + stride
              + ", padding "
              + before
              + " and "
              + after
              + ", dilation "
              + dilation
              + " are not of as many axes");
    }
    if (axes < 1 || axes > MAX_AXES) {
      throw new IllegalArgumentException(
          "convolution: " + axes + " spatial axes; there are 1 to " + MAX_AXES);
    }
    atLeast(1, "stride", stride);
    atLeast(0, "padding", before);
    atLeast(0, "padding", after);
    atLeast(1, "dilation", dilation);
    atLeast(1, "groups", List.of(groups));
  }

  /**
   * Returns a convolution over so many spatial axes, with stride and dilation 1, no padding and one
   * group.
   *
   * @throws IllegalArgumentException if the axes are not 1 to {@link #MAX_AXES}
   */
  public static Convolution of(int spatialAxes) {
    List<Long> ones = Collections.nCopies(Math.max(0, spatialAxes), 1L);
    List<Long> zeros = Collections.nCopies(Math.max(0, spatialAxes), 0L);
    return new Convolution(ones, zeros, zeros, ones, 1);
  }

  /** Returns over how many spatial axes. */
  public int spatialAxes() {
    return stride.size();
  }

  /**
   * Returns the same with another stride.
   *
   * @param stride one number for all axes, or one an axis
   * @throws IllegalArgumentException if there are others, or one is less than 1
   */
  public Convolution stride(long... stride) {
    return new Convolution(each("stride", stride), before, after, dilation, groups);
  }

  /**
   * Returns the same with so many zeros on both sides of the image.
   *
   * @param padding one number for all axes, or one an axis
   * @throws IllegalArgumentException if there are others, or one is negative
   */
  public Convolution padding(long... padding) {
    return padding(padding, padding);
  }

  /**
   * Returns the same with so many zeros before and behind the image.
   *
   * @param before one number for all axes, or one an axis
   * @param after likewise
   * @throws IllegalArgumentException if there are others, or one is negative
   */
  public Convolution padding(long[] before, long[] after) {
    return new Convolution(
        stride, each("padding", before), each("padding", after), dilation, groups);
  }

  /**
   * Returns the same with the padding that lets a result be as large as its image, PyTorch's {@code
   * padding='same'}: dilation·(kernel − 1) zeros, half of them before; one more behind if the
   * number is odd. It is the padding for the present dilation.
   *
   * @param kernel the kernel's sizes, one number for all axes, or one an axis
   * @throws IllegalArgumentException if there are others, one is less than 1, or the stride is not
   *     1, with which the result is never as large
   */
  public Convolution same(long... kernel) {
    List<Long> sizes = each("kernel", kernel);
    atLeast(1, "kernel", sizes);
    if (stride.stream().anyMatch(s -> s != 1)) {
      throw new IllegalArgumentException(
          "convolution: padding that keeps the size needs stride 1, got "
              + stride
              + "; give the padding in numbers");
    }
    long[] before = new long[sizes.size()];
    long[] after = new long[sizes.size()];
    for (int i = 0; i < before.length; i++) {
      long all = Math.multiplyExact(dilation.get(i), sizes.get(i) - 1);
      before[i] = all / 2;
      after[i] = all - before[i];
    }
    return padding(before, after);
  }

  /**
   * Returns the same with another dilation.
   *
   * @param dilation one number for all axes, or one an axis
   * @throws IllegalArgumentException if there are others, or one is less than 1
   */
  public Convolution dilation(long... dilation) {
    return new Convolution(stride, before, after, each("dilation", dilation), groups);
  }

  /**
   * Returns the same with so many groups; as many as channels is a depthwise convolution.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public Convolution groups(long groups) {
    return new Convolution(stride, before, after, dilation, groups);
  }

  private List<Long> each(String what, long[] numbers) {
    return Sizes.each("convolution", what, numbers, spatialAxes());
  }

  private static void atLeast(long least, String what, List<Long> numbers) {
    Sizes.atLeast("convolution", least, what, numbers);
  }
}
