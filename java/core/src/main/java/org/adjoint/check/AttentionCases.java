package org.adjoint.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.adjoint.Attention;
import org.adjoint.DType;
import org.adjoint.Rotary;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.check.OpCase.Domain;
import org.adjoint.check.OpCase.Flags;
import org.adjoint.check.OpCase.Floating;
import org.adjoint.check.OpCase.Indices;
import org.adjoint.check.OpCase.Input;
import org.adjoint.op.AttentionOps;
import org.adjoint.op.AttentionOps.Form;
import org.adjoint.op.Op;

/** The rows of {@link OpCases} for attention. */
final class AttentionCases {
  private static final double TOLERANCE = 1e-5;

  private final List<OpCase> rows = new ArrayList<>();

  private AttentionCases() {}

  static List<OpCase> rows() {
    AttentionCases table = new AttentionCases();
    table.sizes();
    table.masks();
    table.slopes();
    table.rotary();
    return table.rows;
  }

  /**
   * Sizes of q [b, h, n, d], k [b, hkv, m, d] and v [b, hkv, m, dv].
   *
   * @param b sequences
   * @param h heads of queries
   * @param heads heads of keys and values
   * @param n queries
   * @param m keys
   * @param d features of queries and keys
   * @param dv features of values
   */
  private record Sizes(long b, long h, long heads, long n, long m, long d, long dv) {
    List<Input> inputs(Input... more) {
      List<Input> in = new ArrayList<>();
      in.add(new Floating(Domain.ANY, s(b, h, n, d)));
      in.add(new Floating(Domain.ANY, s(b, heads, m, d)));
      in.add(new Floating(Domain.ANY, s(b, heads, m, dv)));
      in.addAll(Arrays.asList(more));
      return in;
    }
  }

  private static final Sizes SMALL = new Sizes(2, 2, 1, 3, 4, 2, 3);

  private void sizes() {
    List<Sizes> all =
        List.of(
            new Sizes(1, 1, 1, 1, 1, 1, 1),
            new Sizes(2, 2, 2, 3, 5, 4, 3),
            new Sizes(1, 4, 2, 7, 9, 8, 5),
            new Sizes(1, 2, 1, 17, 33, 16, 17),
            new Sizes(1, 1, 1, 7, 131, 3, 2),
            new Sizes(1, 1, 1, 0, 3, 2, 2),
            new Sizes(1, 2, 1, 3, 0, 2, 2),
            new Sizes(0, 1, 1, 3, 3, 2, 2),
            new Sizes(1, 1, 1, 3, 3, 2, 0));
    for (Sizes sizes : all) {
      add("", sizes.inputs(), a -> a);
    }
    add("causal", new Sizes(1, 2, 1, 5, 9, 2, 3).inputs(), Attention::causal);
    add("causal from the first", SMALL.inputs(), a -> a.causal(0));
    add("causal, queries without keys", new Sizes(1, 1, 1, 5, 2, 2, 2).inputs(), a -> a.causal());
    add("causal, hidden by far", new Sizes(1, 1, 1, 3, 2, 2, 2).inputs(), a -> a.causal(-9));
    add("scaled", SMALL.inputs(), a -> a.scale(-0.25));
  }

  private void masks() {
    for (Shape shape : List.of(s(4), s(3, 1), s(2, 1, 1, 4), s(2, 2, 3, 4))) {
      List<Input> flags = SMALL.inputs(new Flags(shape));
      masked("where " + shape, flags, (a, x) -> a.mask(x.get(3)));
      List<Input> bias = SMALL.inputs(new Floating(Domain.ANY, shape));
      masked("plus " + shape, bias, (a, x) -> a.mask(x.get(3)));
    }
    masked(
        "of all kinds",
        SMALL.inputs(
            new Floating(Domain.ANY, s(2, 3, 4)),
            new Flags(s(3, 4)),
            new Flags(s(2, 1, 1, 4)),
            new Indices(5, DType.I32, s(2))),
        (a, x) -> a.mask(x.get(3)).mask(x.get(4)).mask(x.get(5)).lengths(x.get(6)).causal(1));
    masked(
        "to lengths",
        new Sizes(3, 1, 1, 2, 4, 2, 2).inputs(new Indices(5, DType.I64, s(3))),
        (a, x) -> a.lengths(x.get(3)));
  }

  private void slopes() {
    for (Sizes sizes : List.of(SMALL, new Sizes(1, 1, 1, 17, 9, 4, 5))) {
      Input g = new Floating(Domain.ANY, s(sizes.b, sizes.h, sizes.n, sizes.dv));
      Form plain = new Form(false, false, false, 0, 0.5);
      slope("", sizes.inputs(g), plain);
      slope("causal", sizes.inputs(g), new Form(false, false, true, 1, 0.5));
      Input bias = new Floating(Domain.ANY, s(1, sizes.h, sizes.n, 1));
      Input mask = new Flags(s(sizes.b, 1, sizes.n, sizes.m));
      slope("masked", sizes.inputs(g, bias, mask), new Form(true, true, false, 0, 0.5));
    }
    Input g = new Floating(Domain.ANY, s(1, 1, 1, 1));
    slope("", new Sizes(1, 1, 1, 1, 2, 1, 1).inputs(g), new Form(false, false, false, 0, 0.5));
  }

  private void slope(String about, List<Input> in, Form form) {
    Function<List<Tensor>, Tensor> f =
        x -> {
          List<Tensor> forward = new ArrayList<>(x.subList(0, 3));
          forward.addAll(x.subList(4, x.size()));
          List<Tensor> y = apply(AttentionOps.ATTENTION, form, forward);
          List<Tensor> back = new ArrayList<>(x.subList(0, 4));
          back.addAll(y);
          back.addAll(x.subList(4, x.size()));
          return NormalizationCases.joined(apply(AttentionOps.ATTENTION_GRAD, form, back));
        };
    rows.add(new OpCase("attentionGrad", "attentionGrad", about, in, f, "", TOLERANCE));
  }

  private static List<Tensor> apply(Op op, Form form, List<Tensor> in) {
    return op.apply(form.attrs(), in.toArray(new Tensor[0]));
  }

  private void rotary() {
    for (Rotary.Pairs pairs : Rotary.Pairs.values()) {
      Rotary rotary = new Rotary(100, pairs);
      List<Input> in = List.of(new Floating(Domain.ANY, s(2, 3, 6)));
      rows.add(
          new OpCase(
              "concat", "rotary", "" + pairs, in, x -> rotary.apply(x.get(0)), "", TOLERANCE));
    }
  }

  private static Shape s(long... dims) {
    return Shape.of(dims);
  }

  /** What makes an attention another, of further inputs. */
  private interface Masking {
    Attention of(Attention a, List<Tensor> inputs);
  }

  private void add(String about, List<Input> in, UnaryOperator<Attention> f) {
    masked(about, in, (a, x) -> f.apply(a));
  }

  private void masked(String about, List<Input> in, Masking f) {
    rows.add(
        new OpCase(
            "attention",
            "attention",
            about,
            in,
            x -> f.of(Attention.of(x.get(0), x.get(1), x.get(2)), x).output(),
            "",
            TOLERANCE));
  }
}
