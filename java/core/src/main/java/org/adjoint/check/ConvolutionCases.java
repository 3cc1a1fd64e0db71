package org.adjoint.check;

import static org.adjoint.check.CompositionCases.floats;
import static org.adjoint.check.CompositionCases.s;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.adjoint.Convolution;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Window;
import org.adjoint.check.OpCase.Domain;
import org.adjoint.op.ConvGeometry;
import org.adjoint.op.ConvolutionOps;
import org.adjoint.op.WindowOps;

/**
 * The rows of {@link OpCases} for convolutions, pools, columns and images at other sizes. To cover
 * a geometry, add it to {@link #GEOMETRIES}: each of the three ops of convolution gets a row.
 */
final class ConvolutionCases {
  private static final double TOLERANCE = 4e-6;

  /**
   * A convolution of images by kernels.
   *
   * @param about what is special
   * @param x the images' shape
   * @param w the kernels' shape
   */
  private record Geometry(String about, Shape x, Shape w, Convolution c) {}

  private static final Convolution ONE = Convolution.of(1);
  private static final Convolution TWO = Convolution.of(2);
  private static final Convolution THREE = Convolution.of(3);

  private static final List<Geometry> GEOMETRIES =
      List.of(
          new Geometry("small", s(1, 1, 4), s(1, 1, 2), ONE),
          new Geometry("small", s(2, 2, 3), s(2, 1, 2), ONE.groups(2).padding(1)),
          new Geometry("stride 2, dilation 2", s(2, 2, 11), s(3, 2, 3), ONE.stride(2).dilation(2)),
          new Geometry("", s(2, 2, 5, 6), s(3, 2, 3, 2), TWO),
          new Geometry("padding 1", s(1, 3, 4, 17), s(2, 3, 3, 3), TWO.padding(1)),
          new Geometry("same size", s(1, 2, 3, 5), s(2, 2, 2, 4), TWO.same(2, 4)),
          new Geometry("stride 2, 3", s(2, 2, 7, 8), s(2, 2, 3, 2), TWO.stride(2, 3).padding(1)),
          new Geometry("dilation 2, 3", s(1, 1, 6, 9), s(2, 1, 2, 3), TWO.dilation(2, 3)),
          new Geometry("1 by 1", s(2, 5, 3, 3), s(4, 5, 1, 1), TWO),
          new Geometry("2 groups", s(2, 4, 3, 4), s(4, 2, 2, 3), TWO.groups(2).padding(1)),
          new Geometry("depthwise", s(2, 3, 4, 9), s(3, 1, 3, 3), TWO.groups(3).padding(1)),
          new Geometry(
              "depthwise, stride 2", s(1, 3, 7, 8), s(3, 1, 3, 3), TWO.groups(3).stride(2)),
          new Geometry("depthwise, times 2", s(1, 3, 4, 5), s(6, 1, 2, 3), TWO.groups(3)),
          new Geometry(
              "padding on one side",
              s(1, 2, 4, 4),
              s(2, 2, 2, 3),
              TWO.padding(new long[] {0, 2}, new long[] {1, 0})),
          new Geometry("padding beyond the kernel", s(1, 1, 2, 3), s(1, 1, 2, 2), TWO.padding(3)),
          new Geometry("no images", s(0, 2, 4, 4), s(3, 2, 3, 3), TWO),
          new Geometry("no channels", s(2, 0, 4, 4), s(3, 0, 3, 3), TWO),
          new Geometry("", s(1, 2, 3, 4, 5), s(2, 2, 2, 3, 2), THREE),
          new Geometry(
              "all at once",
              s(2, 4, 5, 6, 5),
              s(2, 2, 2, 1, 3),
              THREE.stride(2, 1, 2).padding(1, 0, 1).dilation(1, 2, 1).groups(2)));

  private final List<OpCase> rows = new ArrayList<>();

  private ConvolutionCases() {}

  static List<OpCase> rows() {
    ConvolutionCases table = new ConvolutionCases();
    GEOMETRIES.forEach(table::convolution);
    table.transposed();
    table.fusedWithWhatFollows();
    table.pools();
    table.columns();
    table.sizes();
    return table.rows;
  }

