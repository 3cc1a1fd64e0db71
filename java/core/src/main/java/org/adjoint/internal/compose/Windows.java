package org.adjoint.internal.compose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Window;
import org.adjoint.op.ConvGeometry;
import org.adjoint.op.ConvolutionOps;
import org.adjoint.op.IndexOps;
import org.adjoint.op.WindowOps;

/**
 * Pools, and windows as columns: a maximum is found by its place and gathered, a mean is a
 * convolution with equal weights or a mean of tiles, columns are gathered. Each public method is
 * the body of {@link Tensor}'s method of the same name.
 */
public final class Windows {
  private Windows() {}

  // ---- maxima ----

  public static Tensor maxPool(Tensor x, Window w) {
    long[] results = results("maxPool", x, w);
    notInPaddingAlone("maxPool", x, w, results);
    long[] attrs = new long[1 + 5 * w.axes()];
    for (int i = 0; i < w.axes(); i++) {
      attrs[1 + 5 * i] = results[i];
      attrs[2 + 5 * i] = w.size().get(i);
      attrs[3 + 5 * i] = w.stride().get(i);
      attrs[4 + 5 * i] = w.padding().get(i);
      attrs[5 + 5 * i] = w.dilation().get(i);
    }
    return maxima(x, w.axes(), attrs);
  }

  public static Tensor adaptiveMaxPool(Tensor x, long... size) {
    adapts("adaptiveMaxPool", x, size);
    long[] attrs = new long[1 + 5 * size.length];
    attrs[0] = 1;
    for (int i = 0; i < size.length; i++) {
      attrs[1 + 5 * i] = size[i];
    }
    return maxima(x, size.length, attrs);
  }

  /** Gathers what stands at the first maximum of each window. */
  private static Tensor maxima(Tensor x, int axes, long[] attrs) {
    Tensor places = WindowOps.WINDOW_ARGMAX.apply(attrs, x).get(0);
    long[] dims = x.shape().dims();
    int lead = dims.length - axes;
    long examples = size(dims, 0, lead);
    Tensor images = x.reshape(examples, size(dims, lead, dims.length));
    Tensor at = places.reshape(examples, size(places.shape().dims(), lead, dims.length));
    Tensor picked = IndexOps.GATHER.apply(new long[] {1, 1}, images, at).get(0);
    return picked.reshape(places.shape().dims());
  }

  // ---- means ----

  public static Tensor avgPool(Tensor x, Window w) {
    long[] results = results("avgPool", x, w);
    if (tile(x, w)) {
      return meanOfTiles(x, results);
    }
    if (!w.countPadding()) {
      notInPaddingAlone("avgPool", x, w, results);
    }
    long[] dims = x.shape().dims();
    int lead = dims.length - w.axes();
    List<ConvGeometry.Axis> axes = new ArrayList<>();
    double weight = 1;
    Optional<Tensor> counts = Optional.empty();
    for (int i = 0; i < w.axes(); i++) {
      long n = dims[lead + i];
      if (isWhole(n, w, i, results[i])) {
        weight /= w.size().get(i);
      } else {
        long[] along = new long[w.axes() - i];
        Arrays.fill(along, 1);
        along[0] = results[i];
        Tensor count = count(n, w, i, results[i]).cast(x.dtype()).reshape(along);
        counts = Optional.of(counts.isPresent() ? counts.get().times(count) : count);
      }
      axes.add(
          new ConvGeometry.Axis(
              n,
              w.size().get(i),
              results[i],
              w.stride().get(i),
              w.padding().get(i),
              w.dilation().get(i)));
    }
    ConvGeometry geometry = new ConvGeometry(1, axes);
    Tensor images = x.reshape(before(size(dims, 0, lead), 1, dims, lead));
    Tensor weights = x.scalarLike(weight).broadcastTo(before(1, 1, numbers(w.size()), 0));
    Tensor sums = ConvolutionOps.CONV.apply(geometry.attrs(), images, weights).get(0);
    System.arraycopy(results, 0, dims, lead, results.length);
    Tensor y = sums.reshape(dims);
    return counts.isPresent() ? y.times(counts.get().reciprocal()) : y;
  }

  /** Returns whether every window along axis i counts all of its elements. */
  private static boolean isWhole(long n, Window w, int i, long results) {
    long span = (w.size().get(i) - 1) * w.dilation().get(i);
    long end = (results - 1) * w.stride().get(i) - w.padding().get(i) + span;
    return first(w, i) <= -w.padding().get(i) && end <= last(n, w, i);
  }

  /** Returns the first place along axis i, counted from the image's start, that a mean counts. */
  private static long first(Window w, int i) {
    return w.countPadding() ? -w.padding().get(i) : 0;
  }

  /** Returns the last place along axis i that a mean counts. */
  private static long last(long n, Window w, int i) {
    return w.countPadding() ? n + w.padding().get(i) - 1 : n - 1;
  }

