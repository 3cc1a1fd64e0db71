package org.adjoint.internal.compose;

import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.TopK;
import org.adjoint.op.ReductionOps;

/**
 * Reductions that are made of others: spread, norms, truth, the middle. Each public method is the
 * body of {@link Tensor}'s method of the same name, spelled out.
 */
public final class Statistics {
  private Statistics() {}

  public static Tensor variance(Tensor x, int ddof, boolean keepDims, int... axes) {
    if (ddof > 0 && ShapeRules.folded(x, axes) == 1) {
      // 0/0 whatever x is, so its derivatives are NaN too, in forward mode as in reverse mode.
      return x.sum(keepDims, axes).times(Double.NaN);
    }
    Tensor squares = x.minus(x.mean(true, axes)).square().sum(keepDims, axes);
    return squares.div((double) Math.max(0, ShapeRules.folded(x, axes) - ddof));
  }

  /**
   * Returns the standard deviation, of which 0 has the slope 0: the norm of the deviations over √(n
   * − ddof). The element that is farthest from the mean is compared with the mean of the others,
   * and so are they: if it is far off, the deviations from the mean of all have no digits left in
   * which the others differ, and the second derivative is all in these.
   */
  public static Tensor deviation(Tensor x, int ddof, boolean keepDims, int... axes) {
    long elements = ShapeRules.folded(x, axes);
    if (elements == 0 || (elements == 1 && ddof > 0)) {
      return variance(x, ddof, keepDims, axes).sqrt();
    }
    Tensor apart = elements == 1 ? x.minus(x) : apart(x, elements, axes);
    Tensor deviation = Norm.of(apart, 2, axes).div(Math.sqrt(Math.max(0, elements - ddof)));
    return keepDims ? deviation : deviation.sum(axes);
  }

  /**
   * Returns numbers with the sum of squares of x's deviations from its mean: those of all elements
   * but one from the mean of these, and √((n − 1)/n) times the deviation of that one from the same
   * mean (Welford 1962).
   */
  private static Tensor apart(Tensor x, long elements, int... axes) {
    Tensor zero = Tensor.scalar(0, x.dtype());
    Tensor one = Tensor.scalar(1, x.dtype());
    Tensor constant = x.detach();
    Tensor distance = constant.minus(constant.mean(true, axes)).abs();
    Tensor farthest = distance.eq(distance.max(true, axes));
    Tensor alone = Tensor.where(farthest, one, zero).sum(true, axes).eq(1);
    Tensor here = Tensor.where(farthest, alone, Tensor.zeros(DType.BOOL));
    Tensor count = Tensor.where(alone, x.scalarLike(elements - 1), x.scalarLike(elements));
    Tensor mean = Tensor.where(here, zero, x).sum(true, axes).div(count);
    Tensor deviations = x.minus(mean);
    return Tensor.where(here, deviations.times(Math.sqrt((elements - 1.0) / elements)), deviations);
  }

  /**
   * Returns the largest |x| over the axes, which are kept, as a constant to divide by: 1 where it
   * is infinite or NaN, and no smaller than that 1/unit is finite.
   */
  static Tensor unit(Tensor x, int... axes) {
    Tensor largest = x.detach().abs().max(true, axes);
    double least = 4 * (x.dtype() == DType.F64 ? Double.MIN_NORMAL : Float.MIN_NORMAL);
    Tensor finite = largest.lt(Double.POSITIVE_INFINITY);
    Tensor small = largest.lt(least);
    Tensor bounded = Tensor.where(small, Tensor.scalar(least, x.dtype()), largest);
    return Tensor.where(finite, bounded, Tensor.scalar(1, x.dtype()));
  }

  public static Tensor norm(Tensor x, double p, boolean keepDims, int... axes) {
    if (!(p > 0)) {
      throw new IllegalArgumentException("norm: p must be positive, got " + p);
    }
    Tensor size = Scalars.floating("norm", x).abs();
    if (p == 1 || ShapeRules.folded(x, axes) == 0) {
      return size.sum(keepDims, axes);
    }
    if (p == Double.POSITIVE_INFINITY) {
      return size.max(keepDims, axes);
    }
    Tensor norm = Norm.of(x, p, axes);
    return keepDims ? norm : norm.sum(axes);
  }

  public static Tensor any(Tensor flags, int... axes) {
    // In F32 a large count rounds, but never to 0.
    return needFlags("any", flags).cast(DType.F32).sum(axes).gt(0);
  }

  public static Tensor all(Tensor flags, int... axes) {
    Tensor wrong = needFlags("all", flags).eq(0);
    return wrong.cast(DType.F32).sum(axes).eq(0);
  }

  private static Tensor needFlags(String name, Tensor flags) {
    if (flags.dtype() != DType.BOOL) {
      throw new IllegalArgumentException(
          name + ": needs BOOL, got " + flags + "; compare it with something");
    }
    return flags;
  }

  public static Tensor median(Tensor x, int axis) {
    int normal = x.shape().axis(axis);
    long n = x.dim(normal);
    if (n == 0) {
      throw new IllegalArgumentException("median: axis " + axis + " of " + x + " has no elements");
    }
    Tensor sorted = x.sort(normal);
    Tensor middle = sorted.slice(normal, (n - 1) / 2, n / 2 + 1).mean(normal);
    Tensor broken = any(x.ne(x), normal);
    return Tensor.where(broken, Tensor.scalar(Double.NaN, x.dtype()), middle);
  }

  public static TopK topK(Tensor x, long k, int axis) {
    int normal = x.shape().axis(axis);
    if (k < 0 || k > x.dim(normal)) {
      throw new IllegalArgumentException(
          "topK: " + k + " of the elements along axis " + axis + " of " + x);
    }
    Tensor indices = x.argsort(normal, true).slice(normal, 0, k);
    return new TopK(x.takeAlongAxis(normal, indices), indices);
  }

  public static Tensor product(Tensor x, boolean keepDims, int... axes) {
    return ShapeRules.reduce(ReductionOps.PROD, x, keepDims, axes);
  }
}
