package org.adjoint.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.adjoint.Shape;
import org.adjoint.Standardized;
import org.adjoint.Tensor;
import org.adjoint.check.OpCase.Domain;
import org.adjoint.check.OpCase.Floating;
import org.adjoint.check.OpCase.Input;
import org.adjoint.op.NormalizationOps;
import org.adjoint.op.NormalizationOps.Along;
import org.adjoint.op.NormalizationOps.Form;

/** The rows of {@link OpCases} for normalisation over leading and trailing axes. */
final class NormalizationCases {
  private static final double TOLERANCE = 4e-6;
  private static final double EPSILON = 0.01;

  private final List<OpCase> rows = new ArrayList<>();

  private NormalizationCases() {}

  static List<OpCase> rows() {
    NormalizationCases table = new NormalizationCases();
    table.last();
    table.moments();
    table.slopes();
    return table.rows;
  }

  private void last() {
    for (long n : new long[] {1, 7, 17, 33, 1009}) {
      long r = n > 64 ? 2 : 3;
      add("layerNorm", "", x -> x.get(0).layerNorm(1, EPSILON), s(r, n));
      add(
          "layerNorm",
          "scaled and shifted",
          x -> x.get(0).layerNorm(x.get(1), x.get(2), EPSILON),
          s(r, n),
          s(n),
          s(n));
      add("rmsNorm", "scaled", x -> x.get(0).rmsNorm(x.get(1), EPSILON), s(r, n), s(n));
    }
    add("rmsNorm", "two axes", x -> x.get(0).rmsNorm(2, EPSILON), s(3, 4, 5));
    add(
        "layerNorm",
        "two axes, scaled and shifted",
        x -> x.get(0).layerNorm(x.get(1), x.get(2), EPSILON),
        s(2, 3, 4, 5),
        s(4, 5),
        s(4, 5));
    add(
        "layerNorm",
        "many rows",
        x -> x.get(0).layerNorm(x.get(1), x.get(1), 0.1),
        s(131, 3),
        s(3));
    add("layerNorm", "without epsilon", x -> x.get(0).layerNorm(1, 0), s(3, 9));
    add("layerNorm", "of nothing", x -> x.get(0).layerNorm(1, EPSILON), s(3, 0));
    add("layerNorm", "no rows", x -> x.get(0).layerNorm(x.get(1), x.get(1), 1), s(0, 3), s(3));
  }

  private void moments() {
    over(s(9, 33), 0);
    over(s(1009, 3), 0);
    over(s(2, 3, 4, 5), 0, 2, 3);
    over(s(2, 3, 16), 0, 2);
    over(s(2, 3, 4), 1);
    over(s(2, 3, 4, 2), 0, 2);
    over(s(3, 5));
  }

  /** All three outputs, plain, and scaled and shifted. */
  private void over(Shape shape, int... axes) {
    String about = "over " + Arrays.toString(axes);
    add("standardize", about, x -> all(x.get(0).standardize(axes, EPSILON)), shape);
    boolean[] folded = new boolean[shape.rank()];
    Arrays.fill(folded, axes.length == 0);
    for (int axis : axes) {
      folded[axis] = true;
    }
    List<Long> kept = new ArrayList<>();
    for (int axis = 0; axis < folded.length; axis++) {
      if (!folded[axis]) {
        kept.add(shape.dim(axis));
      }
    }
    Shape scale = Shape.of(kept.stream().mapToLong(d -> d).toArray());
    add(
        "standardize",
        about + ", scaled and shifted",
        x -> all(x.get(0).standardize(axes, x.get(1), x.get(2), EPSILON)),
        shape,
        scale,
        scale);
  }

  private void slopes() {
    slope(new Form(0, 1, false, Along.NOTHING, EPSILON, 0), s(1, 2), s(1, 2));
    for (boolean centred : new boolean[] {true, false}) {
      slope(new Form(0, 1, centred, Along.NOTHING, EPSILON, 0), s(3, 9), s(3, 9));
      slope(new Form(0, 1, centred, Along.TRAILING, EPSILON, 2), s(3, 17), s(3, 17), s(17));
      slope(new Form(0, 1, centred, Along.TRAILING, EPSILON, 1), s(70, 2), s(70, 2), s(2));
      slope(new Form(1, 0, centred, Along.KEPT, EPSILON, 2), s(7, 5), s(7, 5), s(5));
      slope(new Form(1, 1, centred, Along.KEPT, EPSILON, 1), s(3, 2, 5), s(3, 2, 5), s(2));
      slope(new Form(1, 1, centred, Along.NOTHING, EPSILON, 0), s(3, 2, 17), s(3, 2, 17));
    }
  }

  private void slope(Form form, Shape... shapes) {
    rows.add(
        row(
            "standardizeGrad",
            "standardizeGrad",
            form.centred() ? "" : "not centred",
            x ->
                joined(
                    NormalizationOps.STANDARDIZE_GRAD.apply(
                        form.attrs(), x.toArray(new Tensor[0]))),
            shapes));
  }

  private static Tensor all(Standardized s) {
    return joined(List.of(s.y(), s.mean(), s.variance()));
  }

  /** Returns all elements of several tensors. */
  static Tensor joined(List<Tensor> parts) {
    return Tensor.concat(0, parts.stream().map(x -> x.reshape(-1)).toArray(Tensor[]::new));
  }

  private static Shape s(long... dims) {
    return Shape.of(dims);
  }

  private void add(String name, String about, Function<List<Tensor>, Tensor> f, Shape... shapes) {
    rows.add(row("standardize", name, about, f, shapes));
  }

  private static OpCase row(
      String op, String name, String about, Function<List<Tensor>, Tensor> f, Shape... shapes) {
    List<Input> in = new ArrayList<>();
    for (Shape shape : shapes) {
      in.add(new Floating(Domain.ANY, shape));
    }
    return new OpCase(op, name, about, in, f, "", TOLERANCE);
  }
}