  /** The op as users call it, and its partners with the geometry that it has. */
  private void convolution(Geometry g) {
    add("conv", "conv", g.about, floats(Domain.ANY, g.x, g.w), x -> x.get(0).conv(x.get(1), g.c));
    List<ConvGeometry.Axis> axes = new ArrayList<>();
    long[] y = new long[g.x.rank()];
    y[0] = g.x.dim(0);
    y[1] = g.w.dim(0);
    for (int i = 0; i < g.c.spatialAxes(); i++) {
      long n = g.x.dim(2 + i);
      long k = g.w.dim(2 + i);
      long span = (k - 1) * g.c.dilation().get(i) + 1;
      long room = n + g.c.before().get(i) + g.c.after().get(i) - span;
      y[2 + i] = room / g.c.stride().get(i) + 1;
      axes.add(
          new ConvGeometry.Axis(
              n, k, y[2 + i], g.c.stride().get(i), g.c.before().get(i), g.c.dilation().get(i)));
    }
    long[] attrs = new ConvGeometry(g.c.groups(), axes).attrs();
    Shape result = Shape.of(y);
    if (g.x.dim(1) > 0) {
      add(
          "convInput",
          "convInput",
          g.about,
          floats(Domain.ANY, result, g.w),
          x -> ConvolutionOps.CONV_INPUT.apply(attrs, x.get(0), x.get(1)).get(0));
    }
    add(
        "convWeight",
        "convWeight",
        g.about,
        floats(Domain.ANY, g.x, result),
        x -> ConvolutionOps.CONV_WEIGHT.apply(attrs, x.get(0), x.get(1)).get(0));
  }

  private void transposed() {
    add(
        "convInput",
        "convTranspose",
        "",
        floats(Domain.ANY, s(2, 3, 4, 5), s(3, 2, 3, 2)),
        x -> x.get(0).convTranspose(x.get(1), TWO));
    add(
        "convInput",
        "convTranspose",
        "stride 2, output padding 1",
        floats(Domain.ANY, s(2, 4, 3, 4), s(4, 1, 3, 3)),
        x -> x.get(0).convTranspose(x.get(1), TWO.stride(2).padding(1).groups(2), 1));
    add(
        "convInput",
        "convTranspose",
        "dilation 2",
        floats(Domain.ANY, s(1, 2, 5), s(2, 3, 3)),
        x -> x.get(0).convTranspose(x.get(1), ONE.dilation(2).padding(1), 1));
  }

  /** A compile pass gives convolutions their bias and activation. */
  private void fusedWithWhatFollows() {
    for (String name : List.of("relu", "tanh")) {
      add(
          "conv",
          "conv",
          "with bias and " + name,
          floats(Domain.ANY, s(2, 2, 3, 5), s(3, 2, 2, 3), s(3, 1, 1)),
          x -> activated(name, x.get(0).conv(x.get(1), TWO).plus(x.get(2))));
    }
    for (String name : List.of("sigmoid", "none")) {
      add(
          "convInput",
          "convTranspose",
          "with bias and " + name,
          floats(Domain.ANY, s(2, 2, 2, 3), s(2, 3, 2, 2), s(3, 1, 1)),
          x -> activated(name, x.get(2).plus(x.get(0).convTranspose(x.get(1), TWO.stride(2)))));
    }
    add(
        "conv",
        "conv",
        "with a bias of elements",
        floats(Domain.ANY, s(1, 2, 3, 4), s(2, 2, 2, 2), s(2, 2, 3)),
        x -> x.get(0).conv(x.get(1), TWO).plus(x.get(2)).relu());
  }

  private static Tensor activated(String name, Tensor z) {
    return switch (name) {
      case "relu" -> z.relu();
      case "tanh" -> z.tanh();
      case "sigmoid" -> z.sigmoid();
      default -> z;
    };
  }

