package org.adjoint.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.check.OpCase.Domain;
import org.adjoint.check.OpCase.Flags;
import org.adjoint.check.OpCase.Floating;
import org.adjoint.check.OpCase.Indices;
import org.adjoint.check.OpCase.Input;

/**
 * The rows of {@link OpCases} for methods of tensors that are made of several ops: each has its own
 * name and stands under the op that does most of it.
 */
final class CompositionCases {
  private static final double TOLERANCE = 4e-6;

  private final List<OpCase> rows = new ArrayList<>();

  private CompositionCases() {}

  static List<OpCase> rows() {
    CompositionCases table = new CompositionCases();
    table.statistics();
    table.truth();
    table.joined();
    table.moved();
    table.masked();
    table.indexed();
    table.products();
    table.summations();
    return table.rows;
  }

  private void statistics() {
    for (int[] axes : new int[][] {{}, {0}, {2}, {0, 1}}) {
      String about = "over " + Arrays.toString(axes);
      one("sum", "var", about, s(3, 4, 5), x -> x.var(0, axes));
      one("sum", "var", "unbiased, " + about, s(3, 4, 5), x -> x.var(1, true, axes));
      one("sqrt", "std", about, s(3, 4, 5), x -> x.std(1, axes));
      for (double p : new double[] {1, 2, 3, 1.5, Double.POSITIVE_INFINITY}) {
        add(
            p == 1 ? "sum" : p == 2 ? "sqrt" : p == 3 || p == 1.5 ? "pow" : "max",
            "norm",
            p + " " + about,
            floats(Domain.AWAY_FROM_ZERO, s(3, 4, 5)),
            x -> x.get(0).norm(p, axes));
      }
    }
    one("sqrt", "norm", "of nothing", s(3, 0), x -> x.norm(2, 1));
    one("sqrt", "norm", "axes kept", s(3, 5), x -> x.div(x.norm(2, true, 1)));
    still("argmax", "argmin", "", floats(Domain.ANY, s(5, 7)), x -> x.get(0).argmin(0));
  }

  private void truth() {
    for (int[] axes : new int[][] {{}, {0}, {1}}) {
      String about = "over " + Arrays.toString(axes);
      List<Input> in = List.of(new Flags(s(3, 2)));
      still("sum", "any", about, in, x -> x.get(0).any(axes));
      still("sum", "all", about, in, x -> x.get(0).all(axes));
    }
    List<Input> none = List.of(new Flags(s(3, 0)));
    still("sum", "any", "of nothing", none, x -> x.get(0).any(1));
    still("sum", "all", "of nothing", none, x -> x.get(0).all(1));
  }

  private void joined() {
    for (int axis : new int[] {0, 1, -1}) {
      add(
          "concat",
          "stack",
          "axis " + axis,
          floats(Domain.ANY, s(2, 3), s(2, 3), s(2, 3)),
          x -> Tensor.stack(axis, x.toArray(new Tensor[0])));
    }
    one("slice", "split", "", s(3, 6), x -> Tensor.concat(1, reversed(x.split(1, 1, 3, 0, 2))));
    one("slice", "chunk", "", s(6, 2), x -> Tensor.concat(0, reversed(x.chunk(0, 3))));
    one("broadcastTo", "tile", "", s(2, 3), x -> x.tile(2, 1, 3));
    one("broadcastTo", "tile", "fewer axes than there are", s(2, 3), x -> x.tile(2));
    one("broadcastTo", "repeat", "axis 0", s(2, 3), x -> x.repeat(0, 3));
    one("broadcastTo", "repeat", "axis 1", s(2, 3), x -> x.repeat(1, 2));
  }

  private static Tensor[] reversed(List<Tensor> parts) {
    List<Tensor> reversed = new ArrayList<>(parts);
    Collections.reverse(reversed);
    return reversed.toArray(new Tensor[0]);
  }

  private void moved() {
    one("gather", "flip", "", s(3, 5), x -> x.flip());
    one("gather", "flip", "axis 1", s(3, 5, 2), x -> x.flip(1));
    one("gather", "flip", "of nothing", s(3, 0), x -> x.flip(1));
    one("unslice", "pad", "by zeros", s(3, 4), x -> x.pad(1, 2, 1, 0));
    one("concat", "pad", "by another value", s(3, 4), x -> x.pad(0, 1, 2, -1.5));
    one("concat", "padReflect", "", s(2, 4), x -> x.padReflect(1, 3, 2));
    one("concat", "padReflect", "axis 0", s(4, 2), x -> x.padReflect(0, 0, 1));
    for (long offset : new long[] {-4, -1, 0, 1, 2, 7}) {
      one("slice", "diagonal", "" + offset, s(3, 4), x -> x.diagonal(offset, 0, 1));
      one("slice", "diagonal", "of a batch, " + offset, s(4, 2, 3), x -> x.diagonal(offset, 2, 0));
    }
  }

