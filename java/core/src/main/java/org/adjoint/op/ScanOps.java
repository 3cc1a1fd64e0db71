package org.adjoint.op;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Axes;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * Scans and the order of elements along an axis. The derivatives of all scans, and of products, are
 * linear recurrences, whose derivatives are linear recurrences again: no rule divides, so zeros
 * need no care, and every order costs a few passes over the elements.
 */
public final class ScanOps {
  /** yₖ = x₀ + … + xₖ; the transpose runs from the other end. */
  public static final Scan CUMSUM =
      Scan.numeric(
          "cumsum",
          1,
          (c, i, g) -> cumsum(g, axis(c), !reverse(c)),
          (c, t) -> cumsum(t.get(0).orElseThrow(), axis(c), reverse(c)));

  /**
   * Inputs a, b: h₀ = b₀, hₖ = bₖ + aₖ·hₖ₋₁; a₀ does not matter. The cotangent of b is db, the
   * recurrence from the other end over the factors one place on: dbₖ = gₖ + aₖ₊₁·dbₖ₊₁; the
   * cotangent of a is daₖ = dbₖ·hₖ₋₁.
   */
  public static final Scan LINEAR_SCAN =
      Scan.numeric("linearScan", 2, ScanOps::pullScan, ScanOps::pushScan);

  /**
   * As {@link #LINEAR_SCAN}, where aₖ·hₖ₋₁ is 0 if either is 0, as of {@link ElementwiseOps#SCALE}:
   * the recurrence of cotangents and tangents, which infinities and NaN among the factors leave
   * alone where nothing flows.
   */
  public static final Scan SCALE_SCAN =
      Scan.of("scaleScan", 2, ScanOps::pullScan, ScanOps::pushScan);

  /**
   * yₖ = log(eˣ⁰ + … + eˣᵏ), without overflow. With weights wₖ = exp(xₖ − yₖ) and factors dₖ =
   * exp(yₖ₋₁ − yₖ), all at most 1, tangents go forward by the recurrence of d over w·ẋ and
   * cotangents back by its transpose. Where y is −∞, w is 0: such elements have no weight.
   */
  public static final Scan LOG_CUM_SUM_EXP =
      Scan.of(
          "logCumSumExp",
          1,
          (c, i, g) -> {
            Tensor later = shifted(factors(c), axis(c), !reverse(c));
            Tensor all = scaleScan(later, g, axis(c), !reverse(c));
            return all.scale(weights(c.x(), c.y()));
          },
          (c, t) -> {
            Tensor weighted = t.get(0).orElseThrow().scale(weights(c.x(), c.y()));
            return scaleScan(factors(c), weighted, axis(c), reverse(c));
          });

  private static final Kernel ARGSORT_KERNEL = new Kernel("argsort", ScalarFunction.NONE, -1);

  /**
   * The places of the elements in ascending order along an axis, as I64; equal ones stay in order,
   * NaN comes last. Attributes: the axis, and 1 for descending order.
   */
  public static final NonDifferentiable ARGSORT =
      new NonDifferentiable(
          "argsort",
          ARGSORT_KERNEL,
          (op, in, attrs) -> {
            op.expect(in, 1);
            op.numeric(in.get(0));
            Scan.checkAttrs("argsort", in.get(0).shape(), attrs);
            return new Type(DType.I64, in.get(0).shape());
          },
          (emitter, attrs, in, out) -> {
            int[] toLast = Axes.moved(in[0].rank(), (int) attrs[0], in[0].rank() - 1);
            Ref x = emitter.contiguous(in[0].permute(toLast));
            Ref y = emitter.allocate(new Type(DType.I64, Shape.of(x.dims())));
            Ref[] result = {table(y)};
            emitter.call(ARGSORT_KERNEL, new long[] {attrs[1]}, new Ref[] {table(x)}, result);
            return new Ref[] {y.permute(Axes.inverse(toLast))};
          },
          b -> b.x(0).argsort((int) b.attrs()[0] + 1, b.attrs()[1] != 0));

  /** All rows. */
  public static final List<Op> ALL =
      List.of(CUMSUM, LINEAR_SCAN, SCALE_SCAN, LOG_CUM_SUM_EXP, ARGSORT);

  private ScanOps() {}

  /** Returns the running sums along {@code axis}, from its end if {@code reverse}. */
  public static Tensor cumsum(Tensor x, int axis, boolean reverse) {
    return CUMSUM.apply(attrs(x, axis, reverse), x).get(0);
  }

  /**
   * Returns {@link #LINEAR_SCAN} of a and b along {@code axis}, from its end if {@code reverse}.
   */
  public static Tensor linearScan(Tensor a, Tensor b, int axis, boolean reverse) {
    return LINEAR_SCAN.apply(attrs(b, axis, reverse), a, b).get(0);
  }

  /** Returns {@link #SCALE_SCAN} of a and b along {@code axis}, from its end if {@code reverse}. */
  public static Tensor scaleScan(Tensor a, Tensor b, int axis, boolean reverse) {
    return scaled().apply(attrs(b, axis, reverse), a, b).get(0);
  }

