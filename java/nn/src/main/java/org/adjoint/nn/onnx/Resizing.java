package org.adjoint.nn.onnx;

import java.util.Arrays;
import java.util.Optional;
import org.adjoint.Tensor;

/**
 * The operator Resize, an axis at a time: element i of the result is read at a place between
 * elements of the image, nearest or linear. The places follow from sizes alone.
 */
final class Resizing {
  private Resizing() {}

  /** Returns the resized image. */
  static Tensor of(Op op) {
    Tensor x = op.x();
    int last = op.node().op().equals("Upsample") || op.opset() < 11 ? 1 : 2;
    Optional<Tensor> sizes = op.maybe(3);
    double[] scales = new double[x.rank()];
    long[] results = new long[x.rank()];
    if (sizes.isPresent() && sizes.get().size() > 0) {
      results = exactly(op, op.numbers(sizes.get()));
      for (int i = 0; i < results.length; i++) {
        scales[i] = (double) results[i] / x.dim(i);
      }
    } else {
      scales = WindowMeanings.doubles(op.x(last));
      if (scales.length != x.rank()) {
        throw op.error(scales.length + " scales for " + x.shape());
      }
      for (int i = 0; i < results.length; i++) {
        results[i] = (long) Math.floor(x.dim(i) * scales[i]);
      }
    }
    String mode = op.text("mode", "nearest");
    String coordinates =
        op.text("coordinate_transformation_mode", last == 1 ? "asymmetric" : "half_pixel");
    Tensor y = x;
    for (int axis = 0; axis < results.length; axis++) {
      if (results[axis] != x.dim(axis)) {
        double[] places = places(op, coordinates, x.dim(axis), results[axis], scales[axis]);
        y =
            switch (mode) {
              case "nearest" -> nearest(op, y, axis, places);
              case "linear" -> linear(y, axis, places);
              default -> throw op.error("mode '" + mode + "' is not read");
            };
      }
    }
    return y;
  }

  private static long[] exactly(Op op, long... sizes) {
    if (sizes.length != op.x().rank() || Arrays.stream(sizes).anyMatch(n -> n < 1)) {
      throw op.error("sizes " + Arrays.toString(sizes) + " for " + op.x().shape());
    }
    return sizes;
  }

  private static double[] places(Op op, String mode, long n, long results, double scale) {
    if (results < 1 || results > Integer.MAX_VALUE) {
      throw op.error("an axis of " + n + " resized to " + results);
    }
    double[] places = new double[(int) results];
    for (int i = 0; i < places.length; i++) {
      places[i] =
          switch (mode) {
            case "half_pixel" -> (i + 0.5) / scale - 0.5;
            case "pytorch_half_pixel" -> results > 1 ? (i + 0.5) / scale - 0.5 : 0;
            case "asymmetric" -> i / scale;
            case "align_corners" -> results > 1 ? i * (n - 1.0) / (results - 1) : 0;
            default -> throw op.error("coordinates '" + mode + "' are not read");
          };
    }
    return places;
  }

  private static Tensor nearest(Op op, Tensor x, int axis, double... places) {
    String mode = op.text("nearest_mode", op.opset() < 11 ? "floor" : "round_prefer_floor");
    long[] index = new long[places.length];
    for (int i = 0; i < index.length; i++) {
      double at =
          switch (mode) {
            case "floor" -> Math.floor(places[i]);
            case "ceil" -> Math.ceil(places[i]);
            case "round_prefer_floor" -> Math.ceil(places[i] - 0.5);
            case "round_prefer_ceil" -> Math.floor(places[i] + 0.5);
            default -> throw op.error("nearest_mode '" + mode + "' is not read");
          };
      index[i] = (long) Math.max(0, Math.min(x.dim(axis) - 1, at));
    }
    return x.gather(axis, Tensor.of(index));
  }

  private static Tensor linear(Tensor x, int axis, double... places) {
    long n = x.dim(axis);
    long[] left = new long[places.length];
    long[] right = new long[places.length];
    double[] weight = new double[places.length];
    for (int i = 0; i < left.length; i++) {
      double at = Math.max(0, Math.min(n - 1, places[i]));
      left[i] = (long) Math.floor(at);
      right[i] = Math.min(n - 1, left[i] + 1);
      weight[i] = at - left[i];
    }
    long[] along = new long[x.rank() - axis];
    Arrays.fill(along, 1);
    along[0] = places.length;
    Tensor share = Tensor.of(weight, along).cast(x.dtype());
    Tensor low = x.gather(axis, Tensor.of(left));
    Tensor high = x.gather(axis, Tensor.of(right));
    return low.plus(high.minus(low).times(share));
  }
}
