package org.adjoint.internal.compose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.adjoint.Shape;
import org.adjoint.Standardized;
import org.adjoint.Tensor;
import org.adjoint.internal.ir.Axes;
import org.adjoint.op.NormalizationOps;
import org.adjoint.op.NormalizationOps.Along;
import org.adjoint.op.NormalizationOps.Form;

/** From axes and scales as users give them to {@link NormalizationOps#STANDARDIZE}. */
public final class Normalization {
  private Normalization() {}

  /**
   * Returns x over its last axes at mean 0, if centred, and variance 1.
   *
   * @param name the method, for errors
   */
  public static Tensor overLast(
      String name, Tensor x, int axes, double epsilon, boolean centred, List<Tensor> affine) {
    if (axes < 1 || axes > x.rank()) {
      throw new IllegalArgumentException(
          name + ": " + axes + " last axes of " + x + "; there are 1 to " + x.rank());
    }
    checkEpsilon(name, epsilon);
    Along along = affine.isEmpty() ? Along.NOTHING : Along.TRAILING;
    return apply(x, new Form(0, axes, centred, along, epsilon, 0), affine).get(0);
  }

  /**
   * Returns x over the axes that a scale has at mean 0, if centred, and variance 1, times the scale
   * and plus the shift, if any.
   *
   * @param name the method, for errors
   */
  public static Tensor scaled(
      String name,
      Tensor x,
      Tensor scale,
      Optional<Tensor> shift,
      double epsilon,
      boolean centred) {
    Shape last = scale.shape();
    int from = x.rank() - last.rank();
    long[] dims = x.shape().dims();
    boolean fits =
        last.rank() > 0
            && from >= 0
            && Arrays.equals(dims, from, dims.length, last.dims(), 0, last.rank())
            && shift.map(s -> s.shape().equals(last)).orElse(true);
    if (!fits) {
      throw new IllegalArgumentException(
          name
              + ": scale "
              + last
              + shift.map(s -> " and shift " + s.shape()).orElse("")
              + " of "
              + x
              + "; they should be equal, and equal to its last axes");
    }
    List<Tensor> affine = new ArrayList<>(List.of(scale));
    shift.ifPresent(affine::add);
    return overLast(name, x, last.rank(), epsilon, centred, affine);
  }

  /** Returns what {@link Tensor#standardize} does, with neither, one or both of scale and shift. */
  public static Standardized standardize(
      Tensor x, int[] axes, List<Tensor> affine, double epsilon) {
    checkEpsilon("standardize", epsilon);
    if (x.rank() == 0) {
      throw new IllegalArgumentException("standardize: needs an axis, got a scalar " + x);
    }
    int[] folded =
        Arrays.stream(ShapeRules.axes("standardize", x.shape(), axes))
            .mapToInt(Math::toIntExact)
            .toArray();
    int lead = 0;
    while (lead < folded.length && folded[lead] == lead) {
      lead++;
    }
    int trail = folded.length - lead;
    if (lead == x.rank()) {
      lead = 0;
      trail = x.rank();
    }
    boolean atEnds = trail == 0 || folded[folded.length - trail] == x.rank() - trail;
    int[] order = atEnds ? new int[0] : foldedLast(x.rank(), folded);
    if (!atEnds) {
      lead = 0;
      trail = folded.length;
    }
    Along along = affine.isEmpty() ? Along.NOTHING : Along.KEPT;
    Form form = new Form(lead, trail, true, along, epsilon, 0);
    List<Tensor> out = apply(atEnds ? x : x.permute(order), form, affine);
    Tensor y = atEnds ? out.get(0) : out.get(0).permute(Axes.inverse(order));
    return new Standardized(y, out.get(1), out.get(2));
  }

  /** Returns the order of axes that has the folded ones behind the others. */
  private static int[] foldedLast(int rank, int[] folded) {
    int[] order = new int[rank];
    int kept = 0;
    for (int axis = 0; axis < rank; axis++) {
      if (Arrays.binarySearch(folded, axis) < 0) {
        order[kept++] = axis;
      }
    }
    System.arraycopy(folded, 0, order, kept, folded.length);
    return order;
  }

  private static void checkEpsilon(String name, double epsilon) {
    if (!(epsilon >= 0 && epsilon < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(name + ": epsilon " + epsilon + " is not in [0, inf)");
    }
  }

  private static List<Tensor> apply(Tensor x, Form form, List<Tensor> affine) {
    List<Tensor> in = new ArrayList<>(List.of(x));
    in.addAll(affine);
    return NormalizationOps.STANDARDIZE.apply(form.attrs(), in.toArray(new Tensor[0]));
  }
}
