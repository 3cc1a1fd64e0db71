package org.adjoint.check;

import static org.adjoint.check.CompositionCases.floats;
import static org.adjoint.check.CompositionCases.s;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.check.OpCase.Domain;
import org.adjoint.check.OpCase.Flags;
import org.adjoint.check.OpCase.Indices;
import org.adjoint.check.OpCase.Input;
import org.adjoint.op.IntegerOps;
import org.adjoint.op.ScanOps;

/**
 * The rows of {@link OpCases} for integers and truth values: of both signs, small enough that
 * quotients and ties are many, and large enough that sums and products wrap around.
 */
final class IntegerCases {
  private static final long[] AWKWARD = {0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 64, 1009};
  private static final DType[] WHOLE = {DType.I32, DType.I64};

  /** Twelve times as much is just below 2⁶³. */
  private static final long FACTOR = 768_614_336_404_564_649L;

  private final List<OpCase> rows = new ArrayList<>();

  private IntegerCases() {}

  static List<OpCase> rows() {
    IntegerCases table = new IntegerCases();
    table.elementwise();
    table.truth();
    table.remainder();
    table.reductions();
    table.scans();
    table.places();
    return table.rows;
  }

  /** Returns −12 … 12 from 0 … 24. */
  private static Tensor signed(Tensor x) {
    return x.minus(12);
  }

  /** Returns numbers of both signs from 0 … 24 that fill their dtype. */
  private static Tensor wide(Tensor x) {
    Tensor factor = x.dtype() == DType.I32 ? Tensor.scalar(178_956_970) : Tensor.scalar(FACTOR);
    return signed(x).times(factor).plus(x);
  }

  private void elementwise() {
    unary("neg", Tensor::neg);
    unary("abs", Tensor::abs);
    unary("square", Tensor::square);
    unary("not", Tensor::not);
    still("minimum", "sign", "", whole(DType.I32, s(33)), x -> signed(x.get(0)).sign());
    binary("plus", Tensor::plus);
    binary("minus", Tensor::minus);
    binary("times", Tensor::times);
    binary("maximum", Tensor::maximum);
    binary("minimum", Tensor::minimum);
    binary("and", Tensor::and);
    binary("or", Tensor::or);
    binary("xor", Tensor::xor);
    binary("shiftLeft", Tensor::shiftLeft);
    binary("shiftRight", Tensor::shiftRight);
    binary("shiftRightUnsigned", Tensor::shiftRightUnsigned);
    binary("floorDiv", IntegerOps.FLOOR_DIV::apply);
    binary("remainder", IntegerOps.REMAINDER::apply);
    for (DType dtype : WHOLE) {
      List<Input> two = whole(dtype, s(3, 17), s(17));
      still("nonZero", "floorDiv", "" + dtype, two, x -> wide(x.get(0)).floorDiv(x.get(1).plus(1)));
      still("nonZero", "remainder", "" + dtype, two, x -> wide(x.get(0)).mod(x.get(1).plus(1)));
      still("nonZero", "nonZero", "" + dtype, two, x -> IntegerOps.nonZero(x.get(0).plus(1)));
    }
  }

  private void truth() {
    for (long n : AWKWARD) {
      List<Input> two = List.of(new Flags(s(n)), new Flags(s(n)));
      still("and", "and", "BOOL", two, x -> x.get(0).and(x.get(1)));
      still("or", "or", "BOOL", two, x -> x.get(0).or(x.get(1)));
      still("xor", "xor", "BOOL", two, x -> x.get(0).xor(x.get(1)));
      still("not", "not", "BOOL", two, x -> x.get(0).not());
    }
    List<Input> broadcast = List.of(new Flags(s(3, 1)), new Flags(s(4)));
    still("and", "and", "BOOL, broadcast", broadcast, x -> x.get(0).and(x.get(1)));
    List<Input> flags = List.of(new Flags(s(3, 9)));
    still("argmax", "argmax", "BOOL", flags, x -> x.get(0).argmax(1));
    still("argmax", "argmin", "BOOL", flags, x -> x.get(0).argmin(1));
    still("argsort", "sort", "BOOL", flags, x -> x.get(0).sort(1));
  }

