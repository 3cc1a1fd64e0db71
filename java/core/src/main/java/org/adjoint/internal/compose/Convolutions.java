package org.adjoint.internal.compose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.adjoint.Convolution;
import org.adjoint.Tensor;
import org.adjoint.op.ConvGeometry;
import org.adjoint.op.ConvolutionOps;

/**
 * Convolutions with sizes that follow from the image's and the kernel's. Each public method is the
 * body of {@link Tensor}'s method of the same name.
 */
public final class Convolutions {
  private Convolutions() {}

  public static Tensor conv(Tensor x, Tensor w, Convolution c) {
    ranks("conv", x, w, c);
    if (x.dim(1) != Sizes.times("conv", c.groups(), w.dim(1)) || w.dim(0) % c.groups() != 0) {
      throw new IllegalArgumentException(
          "conv: image "
              + x.shape()
              + " and kernel "
              + w.shape()
              + " do not go together in "
              + c.groups()
              + " groups: axis 1 of the kernel must be "
              + expected(x.dim(1), c.groups())
              + ", and axis 0 a multiple of "
              + c.groups());
    }
    List<ConvGeometry.Axis> axes = new ArrayList<>();
    for (int i = 0; i < c.spatialAxes(); i++) {
      long image = x.dim(2 + i);
      long kernel = w.dim(2 + i);
      long span = span("conv", kernel, c.dilation().get(i), w);
      long padded =
          Sizes.plus("conv", Sizes.plus("conv", image, c.before().get(i)), c.after().get(i));
      if (span > padded) {
        throw new IllegalArgumentException(
            "conv: kernel "
                + w.shape()
                + " is larger than its padded image "
                + x.shape()
                + ": along axis "
                + (2 + i)
                + " it spans "
                + span
                + " of "
                + padded
                + " elements; "
                + (span - padded)
                + " more of padding would fit it");
      }
      long result = (padded - span) / c.stride().get(i) + 1;
      axes.add(axis(image, kernel, result, c, i));
    }
    return ConvolutionOps.CONV.apply(new ConvGeometry(c.groups(), axes).attrs(), x, w).get(0);
  }

  public static Tensor convTranspose(Tensor x, Tensor w, Convolution c, long... outputPadding) {
    ranks("convTranspose", x, w, c);
    if (x.dim(1) != w.dim(0) || w.dim(0) % c.groups() != 0) {
      throw new IllegalArgumentException(
          "convTranspose: image "
              + x.shape()
              + " and kernel "
              + w.shape()
              + " do not go together in "
              + c.groups()
              + " groups: axis 0 of the kernel must be "
              + x.dim(1)
              + ", a multiple of the groups");
    }
    List<ConvGeometry.Axis> axes = new ArrayList<>();
    for (int i = 0; i < c.spatialAxes(); i++) {
      long more = outputPadding(outputPadding, c, i);
      long result = x.dim(2 + i);
      long kernel = w.dim(2 + i);
      long span = span("convTranspose", kernel, c.dilation().get(i), w);
      long steps = Sizes.times("convTranspose", result - 1, c.stride().get(i));
      long cut = Sizes.plus("convTranspose", c.before().get(i), c.after().get(i));
      long whole = Sizes.plus("convTranspose", Sizes.plus("convTranspose", steps, span), more);
      if (result == 0 || whole <= cut) {
        throw new IllegalArgumentException(
            "convTranspose: image "
                + x.shape()
                + " and kernel "
                + w.shape()
                + " give no elements along axis "
                + (2 + i)
                + ": a padding of "
                + c.before().get(i)
                + " + "
                + c.after().get(i)
                + " takes all of "
                + Math.max(0, whole));
      }
      axes.add(axis(whole - cut, kernel, result, c, i));
    }
    ConvGeometry geometry = new ConvGeometry(c.groups(), axes);
    return ConvolutionOps.CONV_INPUT.apply(geometry.attrs(), x, w).get(0);
  }

  private static ConvGeometry.Axis axis(
      long image, long kernel, long result, Convolution c, int i) {
    return new ConvGeometry.Axis(
        image, kernel, result, c.stride().get(i), c.before().get(i), c.dilation().get(i));
  }

  private static String expected(long channels, long groups) {
    return channels % groups == 0
        ? "" + channels / groups
        : channels + " / " + groups + ", which is not whole";
  }

  private static void ranks(String op, Tensor x, Tensor w, Convolution c) {
    int rank = 2 + c.spatialAxes();
    if (x.rank() != rank || w.rank() != rank) {
      throw new IllegalArgumentException(
          op
              + ": over "
              + c.spatialAxes()
              + " spatial axes needs image and kernel of "
              + rank
              + " axes, got "
              + x.shape()
              + " and "
              + w.shape());
    }
  }

  /** Returns how many elements of the image a kernel reaches over. */
  private static long span(String op, long kernel, long dilation, Tensor w) {
    if (kernel < 1) {
      throw new IllegalArgumentException(op + ": kernel " + w.shape() + " has an axis of size 0");
    }
    return Sizes.plus(op, Sizes.times(op, kernel - 1, dilation), 1);
  }

  private static long outputPadding(long[] given, Convolution c, int i) {
    if (given.length > 1 && given.length != c.spatialAxes()) {
      throw new IllegalArgumentException(
          "convTranspose: output padding "
              + Arrays.toString(given)
              + " for "
              + c.spatialAxes()
              + " spatial axes; give none, one number for all or one an axis");
    }
    long more = given.length == 0 ? 0 : given[given.length == 1 ? 0 : i];
    long most = Math.max(c.stride().get(i), c.dilation().get(i)) - 1;
    if (more < 0 || more > most) {
      throw new IllegalArgumentException(
          "convTranspose: output padding "
              + more
              + " is outside 0 … "
              + most
              + ", less than stride "
              + c.stride().get(i)
              + " or dilation "
              + c.dilation().get(i));
    }
    return more;
  }
}
