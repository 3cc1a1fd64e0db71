package org.adjoint.op;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Lowering;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * Groups of elements brought to mean 0 and variance 1, with a scale γ and a shift β behind: what
 * layer, batch, instance, group and root-mean-square normalisation are made of. A group is what
 * leading and trailing axes together hold of one place on the axes between, which are kept: {@code
 * [lead…, kept…, trail…]}. Layer normalisation has no leading axes, batch normalisation keeps the
 * channels.
 *
 * <p>Deviations are taken from the mean twice, so that a large mean costs no digits, and are
 * squared in units of the largest, so that no square leaves the range. Where ε is 0, a group of
 * equal elements gives 0 and passes nothing back.
 */
public final class NormalizationOps {
  private static final Kernel KERNEL =
      new Kernel("standardize", ScalarFunction.NONE, 0, Kernel.NONE, Kernel.NONE);
  private static final Kernel GRAD_KERNEL =
      new Kernel("standardizeGrad", ScalarFunction.NONE, 1, Kernel.NONE, Kernel.NONE);

  /** What γ and β have an element for. */
  public enum Along {
    /** There are neither γ nor β. */
    NOTHING,
    /** Each place on the kept axes. */
    KEPT,
    /** Each place on the trailing axes; there are no leading ones. */
    TRAILING
  }

  /**
   * What an op of this table is asked for, as attributes say it.
   *
   * @param lead how many leading axes are folded
   * @param trail how many trailing axes are folded
   * @param centred whether the mean is taken away; without, the variance is the mean of the squares
   * @param along what γ and β have an element for
   * @param epsilon what is added to the variance
   * @param slopes of a gradient: 0 for that of x alone, 1 for γ's behind, 2 for γ's and β's behind
   */
  public record Form(
      int lead, int trail, boolean centred, Along along, double epsilon, int slopes) {
    static Form of(long[] attrs) {
      return new Form(
          (int) attrs[0],
          (int) attrs[1],
          attrs[2] == 1,
          Along.values()[(int) attrs[3]],
          Double.longBitsToDouble(attrs[4]),
          (int) attrs[5]);
    }

    /** Returns the attributes. */
    public long[] attrs() {
      long bits = Double.doubleToRawLongBits(epsilon);
      return new long[] {lead, trail, centred ? 1 : 0, along.ordinal(), bits, slopes};
    }

    /** Returns the form of the gradient. */
    Form withSlopes(int count) {
      return new Form(lead, trail, centred, along, epsilon, count);
    }

    /** Returns the form without γ and β. */
    Form plain() {
      return new Form(lead, trail, centred, Along.NOTHING, epsilon, 0);
    }

    private long[] kept(Shape x) {
      return Arrays.copyOfRange(x.dims(), lead, x.rank() - trail);
    }

    /** Returns the shape of γ. */
    private Shape scale(Shape x) {
      long[] dims = x.dims();
      return along == Along.KEPT
          ? Shape.of(kept(x))
          : Shape.of(Arrays.copyOfRange(dims, x.rank() - trail, x.rank()));
    }

    /** Returns γ or β such that it broadcasts along x. */
    private Tensor spread(Tensor scale, Shape x) {
      return along == Along.KEPT ? scale.reshape(column(x)) : scale;
    }

    /** Returns the axes that are folded; at least one is. */
    private int[] folded(Shape x) {
      int[] axes = new int[lead + trail];
      for (int i = 0; i < axes.length; i++) {
        axes[i] = i < lead ? i : x.rank() - trail + (i - lead);
      }
      return axes;
    }

    /** Returns the axes that γ has no element for. */
    private long[] shared(Shape x) {
      return along == Along.KEPT
          ? Arrays.stream(folded(x)).asLongStream().toArray()
          : new Range(0, x.rank() - trail).axes();
    }

    /** Returns x's dims with folded axes at size 1. */
    private long[] column(Shape x) {
      long[] dims = x.dims();
      for (int axis : folded(x)) {
        dims[axis] = 1;
      }
      return dims;
    }

    /** Returns the ints of the kernels, but for the slopes. */
    private long[] ints() {
      return new long[] {
        centred ? 1 : 0, along.ordinal(), Double.doubleToRawLongBits(epsilon), slopes
      };
    }

    /** Returns a contiguous view as [lead, kept, trail]. */
    private Ref grouped(Ref x) {
      long[] sizes = {1, 1, 1};
      for (int i = 0; i < x.rank(); i++) {
        sizes[i < lead ? 0 : i < x.rank() - trail ? 1 : 2] *= x.dims()[i];
      }
      return x.as(sizes);
    }
  }