  /** Quotients away from whole numbers, where the remainder jumps. */
  private void remainder() {
    for (long n : AWKWARD) {
      List<Input> in = floats(Domain.AWAY_FROM_ZERO, s(n));
      jumping("by a number", in, x -> x.get(0).remainder(-7.3));
    }
    List<Input> two = floats(Domain.AWAY_FROM_ZERO, s(9), s(3, 9));
    jumping("", two, x -> x.get(0).remainder(x.get(1).abs().plus(3)));
    jumping("negative divisors", two, x -> x.get(0).remainder(x.get(1).abs().neg().minus(3)));
    List<Input> in = floats(Domain.AWAY_FROM_ZERO, s(33), s(33));
    still("remainder", "floorDiv", "of floats", in, x -> x.get(0).times(9).floorDiv(x.get(1)));
  }

  private void jumping(String about, List<Input> in, Function<List<Tensor>, Tensor> f) {
    rows.add(new OpCase("remainder", "remainder", about, in, f, "", 4e-6));
  }

  private void reductions() {
    for (DType dtype : WHOLE) {
      for (int[] axes : new int[][] {{}, {0}, {1}, {2}, {0, 2}}) {
        List<Input> in = whole(dtype, s(3, 5, 4));
        still("sum", "sum", dtype + " of a cube", in, x -> wide(x.get(0)).sum(axes));
        still("prod", "prod", dtype + " of a cube", in, x -> wide(x.get(0)).prod(axes));
        still("max", "max", dtype + " of a cube", in, x -> wide(x.get(0)).max(axes));
        still("min", "min", dtype + " of a cube", in, x -> wide(x.get(0)).min(axes));
      }
      for (long n : AWKWARD) {
        List<Input> rows = whole(dtype, s(3, n));
        List<Input> columns = whole(dtype, s(n, 3));
        still("sum", "sum", dtype + " rows", rows, x -> signed(x.get(0)).sum(1));
        still("prod", "prod", dtype + " columns", columns, x -> signed(x.get(0)).prod(0));
        if (n > 0) {
          still("max", "max", dtype + " rows", rows, x -> wide(x.get(0)).max(1));
          still("min", "min", dtype + " columns", columns, x -> wide(x.get(0)).min(0));
          still("argmax", "argmax", dtype + " rows", rows, x -> wide(x.get(0)).argmax(1));
          still("argmax", "argmin", dtype + " columns", columns, x -> wide(x.get(0)).argmin(0));
        }
      }
      // Long enough that several parts fold one element.
      List<Input> many = whole(dtype, s(300_000));
      still("sum", "sum", dtype + " of many", many, x -> wide(x.get(0)).sum());
      still("max", "max", dtype + " of many", many, x -> wide(x.get(0)).max());
    }
  }

  private void scans() {
    for (DType dtype : WHOLE) {
      for (boolean reverse : new boolean[] {false, true}) {
        String about = dtype + (reverse ? " from the end" : "");
        for (long n : AWKWARD) {
          List<Input> in = whole(dtype, s(3, n));
          still("cumsum", "cumsum", about, in, x -> wide(x.get(0)).cumsum(1, reverse));
          still("argsort", "argsort", about, in, x -> wide(x.get(0)).argsort(1, reverse));
        }
        List<Input> in = whole(dtype, s(3, 4, 5));
        still("cumsum", "cumsum", about + " axis 0", in, x -> wide(x.get(0)).cumsum(0, reverse));
        still("gather", "sort", about + " axis 1", in, x -> wide(x.get(0)).sort(1, reverse));
        still("linearScan", "cumprod", about, in, x -> wide(x.get(0)).cumprod(1, reverse));
        List<Input> two = whole(dtype, s(3, 9), s(3, 9));
        still(
            "linearScan",
            "linearScan",
            about,
            two,
            x -> ScanOps.linearScan(wide(x.get(0)), wide(x.get(1)), 1, reverse));
      }
    }
    for (int axis : new int[] {0, 1}) {
      List<Input> in = floats(Domain.ANY, s(5, 17));
      rows.add(
          new OpCase("gather", "cumMax", "axis " + axis, in, x -> x.get(0).cumMax(axis), "", 4e-6));
      rows.add(
          new OpCase("gather", "cumMin", "axis " + axis, in, x -> x.get(0).cumMin(axis), "", 4e-6));
      List<Input> whole = whole(DType.I64, s(5, 17));
      still("gather", "cumMax", "I64 axis " + axis, whole, x -> wide(x.get(0)).cumMax(axis));
    }
  }

