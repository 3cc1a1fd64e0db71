package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BinaryOperator;
import org.adjoint.check.GradCheck;
import org.junit.jupiter.api.Test;

/** {@link Scan}: the loop that Java would run, as one graph. */
class ScanTest {
  private final Tensor w = Key.of(1).normal(DType.F64, 3, 3).times(0.5).eval();
  private final Tensor u = Key.of(2).normal(DType.F64, 2, 3).eval();
  private final Tensor xs = Key.of(3).normal(DType.F64, 5, 2).eval();
  private final Tensor start = Key.of(4).normal(DType.F64, 3).eval();

  private static Tensor cell(Tensor h, Tensor x, Tensor w, Tensor u) {
    return h.matmul(w).plus(x.matmul(u)).tanh();
  }

  private static Tensor looped(Tensor start, Tensor xs, Tensor w, Tensor u) {
    List<Tensor> rows = new ArrayList<>();
    Tensor h = start;
    for (int i = 0; i < xs.dim(0); i++) {
      h = cell(h, xs.get(i), w, u);
      rows.add(h);
    }
    return Tensor.stack(0, rows.toArray(new Tensor[0]));
  }

  @Test
  void aRecurrentNetEqualsTheLoopWithItsGradients() {
    AtomicInteger calls = new AtomicInteger();
    Tensor[] by = {start.variable(), xs.variable(), w.variable(), u.variable()};
    BinaryOperator<Tensor> rnn =
        Scan.of(
            (Tensor h, Tensor x) -> {
              calls.incrementAndGet();
              return cell(h, x, w, u);
            });
    Tensor states = rnn.apply(start, xs);
    assertEquals(1, calls.get());
    Tensor expected = looped(start, xs, w, u);
    assertArrayEquals(expected.toDoubleArray(), states.toDoubleArray());
    List<Tensor> g = Grad.grad(states.square().sum(), by);
    List<Tensor> e = Grad.grad(expected.square().sum(), by);
    for (int i = 0; i < by.length; i++) {
      assertArrayEquals(e.get(i).toDoubleArray(), g.get(i).toDoubleArray(), 1e-13);
    }
  }

  @Test
  void everyOrderModeAndBatch() {
    BinaryOperator<Tensor> rnn = Scan.of((Tensor h, Tensor x) -> cell(h, x, w, u));
    GradCheck.slow().order(2).check(rnn, start, xs);
    Tensor v = Tensor.ones(DType.F64, 5, 2);
    Tensor x = xs.plus(0.0).variable();
    assertArrayEquals(
        Grad.jvp(looped(start, x, w, u), x, v).toDoubleArray(),
        Grad.jvp(rnn.apply(start, x), x, v).toDoubleArray(),
        1e-13);
    Tensor sequences = Key.of(5).normal(DType.F64, 4, 5, 2).eval();
    Tensor batch = Vmap.of((Tensor s) -> rnn.apply(start, s)).apply(sequences);
    for (int i = 0; i < 4; i++) {
      assertArrayEquals(
          looped(start, sequences.get(i), w, u).toDoubleArray(),
          batch.get(i).toDoubleArray(),
          1e-14);
    }
    BinaryOperator<Tensor> again =
        Scan.of(
            (Tensor h, Tensor t) ->
                Checkpoint.of((Tensor a, Tensor b) -> cell(a, b, w, u)).apply(h, t));
    assertArrayEquals(
        Grad.grad(rnn.apply(start, x).sum(), x).get(0).toDoubleArray(),
        Grad.grad(again.apply(start, x).sum(), x).get(0).toDoubleArray());
  }

  @Test
  void carriesAndOutputsMayDiffer() {
    // Fibonacci numbers, collecting their squares.
    Scan.Step result =
        Scan.ofList(
                (carry, in) -> {
                  Tensor next = carry.get(0).plus(carry.get(1));
                  return new Scan.Step(
                      List.of(carry.get(1), next), List.of(next.square(), in.get(0)));
                })
            .apply(
                List.of(Tensor.scalar(0.0), Tensor.scalar(1.0)),
                List.of(Tensor.of(new int[] {5, 6, 7, 8}, 4)));
    assertEquals(5, result.carry().get(1).item());
    assertArrayEquals(new double[] {1, 4, 9, 25}, result.outputs().get(0).toDoubleArray());
    assertArrayEquals(new int[] {5, 6, 7, 8}, result.outputs().get(1).toIntArray());
  }

  @Test
  void aFixedNumberOfTurns() {
    Tensor a = Tensor.scalar(2.0).variable();
    // Newton's iteration for the square root; its derivative is that of the root.
    Tensor root = Scan.of((Tensor x) -> x.plus(a.div(x)).times(0.5), 8).apply(Tensor.scalar(1.0));
    assertEquals(Math.sqrt(2), root.item(), 1e-15);
    assertEquals(0.5 / Math.sqrt(2), Grad.grad(root, a).get(0).item(), 1e-15);
    assertEquals(3, Scan.of((Tensor x) -> x.exp(), 0).apply(Tensor.scalar(3.0)).item());
  }

  @Test
  void nothingToRunOver() {
    Tensor none =
        Scan.of((Tensor h, Tensor x) -> h.plus(x)).apply(start, Tensor.zeros(DType.F64, 0, 3));
    assertEquals(Shape.of(0, 3), none.shape());
    assertEquals(0, none.toDoubleArray().length);
  }

  @Test
  void aLongSequenceIsLinear() {
    Tensor long1 = Key.of(9).normal(DType.F64, 2000).eval().variable();
    Tensor states =
        Scan.of((Tensor h, Tensor x) -> h.times(0.9).plus(x)).apply(Tensor.scalar(0.0), long1);
    double[] g = Grad.grad(states.get(1999), long1).get(0).toDoubleArray();
    assertEquals(Math.pow(0.9, 10), g[1989], 1e-15);
  }

  @Test
  void mistakesAreNamed() {
    assertEquals(
        "scan: the step takes a carry of [F64[3]] and returns one of [F64[]]",
        assertThrows(
                IllegalArgumentException.class,
                () -> Scan.of((Tensor h, Tensor x) -> h.sum()).apply(start, xs))
            .getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> Scan.ofList((c, in) -> new Scan.Step(c, in)).apply(List.of(start), List.of()));
    assertTrue(
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    Scan.ofList((c, in) -> new Scan.Step(c, in))
                        .apply(List.of(start), List.of(xs, start)))
            .getMessage()
            .contains("F64[5, 2] and F64[3]"));
    assertThrows(
        IllegalStateException.class,
        () -> Scan.of((Tensor h, Tensor x) -> x.sum().item() > 0 ? h : h.neg()).apply(start, xs));
    assertThrows(IllegalArgumentException.class, () -> Scan.of((Tensor x) -> x, -1));
  }
}
