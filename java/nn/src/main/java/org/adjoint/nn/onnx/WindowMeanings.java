package org.adjoint.nn.onnx;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.adjoint.Convolution;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.Window;
import org.adjoint.nn.onnx.Op.Meaning;

/** What products, convolutions, pools and resizing compute. */
final class WindowMeanings {
  private WindowMeanings() {}

  /** Returns the meanings by operator. */
  static Map<String, Meaning> all() {
    Map<String, Meaning> all = new HashMap<>();
    all.put("MatMul", Meaning.one(WindowMeanings::matmul));
    all.put("Gemm", Meaning.one(WindowMeanings::gemm));
    all.put("Conv", Meaning.one(WindowMeanings::conv));
    all.put("ConvTranspose", Meaning.one(WindowMeanings::convTranspose));
    all.put("MaxPool", Meaning.one(op -> pool(op, Geometry.of(op, op.x(), sizes(op)), true)));
    all.put("AveragePool", Meaning.one(op -> pool(op, Geometry.of(op, op.x(), sizes(op)), false)));
    all.put("GlobalMaxPool", Meaning.one(op -> op.x().max(true, spatial(op.x()))));
    all.put("GlobalAveragePool", Meaning.one(op -> op.x().mean(true, spatial(op.x()))));
    all.put("Resize", Meaning.one(Resizing::of));
    all.put("Upsample", Meaning.one(Resizing::of));
    return all;
  }

  /** Returns the axes behind examples and channels. */
  private static int[] spatial(Tensor x) {
    int[] axes = new int[Math.max(0, x.rank() - 2)];
    Arrays.setAll(axes, i -> 2 + i);
    return axes;
  }

  private static long[] sizes(Op op) {
    return op.ints("kernel_shape").orElseThrow(() -> op.error("its kernel_shape is missing"));
  }

  private static Tensor matmul(Op op) {
    Tensor a = op.x(0);
    Tensor b = op.x(1);
    return a.matmul(b);
  }

  private static Tensor gemm(Op op) {
    Tensor a = op.number("transA", 0) == 0 ? op.x(0) : op.x(0).transpose();
    Tensor b = op.number("transB", 0) == 0 ? op.x(1) : op.x(1).transpose();
    Tensor y = scaled(a.matmul(b), op.real("alpha", 1));
    Optional<Tensor> c = op.maybe(2);
    return c.isPresent() ? y.plus(scaled(c.get(), op.real("beta", 1))) : y;
  }

  private static Tensor scaled(Tensor x, double by) {
    return by == 1 ? x : x.times(by);
  }