  /** Returns how many elements each window counts along axis i, as I64. */
  private static Tensor count(long n, Window w, int i, long results) {
    long dilation = w.dilation().get(i);
    Tensor start = Tensor.arange(results).times(w.stride().get(i)).minus(w.padding().get(i));
    Tensor before = start.minus(first(w, i)).floorDiv(dilation).neg();
    Tensor until = start.neg().plus(last(n, w, i)).floorDiv(dilation).plus(1);
    return until.minimum(w.size().get(i)).minus(before.maximum(0));
  }

  public static Tensor adaptiveAvgPool(Tensor x, long... size) {
    adapts("adaptiveAvgPool", x, size);
    boolean even = true;
    for (int i = 0; i < size.length; i++) {
      even &= x.dim(x.rank() - size.length + i) % size[i] == 0;
    }
    if (even) {
      return meanOfTiles(x, size);
    }
    Tensor y = x;
    for (int i = 0; i < size.length; i++) {
      y = adaptiveMean(y, x.rank() - size.length + i, size[i]);
    }
    return y;
  }

  /** Means along one axis; a mean of a box is a mean along its axes, one after another. */
  private static Tensor adaptiveMean(Tensor x, int axis, long results) {
    long n = x.dim(axis);
    Tensor i = Tensor.arange(results);
    Tensor from = i.times(n).floorDiv(results);
    Tensor to = i.plus(1).times(-n).floorDiv(results).neg();
    long most = Math.min(n, n / results + 2);
    Tensor places = from.unsqueeze(1).plus(Tensor.arange(most));
    Tensor inside = places.lt(to.unsqueeze(1));
    Tensor taken = x.gather(axis, places.minimum(n - 1));
    long[] behind = new long[x.rank() - axis - 1];
    Arrays.fill(behind, 1);
    Tensor mask = inside.reshape(before(results, most, behind, 0));
    Tensor sums = Tensor.where(mask, taken, x.scalarLike(0)).sum(axis + 1);
    Tensor lengths = to.minus(from).cast(x.dtype());
    long[] along = new long[x.rank() - axis];
    Arrays.fill(along, 1);
    along[0] = results;
    return sums.times(lengths.reciprocal().reshape(along));
  }

  /** Returns whether windows are tiles that leave nothing out. */
  private static boolean tile(Tensor x, Window w) {
    boolean tiles = w.stride().equals(w.size());
    for (int i = 0; i < w.axes(); i++) {
      tiles &= w.padding().get(i) == 0 && w.dilation().get(i) == 1;
      tiles &= x.dim(x.rank() - w.axes() + i) % w.size().get(i) == 0;
    }
    return tiles;
  }

  /** Returns means of equal tiles of the last axes, so many along each. */
  private static Tensor meanOfTiles(Tensor x, long[] results) {
    int lead = x.rank() - results.length;
    long[] dims = Arrays.copyOf(x.shape().dims(), x.rank() + results.length);
    int[] inside = new int[results.length];
    for (int i = 0; i < results.length; i++) {
      dims[lead + 2 * i] = results[i];
      dims[lead + 2 * i + 1] = x.dim(lead + i) / results[i];
      inside[i] = lead + 2 * i + 1;
    }
    return x.reshape(dims).mean(inside);
  }

  // ---- columns ----

  public static Tensor im2col(Tensor x, Window w) {
    if (x.rank() != 2 + w.axes()) {
      throw new IllegalArgumentException(
          "im2col: over " + w.axes() + " axes needs " + (2 + w.axes()) + ", got " + x.shape());
    }
    noCeil("im2col", w);
    long[] results = results("im2col", x, w);
    Tensor padded = x;
    for (int i = 0; i < w.axes(); i++) {
      long padding = w.padding().get(i);
      padded = padding == 0 ? padded : padded.pad(2 + i, padding, padding, 0);
    }
    Tensor flat = padded.flatten(2, -1);
    Tensor columns = flat.gather(2, places(padded.shape().dims(), w, results));
    long taps = size(numbers(w.size()), 0, w.axes());
    return columns.reshape(
        x.dim(0), Sizes.times("im2col", x.dim(1), taps), size(results, 0, results.length));
  }

  public static Tensor col2im(Tensor columns, Window w, long... image) {
    noCeil("col2im", w);
    long taps = size(numbers(w.size()), 0, w.axes());
    if (image.length != w.axes() || columns.rank() != 3 || columns.dim(1) % taps != 0) {
      throw new IllegalArgumentException(
          "col2im: columns "
              + columns.shape()
              + " of windows of "
              + w.size()
              + " in an image of "
              + Arrays.toString(image)
              + ": needs [n, c · "
              + taps
              + ", windows] and "
              + w.axes()
              + " sizes");
    }
    long[] dims = before(columns.dim(0), columns.dim(1) / taps, image, 0);
    long[] results = results("col2im", Shape.of(dims), w);
    long windows = size(results, 0, results.length);
    if (columns.dim(2) != windows) {
      throw new IllegalArgumentException(
          "col2im: columns "
              + columns.shape()
              + " are of "
              + columns.dim(2)
              + " windows; an image of "
              + Arrays.toString(image)
              + " has "
              + windows);
    }
    long[] padded = dims.clone();
    for (int i = 0; i < w.axes(); i++) {
      padded[2 + i] += 2 * w.padding().get(i);
    }
    Tensor updates = columns.reshape(dims[0], dims[1], taps * windows);
    Shape flat = Shape.of(dims[0], dims[1], size(padded, 2, padded.length));
    Tensor y = Tensor.scatterAdd(flat, 2, places(padded, w, results), updates).reshape(padded);
    for (int i = 0; i < w.axes(); i++) {
      long padding = w.padding().get(i);
      y = padding == 0 ? y : y.slice(2 + i, padding, padding + image[i]);
    }
    return y;
  }