  /** Returns {@link #SCALE_SCAN}; its own rule cannot name it. */
  private static Scan scaled() {
    return SCALE_SCAN;
  }

  private static Tensor pullScan(Call c, int input, Tensor g) {
    Tensor later = shifted(c.x(0), axis(c), !reverse(c));
    Tensor all = scaleScan(later, g, axis(c), !reverse(c));
    return input == 1 ? all : all.scale(shifted(c.y(), axis(c), reverse(c)));
  }

  private static Tensor pushScan(Call c, List<Optional<Tensor>> t) {
    Tensor before = shifted(c.y(), axis(c), reverse(c));
    Optional<Tensor> first = t.get(0).map(da -> da.scale(before));
    Tensor source =
        first.isPresent()
            ? t.get(1).map(db -> db.plus(first.get())).orElse(first.get())
            : t.get(1).orElseThrow();
    return scaleScan(c.x(0), source, axis(c), reverse(c));
  }

  /** Returns the running logarithms of sums of exponentials along {@code axis}. */
  public static Tensor logCumSumExp(Tensor x, int axis, boolean reverse) {
    return LOG_CUM_SUM_EXP.apply(attrs(x, axis, reverse), x).get(0);
  }

  /** Returns the running products along {@code axis}: the recurrence of x that starts at x₀. */
  public static Tensor cumprod(Tensor x, int axis, boolean reverse) {
    int normal = x.shape().axis(axis);
    long n = x.dim(normal);
    if (n == 0) {
      return linearScan(x, x, normal, reverse);
    }
    long first = reverse ? n - 1 : 0;
    Tensor start = ShapeOps.placed(x.slice(normal, first, first + 1), normal, first, n);
    return linearScan(x, start, normal, reverse);
  }

  /** Returns for each element the product of all others along {@code axes}, which ascend. */
  static Tensor productOfOthers(Tensor x, long[] axes) {
    int kept = x.rank() - axes.length;
    int[] order = new int[x.rank()];
    int front = 0;
    int back = kept;
    for (int axis = 0; axis < order.length; axis++) {
      order[Reduction.contains(axes, axis) ? back++ : front++] = axis;
    }
    Tensor moved = x.permute(order);
    long[] dims = Arrays.copyOf(moved.shape().dims(), kept + 1);
    dims[kept] = 1;
    for (long axis : axes) {
      dims[kept] *= x.dim((int) axis);
    }
    Tensor row = moved.reshape(dims);
    Tensor others = productBefore(row, kept, false).times(productBefore(row, kept, true));
    return others.reshape(moved.shape().dims()).permute(Axes.inverse(order));
  }

  /** Returns for each element the product of those that a scan meets before it. */
  private static Tensor productBefore(Tensor x, int axis, boolean reverse) {
    long n = x.dim(axis);
    if (n == 0) {
      return x;
    }
    long[] dims = x.shape().dims();
    dims[axis] = 1;
    Tensor one = ShapeOps.placed(Tensor.ones(x.dtype(), dims), axis, reverse ? n - 1 : 0, n);
    return linearScan(shifted(x, axis, reverse), one, axis, reverse);
  }

  /** Returns the element that a scan meets before each, 0 for the first. */
  private static Tensor shifted(Tensor x, int axis, boolean reverse) {
    long n = x.dim(axis);
    if (n == 0) {
      return x;
    }
    return reverse
        ? ShapeOps.placed(x.slice(axis, 1, n), axis, 0, n)
        : ShapeOps.placed(x.slice(axis, 0, n - 1), axis, 1, n);
  }

  private static Tensor weights(Tensor x, Tensor y) {
    Tensor none = Tensor.scalar(Double.NEGATIVE_INFINITY, y.dtype());
    return Tensor.where(y.gt(none), x.minus(y), none).exp();
  }

  /** Returns exp(yₖ₋₁ − yₖ), 0 for the first. */
  private static Tensor factors(Call c) {
    Tensor y = c.y();
    int axis = axis(c);
    long n = y.dim(axis);
    if (n == 0) {
      return y;
    }
    Tensor low = y.slice(axis, 0, n - 1);
    Tensor high = y.slice(axis, 1, n);
    return reverse(c)
        ? ShapeOps.placed(weights(high, low), axis, 0, n)
        : ShapeOps.placed(weights(low, high), axis, 1, n);
  }

  private static long[] attrs(Tensor x, int axis, boolean reverse) {
    return new long[] {x.shape().axis(axis), reverse ? 1 : 0};
  }

  private static int axis(Call c) {
    return (int) c.attrs()[0];
  }

  private static boolean reverse(Call c) {
    return c.attrs()[1] != 0;
  }

  /** Returns a contiguous view as [rows, n]. */
  private static Ref table(Ref x) {
    long[] dims = {1, x.dims()[x.rank() - 1]};
    for (int i = 0; i < x.rank() - 1; i++) {
      dims[0] *= x.dims()[i];
    }
    return x.as(dims);
  }
}