  /** Axes from one on and before another. */
  private record Range(int from, int to) {
    long[] axes() {
      long[] axes = new long[to - from];
      Arrays.setAll(axes, i -> from + i);
      return axes;
    }
  }

  /**
   * Inputs x, g, and γ if there is one; the cotangents of x and, as the form says, of γ and β,
   * where g is that of what {@link #STANDARDIZE} gives first.
   */
  public static final Fused STANDARDIZE_GRAD =
      Fused.of(
          GRAD_KERNEL,
          (op, in, attrs) -> gradTypes(op, in, Form.of(attrs)),
          NormalizationOps::lowerGrad,
          (in, attrs) -> expandGrad(in, Form.of(attrs)),
          input -> true,
          NormalizationOps::batchGrad);

  /**
   * Inputs x, then γ and β or γ alone or neither; outputs γ·(x − mean)/√(variance + ε) + β, and the
   * means and variances, of the shape of the kept axes.
   */
  public static final Fused STANDARDIZE =
      Fused.of(
          KERNEL,
          (op, in, attrs) -> types(op, in, Form.of(attrs)),
          NormalizationOps::lower,
          (in, attrs) -> expand(in, Form.of(attrs)),
          input -> true,
          NormalizationOps::pull,
          NormalizationOps::batch);

  /** All rows. */
  public static final List<Op> ALL = List.of(STANDARDIZE, STANDARDIZE_GRAD);

  private NormalizationOps() {}

  private static Fused standardize() {
    return STANDARDIZE;
  }

  // ---- types ----

  private static List<Type> types(Fused op, List<Type> in, Form form) {
    boolean scaled = form.along != Along.NOTHING;
    if (in.size() < (scaled ? 2 : 1) || in.size() > (scaled ? 3 : 1)) {
      throw new IllegalArgumentException(
          op.name()
              + (scaled ? ": takes x, a scale and maybe a shift" : ": takes x alone")
              + ", got "
              + in.size()
              + " inputs");
    }
    Type x = checked(op, in.get(0), form);
    for (int i = 1; i < in.size(); i++) {
      checkScale(op, i == 1 ? "scale" : "shift", in.get(i), x, form);
    }
    Type perGroup = new Type(x.dtype(), Shape.of(form.kept(x.shape())));
    return List.of(x, perGroup, perGroup);
  }

  private static List<Type> gradTypes(Fused op, List<Type> in, Form form) {
    op.expect(in, form.along == Along.NOTHING ? 2 : 3);
    Type x = checked(op, in.get(0), form);
    if (!in.get(1).equals(x)) {
      throw new IllegalArgumentException(
          op.name() + ": the cotangent of " + x + " should be " + x + ", got " + in.get(1));
    }
    List<Type> out = new ArrayList<>(List.of(x));
    if (form.along != Along.NOTHING) {
      checkScale(op, "scale", in.get(2), x, form);
      for (int i = 0; i < form.slopes; i++) {
        out.add(in.get(2));
      }
    }
    return out;
  }

  private static Type checked(Fused op, Type x, Form form) {
    op.floating(x);
    if (form.lead + form.trail == 0 || form.lead + form.trail > x.shape().rank()) {
      throw new IllegalArgumentException(
          op.name()
              + ": "
              + form.lead
              + " leading and "
              + form.trail
              + " trailing axes of "
              + x
              + " make no group");
    }
    return x;
  }

  private static void checkScale(Fused op, String what, Type scale, Type x, Form form) {
    Type expected = new Type(x.dtype(), form.scale(x.shape()));
    if (!scale.equals(expected)) {
      throw new IllegalArgumentException(
          op.name() + ": the " + what + " for " + x + " should be " + expected + ", got " + scale);
    }
  }

  // ---- meaning ----

