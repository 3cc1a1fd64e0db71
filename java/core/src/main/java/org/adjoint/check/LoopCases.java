package org.adjoint.check;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.adjoint.Scan;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.check.OpCase.Domain;
import org.adjoint.check.OpCase.Input;

/** The rows of {@link OpCases} for loops: how carries get on, what is stacked, how many turns. */
final class LoopCases {
  private static final double TOLERANCE = 1e-5;

  private final List<OpCase> rows = new ArrayList<>();

  private LoopCases() {}

  static List<OpCase> rows() {
    LoopCases table = new LoopCases();
    for (int turns : new int[] {0, 1, 2, 5}) {
      table.of(turns);
    }
    table.nested();
    return table.rows;
  }

  private void of(int turns) {
    List<Input> recurrent =
        CompositionCases.floats(Domain.ANY, s(3), s(turns, 2), s(3, 3), s(2, 3));
    add(
        "matmul",
        "states of a recurrent net, " + turns + " turns",
        recurrent,
        x ->
            Scan.of((Tensor h, Tensor in) -> h.matmul(x.get(2)).plus(in.matmul(x.get(3))).tanh())
                .apply(x.get(0), x.get(1)));
    add(
        "matmul",
        "state behind a recurrent net, " + turns + " turns",
        recurrent,
        x ->
            Scan.ofList(
                    (c, in) -> {
                      Tensor h = c.get(0).matmul(x.get(2)).plus(in.get(0).matmul(x.get(3)));
                      return new Scan.Step(List.of(h.sigmoid()), List.of());
                    })
                .apply(List.of(x.get(0)), List.of(x.get(1)))
                .carry()
                .get(0));
    add(
        "sin",
        "a step " + turns + " times over",
        CompositionCases.floats(Domain.ANY, s(4), s(4)),
        x -> Scan.of((Tensor h) -> h.times(x.get(1)).sin().plus(h), turns).apply(x.get(0)));
    add(
        "plus",
        "carries that swap, and the state before a turn, " + turns + " turns",
        CompositionCases.floats(Domain.ANY, s(2), s(2), s(turns, 2)),
        x -> {
          Scan.Step all =
              Scan.ofList(
                      (c, in) ->
                          new Scan.Step(
                              List.of(c.get(1), c.get(0).plus(in.get(0)).times(0.5)),
                              List.of(c.get(0))))
                  .apply(x.subList(0, 2), List.of(x.get(2)));
          return Tensor.concat(
              0, all.carry().get(0), all.carry().get(1), all.outputs().get(0).reshape(2 * turns));
        });
  }

  private void nested() {
    add(
        "sin",
        "a loop in a loop",
        CompositionCases.floats(Domain.ANY, s(3), s(2, 3), s(4, 3)),
        x ->
            Scan.of(
                    (Tensor h, Tensor a) ->
                        Scan.of((Tensor g, Tensor b) -> g.times(a).plus(b).sin())
                            .apply(h, x.get(2))
                            .mean(0))
                .apply(x.get(0), x.get(1)));
  }

  private static Shape s(long... dims) {
    return Shape.of(dims);
  }

  private void add(String op, String about, List<Input> in, Function<List<Tensor>, Tensor> f) {
    rows.add(new OpCase(op, "scan", about, in, f, "", TOLERANCE));
  }
}