  private void pools() {
    for (Window w :
        List.of(
            Window.of(2, 2),
            Window.of(3, 3).stride(2).padding(1),
            Window.of(3, 3).stride(2).padding(1).ceil(true),
            Window.of(2, 2).dilation(2, 1).stride(1))) {
      String about = w.size() + " stride " + w.stride() + " padding " + w.padding();
      one("gather", "maxPool", about, s(2, 6, 8), x -> x.maxPool(w));
      one("conv", "avgPool", about, s(2, 6, 5), x -> x.avgPool(w));
    }
    one("gather", "maxPool", "of a line", s(2, 17), x -> x.maxPool(Window.of(4)));
    one("gather", "maxPool", "of a volume", s(2, 4, 5, 4), x -> x.maxPool(Window.of(2, 3, 2)));
    one("gather", "maxPool", "of nothing", s(0, 4, 4), x -> x.maxPool(Window.of(2, 2)));
    Window apart = Window.of(3, 3).stride(2).padding(1).ceil(true).countPadding(false);
    one("conv", "avgPool", "padding does not count", s(2, 6, 5), x -> x.avgPool(apart));
    one("conv", "avgPool", "of a line", s(2, 3, 9), x -> x.avgPool(Window.of(4).stride(3)));
    for (long n : new long[] {2, 5}) {
      one("gather", "adaptiveMaxPool", "", s(2, 3, 5, 7), x -> x.adaptiveMaxPool(n, 3));
      one("sum", "adaptiveAvgPool", "", s(2, 3, 5, 7), x -> x.adaptiveAvgPool(n, 3));
    }
    one("sum", "adaptiveAvgPool", "even", s(2, 3, 4, 6), x -> x.adaptiveAvgPool(2, 3));
    one("sum", "adaptiveAvgPool", "to more elements", s(2, 3), x -> x.adaptiveAvgPool(5));
    for (Shape shape : List.of(s(2, 3, 6, 8), s(1, 0, 4, 4))) {
      places(shape, new long[] {0, 3, 2, 2, 0, 1, 4, 2, 2, 0, 1});
    }
    places(s(3, 5, 7), new long[] {0, 3, 3, 2, 1, 1, 4, 3, 2, 1, 1});
    places(s(3, 5, 7), new long[] {1, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0});
  }

  private void places(Shape shape, long[] attrs) {
    rows.add(
        new OpCase(
            "windowArgmax",
            "windowArgmax",
            "",
            floats(Domain.ANY, shape),
            x -> WindowOps.WINDOW_ARGMAX.apply(attrs, x.get(0)).get(0),
            OpCases.INDICES,
            0));
  }

  private void columns() {
    for (Window w :
        List.of(
            Window.of(2, 3).stride(1), Window.of(2, 2).stride(2, 1).padding(1, 0).dilation(2))) {
      String about = w.size() + " stride " + w.stride();
      one("gather", "im2col", about, s(2, 2, 4, 5), x -> x.im2col(w));
      Shape columns = Tensor.zeros(DType.F32, 2, 2, 4, 5).im2col(w).shape();
      one("scatterAdd", "col2im", about, columns, x -> x.col2im(w, 4, 5));
    }
    one("gather", "im2col", "of a line", s(1, 2, 7), x -> x.im2col(Window.of(3).stride(2)));
  }

  private void sizes() {
    one("broadcastTo", "upsampleNearest", "", s(2, 3, 2), x -> x.upsampleNearest(6, 4));
    one("gather", "upsampleNearest", "by a fraction", s(2, 3, 5), x -> x.upsampleNearest(7, 4));
    one("gather", "upsampleLinear", "", s(2, 3, 2), x -> x.upsampleLinear(6, 4));
    one("gather", "upsampleLinear", "by a fraction", s(2, 3, 5), x -> x.upsampleLinear(7, 4));
    one("gather", "upsampleLinear", "of one element", s(2, 1), x -> x.upsampleLinear(3));
  }

  private void one(String op, String name, String about, Shape shape, UnaryOperator<Tensor> f) {
    add(op, name, about, floats(Domain.ANY, shape), x -> f.apply(x.get(0)));
  }

  private void add(
      String op,
      String name,
      String about,
      List<OpCase.Input> in,
      Function<List<Tensor>, Tensor> f) {
    rows.add(new OpCase(op, name, about, in, f, "", TOLERANCE));
  }
}