  private static List<Tensor> expand(List<Tensor> in, Form form) {
    Tensor x = in.get(0);
    Shape shape = x.shape();
    DType dtype = x.dtype();
    int[] axes = form.folded(shape);
    long[] kept = form.kept(shape);
    if (shape.size() == 0) {
      Tensor nothing = x.mean(true, axes).reshape(kept);
      return List.of(Tensor.zeros(dtype, shape.dims()), nothing, nothing);
    }
    Tensor zero = Tensor.scalar(0, dtype);
    // A constant: the deviations do not depend on it, and from it they are exact where it is large.
    Tensor origin = form.centred ? x.detach().mean(true, axes) : zero;
    Tensor apart = x.minus(origin);
    Tensor rest = form.centred ? apart.mean(true, axes) : zero;
    Tensor deviation = apart.minus(rest);
    double root = Math.sqrt(form.epsilon);
    Tensor unit = unit(deviation, root, axes);
    Tensor inUnits = deviation.div(unit);
    Tensor square = inUnits.square().mean(true, axes);
    Tensor whole = square.plus(Tensor.scalar(root, dtype).div(unit).square());
    Tensor equal = whole.eq(0);
    Tensor safe = Tensor.where(equal, Tensor.scalar(1, dtype), whole);
    Tensor y = Tensor.where(equal, zero, inUnits.times(safe.rsqrt()));
    if (in.size() > 1) {
      y = y.times(form.spread(in.get(1), shape));
    }
    if (in.size() > 2) {
      y = y.plus(form.spread(in.get(2), shape));
    }
    Tensor mean = form.centred ? origin.plus(rest) : Tensor.zeros(dtype, form.column(shape));
    Tensor variance = square.times(unit).times(unit);
    return List.of(y, mean.reshape(kept), variance.reshape(kept));
  }

  /**
   * Returns the largest magnitude, or √ε if that is larger, as a constant to divide by: no smaller
   * than that 1/unit is finite, and no larger than 1 and √ε where a magnitude is infinite or NaN.
   */
  private static Tensor unit(Tensor x, double root, int[] axes) {
    Tensor largest = x.detach().abs().max(true, axes);
    double least = 4 * (x.dtype() == DType.F64 ? Double.MIN_NORMAL : Float.MIN_NORMAL);
    Tensor finite = largest.lt(Double.POSITIVE_INFINITY);
    Tensor one = Tensor.scalar(1, x.dtype());
    return Tensor.where(finite, largest, one).maximum(Math.max(root, least));
  }

  private static List<Tensor> expandGrad(List<Tensor> in, Form form) {
    Shape shape = in.get(0).shape();
    Tensor g = in.get(1);
    List<Tensor> own = new ArrayList<>(List.of(ShapeOps.renamed(in.get(0))));
    if (in.size() > 2) {
      own.add(ShapeOps.renamed(in.get(2)));
    }
    List<Tensor> y = expand(own, form).subList(0, 1);
    List<Tensor> wanted = own.subList(0, 1 + Math.min(1, form.slopes));
    List<Tensor> out = new ArrayList<>(Grad.vjpWithin(y, List.of(g), own, wanted));
    if (form.slopes == 2) {
      out.add(ReductionOps.SUM.over(form.shared(shape), g));
    }
    return out;
  }

  // ---- derivative ----

  private static List<Tensor> pull(
      Call call, List<Integer> inputs, List<Optional<Tensor>> cotangents) {
    Form form = Form.of(call.attrs());
    List<Tensor> pulled = new ArrayList<>();
    if (cotangents.get(0).isPresent()) {
      int slopes = inputs.contains(2) ? 2 : inputs.contains(1) ? 1 : 0;
      List<Tensor> in = new ArrayList<>(List.of(call.x(), cotangents.get(0).get()));
      if (form.along != Along.NOTHING) {
        in.add(call.x(1));
      }
      List<Tensor> slope =
          STANDARDIZE_GRAD.apply(form.withSlopes(slopes).attrs(), in.toArray(new Tensor[0]));
      inputs.forEach(i -> pulled.add(slope.get(i)));
    }
    if (cotangents.get(1).isPresent() || cotangents.get(2).isPresent()) {
      List<Optional<Tensor>> ofMoments =
          List.of(Optional.empty(), cotangents.get(1), cotangents.get(2));
      List<Tensor> more = standardize().pullExpanded(call, inputs, ofMoments);
      for (int i = 0; i < more.size(); i++) {
        if (pulled.size() < more.size()) {
          pulled.add(more.get(i));
        } else {
          pulled.set(i, pulled.get(i).plus(more.get(i)));
        }
      }
    }
    return pulled;
  }