  private void masked() {
    for (long offset : new long[] {-1, 0, 2}) {
      one("where", "tril", "" + offset, s(2, 3, 4), x -> x.tril(offset));
      one("where", "triu", "" + offset, s(4, 3), x -> x.triu(offset));
    }
    for (DType dtype : List.of(DType.I32, DType.I64)) {
      List<Input> in = List.of(new Indices(5, dtype, s(2, 3)));
      still("equal", "oneHot", "" + dtype, in, x -> x.get(0).oneHot(5, DType.F32));
    }
  }

  private void indexed() {
    for (DType dtype : List.of(DType.I32, DType.I64)) {
      Input table = new Floating(Domain.ANY, s(5, 3));
      Input along = new Indices(3, dtype, s(5, 4));
      add(
          "gather",
          "embedding",
          "" + dtype,
          List.of(table, along),
          x -> x.get(0).embedding(x.get(1)));
      add(
          "gather",
          "takeAlongAxis",
          "axis 1, " + dtype,
          List.of(table, along),
          x -> x.get(0).takeAlongAxis(1, x.get(1)));
      add(
          "gather",
          "takeAlongAxis",
          "index repeated beside the axis, " + dtype,
          List.of(table, new Indices(5, dtype, s(2, 1))),
          x -> x.get(0).takeAlongAxis(0, x.get(1)));
      add(
          "scatterAdd",
          "scatterAddAlongAxis",
          "" + dtype,
          List.of(table, new Indices(5, dtype, s(6, 2)), new Floating(Domain.ANY, s(6, 2))),
          x -> x.get(0).slice(1, 0, 2).scatterAddAlongAxis(0, x.get(1), x.get(2)));
      add(
          "scatterAdd",
          "indexAdd",
          "" + dtype,
          List.of(table, new Indices(3, dtype, s(4)), new Floating(Domain.ANY, s(5, 4))),
          x -> x.get(0).indexAdd(1, x.get(1), x.get(2)));
    }
  }

  private void products() {
    add("matmul", "dot", "", floats(Domain.ANY, s(7), s(7)), x -> x.get(0).dot(x.get(1)));
    add("times", "outer", "", floats(Domain.ANY, s(3), s(4)), x -> x.get(0).outer(x.get(1)));
  }

  private void summations() {
    einsum("matmul", "ij,jk->ik", s(3, 4), s(4, 2));
    einsum("matmul", "ij,jk", s(3, 4), s(4, 2));
    einsum("matmul", "ij,kj->ki", s(3, 4), s(2, 4));
    einsum("matmul", "bij,bjk->bik", s(2, 3, 4), s(2, 4, 2));
    einsum("matmul", "bhqd,bkhd->bhqk", s(2, 2, 3, 2), s(2, 4, 2, 2));
    einsum("matmul", "...ij,...jk->...ik", s(2, 1, 3, 2), s(3, 2, 2));
    einsum("matmul", "i,i->", s(5), s(5));
    einsum("matmul", "ij,jk,kl->il", s(2, 3), s(3, 4), s(4, 2));
    einsum("matmul", "ijk,jil->kl", s(2, 3, 4), s(3, 2, 2));
    einsum("matmul", "ij,j->", s(3, 0), s(0));
    einsum("times", "i,j->ij", s(3), s(4));
    einsum("times", "ij,i->ji", s(3, 4), s(3));
    einsum("times", "i,j,k->kij", s(2), s(3), s(2));
    einsum("sum", "ij->", s(3, 4));
    einsum("sum", "ijk->j", s(2, 3, 4));
    einsum("sum", "ii->", s(4, 4));
    einsum("sum", "i...->...", s(3, 2, 2));
    einsum("sum", "...,...->", s(3, 1), s(4));
    einsum("permute", "ba", s(3, 4));
    einsum("slice", "ii->i", s(4, 4));
    einsum("slice", "iji->ji", s(3, 2, 3));
    einsum("slice", "iii->i", s(3, 3, 3));
  }

  private void einsum(String op, String formula, Shape... shapes) {
    add(
        op,
        "einsum",
        formula,
        floats(Domain.ANY, shapes),
        x -> Tensor.einsum(formula, x.toArray(new Tensor[0])));
  }

  static Shape s(long... dims) {
    return Shape.of(dims);
  }

  static List<Input> floats(Domain domain, Shape... shapes) {
    List<Input> inputs = new ArrayList<>();
    for (Shape shape : shapes) {
      inputs.add(new Floating(domain, shape));
    }
    return inputs;
  }

  private void add(
      String op, String name, String about, List<Input> in, Function<List<Tensor>, Tensor> f) {
    rows.add(new OpCase(op, name, about, in, f, "", TOLERANCE));
  }

  private void one(String op, String name, String about, Shape shape, UnaryOperator<Tensor> f) {
    add(op, name, about, floats(Domain.ANY, shape), x -> f.apply(x.get(0)));
  }

  private void still(
      String op, String name, String about, List<Input> in, Function<List<Tensor>, Tensor> f) {
    String why = in.get(0) instanceof Floating ? OpCases.INDICES : OpCases.TAKES_INTEGERS;
    rows.add(new OpCase(op, name, about, in, f, why, 0));
  }
}