  /**
   * How a kernel or window moves; by spatial axis.
   *
   * @param before what stands before the image
   * @param behind what stands behind
   */
  private record Geometry(
      long[] size, long[] stride, long[] dilation, long[] before, long[] behind) {
    static Geometry of(Op op, Tensor x, long... size) {
      int axes = x.rank() - 2;
      if (axes < 1 || axes > Convolution.MAX_AXES || size.length != axes) {
        throw op.error(
            "a kernel " + Arrays.toString(size) + " over " + x.shape() + ": 1 to 3 axes are read");
      }
      long[] ones = new long[axes];
      Arrays.fill(ones, 1);
      long[] stride = each(op, "strides", ones);
      long[] dilation = each(op, "dilations", ones);
      long[] pads = op.ints("pads").orElse(new long[2 * axes]);
      if (pads.length != 2 * axes) {
        throw op.error(pads.length + " pads for " + axes + " axes");
      }
      long[] before = Arrays.copyOf(pads, axes);
      long[] behind = Arrays.copyOfRange(pads, axes, 2 * axes);
      String auto = op.text("auto_pad", "NOTSET");
      for (int i = 0; i < axes && auto.startsWith("SAME"); i++) {
        long n = x.dim(2 + i);
        long results = (n + stride[i] - 1) / stride[i];
        long reach = (results - 1) * stride[i] + (size[i] - 1) * dilation[i] + 1;
        long all = Math.max(0, reach - n);
        before[i] = auto.equals("SAME_LOWER") ? all - all / 2 : all / 2;
        behind[i] = all - before[i];
      }
      return new Geometry(size, stride, dilation, before, behind);
    }

    private static long[] each(Op op, String name, long... ones) {
      long[] given = op.ints(name).orElse(ones);
      if (given.length != ones.length || Arrays.stream(given).anyMatch(n -> n < 1)) {
        throw op.error(name + " " + Arrays.toString(given) + " are not " + ones.length);
      }
      return given;
    }

    Convolution convolution(long groups) {
      return Convolution.of(size.length)
          .stride(stride)
          .padding(before, behind)
          .dilation(dilation)
          .groups(groups);
    }

    boolean isPadded() {
      return Arrays.stream(before).anyMatch(n -> n != 0)
          || Arrays.stream(behind).anyMatch(n -> n != 0);
    }

    /** Returns an image with what stands around it. */
    Tensor padded(Tensor x, double value) {
      Tensor y = x;
      for (int i = 0; i < before.length; i++) {
        if (before[i] != 0 || behind[i] != 0) {
          y = y.pad(2 + i, before[i], behind[i], value);
        }
      }
      return y;
    }
  }

  private static long[] kernel(Op op) {
    long[] dims = op.x(1).shape().dims();
    return dims.length < 2 ? dims : Arrays.copyOfRange(dims, 2, dims.length);
  }

  private static Tensor conv(Op op) {
    Geometry g = Geometry.of(op, op.x(), kernel(op));
    return biased(op, op.x().conv(op.x(1), g.convolution(op.number("group", 1))));
  }

  private static Tensor convTranspose(Op op) {
    if (op.has("output_shape") || !op.text("auto_pad", "NOTSET").equals("NOTSET")) {
      throw op.error("output_shape and auto_pad are not read; give pads");
    }
    Geometry g = Geometry.of(op, op.x(), kernel(op));
    long[] more = op.ints("output_padding").orElse(new long[g.size().length]);
    return biased(op, op.x().convTranspose(op.x(1), g.convolution(op.number("group", 1)), more));
  }

  private static Tensor biased(Op op, Tensor y) {
    Optional<Tensor> bias = op.maybe(2);
    if (bias.isEmpty()) {
      return y;
    }
    long[] along = new long[y.rank() - 1];
    Arrays.fill(along, 1);
    along[0] = bias.get().size();
    return y.plus(bias.get().reshape(along));
  }

  /** A maximum never falls on what stands around the image; a mean counts it only if asked to. */
  private static Tensor pool(Op op, Geometry g, boolean max) {
    boolean ceil = op.number("ceil_mode", 0) != 0;
    Window window = Window.of(g.size()).stride(g.stride()).dilation(g.dilation()).ceil(ceil);
    boolean counts = op.number("count_include_pad", 0) != 0;
    if (Arrays.equals(g.before(), g.behind())) {
      Window around = window.padding(g.before()).countPadding(counts);
      return max ? op.x().maxPool(around) : op.x().avgPool(around);
    }
    if (max) {
      return g.padded(op.x(), Double.NEGATIVE_INFINITY).maxPool(window);
    }
    Tensor means = g.padded(op.x(), 0).avgPool(window);
    if (counts || !g.isPadded()) {
      return means;
    }
    long[] dims = op.x().shape().dims();
    dims[0] = 1;
    dims[1] = 1;
    Tensor shares = g.padded(Tensor.ones(op.x().dtype(), dims), 0).avgPool(window);
    return means.div(shares);
  }

  /**
   * Returns a scale that a resize has, as doubles.
   *
   * @param x the scales
   */
  static double[] doubles(Tensor x) {
    return x.cast(DType.F64).toDoubleArray();
  }
}