  // ---- batches ----

  /** The leading axis becomes one more kept one. */
  private static List<Tensor> batch(Fused op, Batch b) {
    Form form = Form.of(b.attrs());
    Tensor x = b.wide(0).moveAxis(0, form.lead);
    int scales = b.inputs().size() - 1;
    boolean apart = form.along == Along.TRAILING && (isBatched(b, 1) || isBatched(b, 2));
    List<Tensor> in = new ArrayList<>(List.of(x));
    for (int i = 1; i <= scales && !apart; i++) {
      in.add(form.along == Along.KEPT ? b.wide(i) : b.x(i));
    }
    Form of = apart ? form.plain() : form;
    List<Tensor> out = new ArrayList<>(op.apply(of.attrs(), in.toArray(new Tensor[0])));
    Tensor y = out.get(0).moveAxis(form.lead, 0);
    if (apart) {
      y = y.times(b.aligned(1, y.rank() - 1));
      y = scales > 1 ? y.plus(b.aligned(2, y.rank() - 1)) : y;
    }
    out.set(0, y);
    return out;
  }

  private static boolean isBatched(Batch b, int input) {
    return input < b.inputs().size() && b.isBatched(input);
  }

  private static List<Tensor> batchGrad(Fused op, Batch b) {
    Form form = Form.of(b.attrs());
    Tensor x = b.wide(0).moveAxis(0, form.lead);
    Tensor g = b.wide(1).moveAxis(0, form.lead);
    List<Tensor> out;
    if (form.along == Along.TRAILING) {
      // The kernel would add up the slopes of all examples.
      Tensor scaled = g.times(b.aligned(2, g.rank() - 1));
      out = new ArrayList<>(op.apply(form.plain().attrs(), x, scaled));
      long[] shared = new Range(1, x.rank() - form.trail).axes();
      if (form.slopes > 0) {
        Tensor y = STANDARDIZE.apply(form.plain().attrs(), x).get(0);
        out.add(ReductionOps.SUM.over(shared, g.times(y)));
      }
      if (form.slopes > 1) {
        out.add(ReductionOps.SUM.over(shared, g));
      }
    } else if (form.along == Along.KEPT) {
      out = new ArrayList<>(op.apply(b.attrs(), x, g, b.wide(2)));
    } else {
      out = new ArrayList<>(op.apply(b.attrs(), x, g));
    }
    out.set(0, out.get(0).moveAxis(form.lead, 0));
    return out;
  }

  // ---- kernels ----

  private static Ref[] lower(Lowering.Emitter emitter, long[] attrs, Ref[] in, Type[] out) {
    Form form = Form.of(attrs);
    Ref[] y = {emitter.allocate(out[0]), emitter.allocate(out[1]), emitter.allocate(out[2])};
    Ref[] results = {form.grouped(y[0]), y[1].flat(), y[2].flat()};
    emitter.call(KERNEL, form.ints(), operands(emitter, form, in, 1), results);
    return y;
  }

  private static Ref[] lowerGrad(Lowering.Emitter emitter, long[] attrs, Ref[] in, Type[] out) {
    Form form = Form.of(attrs);
    Ref[] slopes = new Ref[out.length];
    Ref[] results = new Ref[out.length];
    for (int i = 0; i < out.length; i++) {
      slopes[i] = emitter.allocate(out[i]);
      results[i] = i == 0 ? form.grouped(slopes[i]) : slopes[i].flat();
    }
    emitter.call(GRAD_KERNEL, form.ints(), operands(emitter, form, in, 2), results);
    return slopes;
  }

  /** Returns operands without gaps: the first of them in groups, the others as vectors. */
  private static Ref[] operands(Lowering.Emitter emitter, Form form, Ref[] in, int grouped) {
    Ref[] operands = new Ref[in.length];
    for (int i = 0; i < in.length; i++) {
      Ref whole = emitter.contiguous(in[i]);
      operands[i] = i < grouped ? form.grouped(whole) : whole.flat();
    }
    return operands;
  }
}