  /** Returns by element of a window, then by window, its place in a padded image's flat axis. */
  private static Tensor places(long[] padded, Window w, long[] results) {
    int axes = w.axes();
    Tensor places = Tensor.scalar(0L);
    for (int i = 0; i < axes; i++) {
      long step = size(padded, 3 + i, padded.length);
      long[] within = new long[2 * axes - i];
      long[] apart = new long[axes - i];
      Arrays.fill(within, 1);
      Arrays.fill(apart, 1);
      within[0] = w.size().get(i);
      apart[0] = results[i];
      Tensor element = Tensor.arange(within[0]).times(w.dilation().get(i) * step);
      Tensor window = Tensor.arange(results[i]).times(w.stride().get(i) * step);
      places = places.plus(element.reshape(within)).plus(window.reshape(apart));
    }
    return places.flatten();
  }

  private static void noCeil(String op, Window w) {
    if (w.ceil()) {
      throw new IllegalArgumentException(
          op + ": takes no windows that reach beyond the end; pad the image instead");
    }
  }

  // ---- sizes ----

  private static long[] results(String op, Tensor x, Window w) {
    if (x.rank() < w.axes()) {
      throw new IllegalArgumentException(
          op + ": a window of " + w.size() + " needs " + w.axes() + " axes, got " + x.shape());
    }
    return results(op, x.shape(), w);
  }

  /** Returns how many windows there are along each axis: PyTorch's pooling_output_shape. */
  private static long[] results(String op, Shape x, Window w) {
    long[] results = new long[w.axes()];
    for (int i = 0; i < results.length; i++) {
      int axis = x.rank() - w.axes() + i;
      long stride = w.stride().get(i);
      long padding = w.padding().get(i);
      long reach = Sizes.times(op, w.size().get(i) - 1, w.dilation().get(i));
      long padded = Sizes.plus(op, x.dim(axis), Sizes.times(op, 2, padding));
      long room = padded - reach - 1;
      results[i] = Math.floorDiv(w.ceil() ? Sizes.plus(op, room, stride - 1) : room, stride) + 1;
      if (w.ceil() && (results[i] - 1) * stride >= x.dim(axis) + padding) {
        results[i]--;
      }
      if (results[i] < 1) {
        throw new IllegalArgumentException(
            op
                + ": a window of "
                + w.size()
                + " does not fit "
                + x
                + ": along axis "
                + axis
                + " it spans "
                + (reach + 1)
                + " of "
                + padded
                + " padded elements");
      }
    }
    return results;
  }

  /** Checks that every window has an element of the image. */
  private static void notInPaddingAlone(String op, Tensor x, Window w, long[] results) {
    for (int i = 0; i < results.length; i++) {
      int axis = x.rank() - results.length + i;
      long n = x.dim(axis);
      long stride = w.stride().get(i);
      long dilation = w.dilation().get(i);
      boolean alone = (results[i] - 1) * stride - w.padding().get(i) >= n;
      for (long start = -w.padding().get(i);
          start < 0 && start / stride < results[i];
          start += stride) {
        long before = -Math.floorDiv(start, dilation);
        alone |= before >= w.size().get(i) || start + before * dilation >= n;
      }
      if (alone) {
        throw new IllegalArgumentException(
            op
                + ": a window of "
                + w.size()
                + " with padding "
                + w.padding()
                + " lies in the padding alone along axis "
                + axis
                + " of "
                + x.shape()
                + ": pad by half a window at most");
      }
    }
  }

  private static void adapts(String op, Tensor x, long[] size) {
    boolean fits = size.length >= 1 && size.length <= 3 && size.length <= x.rank();
    for (int i = 0; fits && i < size.length; i++) {
      fits = size[i] > 0 && x.dim(x.rank() - size.length + i) > 0;
    }
    if (!fits) {
      throw new IllegalArgumentException(
          op
              + ": "
              + x.shape()
              + " to "
              + Arrays.toString(size)
              + ": needs one to three sizes above 0, of axes with elements");
    }
  }

  private static long[] numbers(List<Long> list) {
    return list.stream().mapToLong(Long::longValue).toArray();
  }

  private static long size(long[] dims, int from, int to) {
    long size = 1;
    for (int i = from; i < to; i++) {
      size = Sizes.times("window", size, dims[i]);
    }
    return size;
  }

  /** Returns two sizes and those of {@code dims} from one on. */
  private static long[] before(long first, long second, long[] dims, int from) {
    long[] all = new long[2 + dims.length - from];
    all[0] = first;
    all[1] = second;
    System.arraycopy(dims, from, all, 2, dims.length - from);
    return all;
  }
}