  private void places() {
    for (DType dtype : WHOLE) {
      List<Input> in = List.of(new Indices(7, dtype, s(4, 50)), new Indices(25, dtype, s(4, 50)));
      still("scatterAdd", "bincount", "" + dtype, in, x -> x.get(0).bincount(7));
      still(
          "scatterAdd",
          "scatterAdd",
          dtype + " updates",
          in,
          x -> Tensor.scatterAdd(Shape.of(7), 0, x.get(0).flatten(), wide(x.get(1)).flatten()));
    }
    List<Input> values = floats(Domain.ANY, s(31), s(4, 9));
    for (boolean right : new boolean[] {false, true}) {
      still(
          "gather",
          "searchSorted",
          "right " + right,
          values,
          x -> x.get(0).round().sort(0).searchSorted(x.get(1).round(), right));
    }
    still("scatterAdd", "histogram", "", values, x -> x.get(1).histogram(5, -1, 1.5));
    List<Input> indexed =
        List.of(
            new OpCase.Floating(Domain.ANY, s(3, 5, 2)),
            new Indices(3, DType.I32, s(4, 1)),
            new Indices(5, DType.I64, s(6)));
    rows.add(
        new OpCase(
            "gather",
            "gather",
            "by two index tensors",
            indexed,
            x -> x.get(0).gather(x.get(1), x.get(2)),
            "",
            4e-6));
    rows.add(
        new OpCase(
            "slice",
            "at",
            "",
            floats(Domain.ANY, s(4, 5, 6)),
            x -> x.get(0).at("1:3, ::-2, -1"),
            "",
            4e-6));
    rows.add(
        new OpCase(
            "concat",
            "roll",
            "",
            floats(Domain.ANY, s(4, 5)),
            x -> x.get(0).roll(1, -2),
            "",
            4e-6));
    rows.add(
        new OpCase(
            "gather",
            "repeatInterleave",
            "",
            floats(Domain.ANY, s(2, 3)),
            x -> x.get(0).repeatInterleave(1, 2, 0, 1),
            "",
            4e-6));
    rows.add(
        new OpCase(
            "sum", "trace", "", floats(Domain.ANY, s(2, 3, 4)), x -> x.get(0).trace(), "", 4e-6));
    still("less", "isInf", "", floats(Domain.ANY, s(33)), x -> x.get(0).log().isInf());
    still(
        "lessEqual",
        "isClose",
        "",
        floats(Domain.ANY, s(33), s(33)),
        x -> x.get(0).isClose(x.get(1), 0.3, 0.1));
  }

  private static List<Input> whole(DType dtype, Shape... shapes) {
    List<Input> inputs = new ArrayList<>();
    for (Shape shape : shapes) {
      inputs.add(new Indices(25, dtype, shape));
    }
    return inputs;
  }

  private void unary(String op, UnaryOperator<Tensor> f) {
    for (DType dtype : WHOLE) {
      for (long n : AWKWARD) {
        still(op, op, "" + dtype, whole(dtype, s(n)), x -> f.apply(wide(x.get(0))));
      }
      List<Input> table = whole(dtype, s(5, 9));
      still(op, op, dtype + " transposed", table, x -> f.apply(wide(x.get(0)).transpose()));
    }
  }

  private void binary(String op, BinaryOperator<Tensor> f) {
    for (DType dtype : WHOLE) {
      for (long n : AWKWARD) {
        List<Input> in = whole(dtype, s(n), s(n));
        still(op, op, "" + dtype, in, x -> f.apply(wide(x.get(0)), signed(x.get(1))));
      }
      List<Input> wide = whole(dtype, s(3, 1), s(17));
      still(op, op, dtype + " wide", wide, x -> f.apply(wide(x.get(0)), wide(x.get(1))));
      List<Input> table = whole(dtype, s(5, 9), s(9, 5));
      still(
          op,
          op,
          dtype + " transposed",
          table,
          x -> f.apply(signed(x.get(0)).transpose(), signed(x.get(1))));
    }
  }

  private void still(
      String op, String name, String about, List<Input> in, Function<List<Tensor>, Tensor> f) {
    rows.add(new OpCase(op, name, about, in, f, OpCases.TAKES_INTEGERS, 0));
  }
}
