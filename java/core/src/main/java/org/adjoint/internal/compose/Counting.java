package org.adjoint.internal.compose;

import java.util.Arrays;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;

/**
 * Where values stand in an order, how many there are of each, and the extremes so far; made of
 * gather, scatterAdd and comparisons. Each public method is the body of {@link Tensor}'s method of
 * the same name.
 */
public final class Counting {
  private Counting() {}

  /** Finds the places by halving steps: one comparison of all values for each bit of the count. */
  public static Tensor searchSorted(Tensor sorted, Tensor values, boolean right) {
    if (sorted.rank() != 1 || sorted.dtype() != values.dtype()) {
      throw new IllegalArgumentException(
          "searchSorted: needs an ascending vector and values of its dtype, got "
              + sorted
              + " and "
              + values);
    }
    long n = sorted.dim(0);
    Tensor v = Access.fixed(values);
    Tensor undefined = v.ne(v);
    Tensor place = Tensor.zeros(DType.I64, v.shape().dims());
    for (long step = Long.highestOneBit(n); step > 0; step /= 2) {
      Tensor next = place.plus(step);
      Tensor probe = sorted.gather(0, next.minimum(n).minus(1));
      Tensor before =
          right ? probe.le(v).or(undefined) : probe.lt(v).or(undefined.and(probe.eq(probe)));
      place = Tensor.where(before.and(next.le(n)), next, place);
    }
    return place;
  }

  public static Tensor bincount(Tensor x, long bins) {
    if (!x.dtype().isInteger()) {
      throw new IllegalArgumentException("bincount: needs I32 or I64, got " + x + "; cast it");
    }
    Tensor places = x.flatten();
    Tensor ones = Tensor.ones(DType.I64, places.size());
    return Tensor.scatterAdd(Shape.of(bins), 0, places, ones);
  }

  public static Tensor histogram(Tensor x, long bins, double low, double high) {
    if (bins < 1 || !(low < high) || !Double.isFinite(high - low)) {
      throw new IllegalArgumentException(
          "histogram: " + bins + " bins from " + low + " to " + high + " are none");
    }
    return histogram(x, Tensor.linspace(low, high, bins + 1, floating(x).dtype()));
  }

  public static Tensor histogram(Tensor given, Tensor edges) {
    Tensor x = floating(given).flatten();
    if (edges.rank() != 1 || edges.dim(0) < 2 || edges.dtype() != x.dtype()) {
      throw new IllegalArgumentException(
          "histogram: needs at least two ascending edges of dtype " + x.dtype() + ", got " + edges);
    }
    long bins = edges.dim(0) - 1;
    Tensor bin = edges.searchSorted(x, true).minus(1);
    Tensor inLast = x.eq(edges.get(bins));
    Tensor inside = x.ge(edges.get(0)).and(x.le(edges.get(bins)));
    Tensor last = Tensor.scalar(bins - 1);
    Tensor outside = Tensor.scalar(bins);
    Tensor place = Tensor.where(inside, Tensor.where(inLast, last, bin), outside);
    return place.bincount(bins + 1).slice(0, 0, bins);
  }

  private static Tensor floating(Tensor x) {
    return x.dtype().isInteger() ? x.cast(DType.F64) : x;
  }

  /**
   * Returns the largest or smallest element so far. The places of the extremes are found in as many
   * steps as their number has bits; the elements come by them, and so do gradients.
   */
  public static Tensor cumExtreme(String name, Tensor x, int axis, boolean largest) {
    int at = x.shape().axis(axis);
    long n = x.dim(at);
    if (!x.dtype().isArithmetic() && !x.dtype().isInteger()) {
      throw new IllegalArgumentException(name + ": needs F32, F64, I32 or I64, got " + x);
    }
    long[] along = new long[x.rank()];
    Arrays.fill(along, 1);
    along[at] = n;
    Tensor best = Tensor.arange(n).reshape(along).broadcastTo(x.shape().dims());
    Tensor value = x.detach();
    for (long step = 1; step < n; step *= 2) {
      Tensor earlier = value.slice(at, 0, n - step);
      Tensor later = value.slice(at, step, n);
      Tensor ahead = largest ? earlier.ge(later) : earlier.le(later);
      Tensor stays = ahead.or(earlier.ne(earlier)); // NaN comes from before
      value = joined(at, step, value, stays, earlier, later);
      best = joined(at, step, best, stays, best.slice(at, 0, n - step), best.slice(at, step, n));
    }
    return x.takeAlongAxis(at, best);
  }

  private static Tensor joined(int axis, long step, Tensor x, Tensor stays, Tensor a, Tensor b) {
    return Tensor.concat(axis, x.slice(axis, 0, step), Tensor.where(stays, a, b));
  }

  /** Returns x[index₀, index₁, …] on the leading axes: NumPy's indexing by several arrays. */
  public static Tensor gather(Tensor x, Tensor... indices) {
    if (indices.length == 0 || indices.length > x.rank()) {
      throw new IllegalArgumentException(
          "gather: " + indices.length + " index tensors for the axes of " + x.shape());
    }
    long stride = 1;
    Tensor place = null;
    for (int axis = indices.length - 1; axis >= 0; axis--) {
      // By way of a table, which checks each index against its own axis.
      Tensor table = Tensor.arange(x.dim(axis)).times(stride);
      Tensor part = table.gather(0, indices[axis]);
      place = place == null ? part : part.plus(place);
      stride *= x.dim(axis);
    }
    return x.flatten(0, indices.length - 1).gather(0, place);
  }
}
