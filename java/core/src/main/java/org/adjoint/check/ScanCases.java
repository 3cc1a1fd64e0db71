package org.adjoint.check;

import static org.adjoint.check.CompositionCases.floats;
import static org.adjoint.check.CompositionCases.s;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.check.OpCase.Domain;
import org.adjoint.check.OpCase.Input;
import org.adjoint.op.ScanOps;

/** The rows of {@link OpCases} for products, scans and orders. */
final class ScanCases {
  private static final double TOLERANCE = 4e-6;
  private static final long[] AWKWARD = {0, 1, 2, 7, 8, 9, 16, 17, 33, 64, 1009};

  private final List<OpCase> rows = new ArrayList<>();

  private ScanCases() {}

  static List<OpCase> rows() {
    ScanCases table = new ScanCases();
    table.products();
    table.scans();
    table.orders();
    return table.rows;
  }

  private void products() {
    for (int[] axes : new int[][] {{}, {0}, {1}, {2}, {0, 2}, {1, 2}}) {
      String about = "over " + Arrays.toString(axes);
      one("prod", about, s(3, 5, 2), x -> x.prod(axes));
    }
    for (long n : AWKWARD) {
      one("prod", "rows", s(3, n), x -> x.prod(1));
      one("prod", "columns", s(n, 3), x -> x.prod(0));
    }
    one("prod", "with zeros", s(3, 5), x -> x.relu().prod(1));
    one("prod", "of a broadcast input", s(3, 1), x -> x.broadcastTo(3, 4).prod(1));
    one("prod", "of a scalar", s(), x -> x.prod());
  }

  private void scans() {
    for (boolean reverse : new boolean[] {false, true}) {
      String way = reverse ? " from the end" : "";
      for (long n : AWKWARD) {
        one("cumsum", "rows" + way, s(3, n), x -> x.cumsum(1, reverse));
        one("logCumSumExp", "rows" + way, s(2, n), x -> log(x, 1, reverse));
        two("rows" + way, s(2, n), 1, reverse);
      }
      for (int axis = 0; axis < 3; axis++) {
        int along = axis;
        String about = "axis " + axis + way;
        one("cumsum", about, s(3, 4, 5), x -> x.cumsum(along, reverse));
        one("logCumSumExp", about, s(3, 4, 5), x -> log(x, along, reverse));
        one("linearScan", "cumprod", about, s(3, 4, 5), x -> x.cumprod(along, reverse));
        two(about, s(3, 2, 5), along, reverse);
      }
      one("linearScan", "cumprod", "of nothing", s(3, 0), x -> x.cumprod(1, reverse));
      one("linearScan", "cumprod", "with zeros", s(3, 5), x -> x.relu().cumprod(1, reverse));
    }
    one("cumsum", "columns", s(17, 33), x -> x.cumsum(0));
    one("cumsum", "of a transposed view", s(5, 4), x -> x.transpose().cumsum(1));
    one("logCumSumExp", "columns", s(17, 33), x -> x.logCumSumExp(0));
  }

  private static Tensor log(Tensor x, int axis, boolean reverse) {
    return ScanOps.logCumSumExp(x, axis, reverse);
  }

  private void two(String about, Shape shape, int axis, boolean reverse) {
    two(
        "linearScan",
        about,
        shape,
        x -> ScanOps.linearScan(x.get(0).times(0.5), x.get(1), axis, reverse));
    two(
        "scaleScan",
        about,
        shape,
        x -> ScanOps.scaleScan(x.get(0).times(0.5), x.get(1), axis, reverse));
  }

  private void two(String op, String about, Shape shape, Function<List<Tensor>, Tensor> f) {
    rows.add(new OpCase(op, op, about, floats(Domain.ANY, shape, shape), f, "", TOLERANCE));
  }

  private void orders() {
    for (boolean descending : new boolean[] {false, true}) {
      String way = descending ? ", descending" : "";
      for (long n : AWKWARD) {
        order("rows" + way, s(3, n), x -> x.argsort(1, descending));
        order("columns" + way, s(n, 3), x -> x.argsort(0, descending));
      }
      order("with ties" + way, s(2, 40), x -> x.relu().argsort(1, descending));
      order("middle axis" + way, s(2, 7, 3), x -> x.argsort(1, descending));
      one("gather", "sort", "axis 0" + way, s(7, 3), x -> x.sort(0, descending));
      one("gather", "sort", "axis 1" + way, s(3, 9), x -> x.sort(1, descending));
    }
    one("gather", "sort", "of nothing", s(3, 0), x -> x.sort(1));
    one("gather", "topK", "", s(3, 9), x -> x.topK(4, 1).values());
    one("gather", "topK", "axis 0", s(9, 3), x -> x.topK(2, 0).values());
    order("places of topK", s(3, 9), x -> x.topK(4, 1).indices());
    one("gather", "median", "of an odd number", s(3, 9), x -> x.median(1));
    one("gather", "median", "of an even number", s(8, 3), x -> x.median(0));
  }

  private void order(String about, Shape shape, UnaryOperator<Tensor> f) {
    List<Input> in = floats(Domain.ANY, shape);
    Function<List<Tensor>, Tensor> first = x -> f.apply(x.get(0));
    rows.add(new OpCase("argsort", "argsort", about, in, first, OpCases.INDICES, 0));
  }

  private void one(String op, String about, Shape shape, UnaryOperator<Tensor> f) {
    one(op, op, about, shape, f);
  }

  private void one(String op, String name, String about, Shape shape, UnaryOperator<Tensor> f) {
    List<Input> in = floats(Domain.ANY, shape);
    rows.add(new OpCase(op, name, about, in, x -> f.apply(x.get(0)), "", TOLERANCE));
  }
}
