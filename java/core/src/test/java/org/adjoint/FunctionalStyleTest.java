package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * A loop that carries values from step to step does not keep the history of earlier steps: what
 * stands in for an argument is a source of gradients while its function runs, no longer. {@code
 * -Dorg.adjoint.steps} makes the loops longer.
 */
class FunctionalStyleTest {
  private static final int STEPS = Integer.getInteger("org.adjoint.steps", 2_000);

  /** Bytes; a value that is kept takes 390. */
  private static final long MOST_PER_STEP = 200;

  /** A loop that carries one value. */
  private static final class Loop {
    final String name;
    private final UnaryOperator<Tensor> step;
    private Tensor w = Tensor.of(new double[] {1, -2, 3}, 3).eval();

    Loop(String name, UnaryOperator<Tensor> slope) {
      this.name = name;
      this.step = w -> w.minus(slope.apply(w).times(1e-3));
    }

    /** Takes a step, whose value must not have a past: nodes that can still be reached. */
    void step(int i) {
      w = step.apply(w).eval();
      int past = w.node().inputs().length;
      assertEquals(0, past, name + ": the value of step " + i + " keeps what it came from");
    }

    void assertFinite() {
      assertTrue(Arrays.stream(w.toDoubleArray()).allMatch(Double::isFinite), name);
    }
  }

  private static Tensor loss(Tensor w) {
    return w.square().sum();
  }

  private static List<Loop> loops() {
    var both = Grad.valueAndGrad(FunctionalStyleTest::loss);
    var slopes = Grad.ofList(xs -> loss(xs.get(0)).plus(loss(xs.get(1))));
    UnaryOperator<Tensor> cube = Grad.of((Tensor x) -> x.pow(3).sum());
    var scan = Scan.of((carry, x) -> carry.times(x).plus(x));
    Tensor xs = Tensor.of(new double[] {0.5, 0.25}, 2);
    return List.of(
        new Loop("gradients", Grad.of(FunctionalStyleTest::loss)),
        new Loop("values and gradients", w -> both.apply(w).grad()),
        new Loop("several arguments", w -> slopes.apply(List.of(w, w.times(2))).get(1)),
        new Loop(
            "derivatives of higher order", w -> Grad.derivatives(x -> x.square(), w, 2).get(1)),
        new Loop("a value asked for inside", Grad.of(FunctionalStyleTest::lossThatLooks)),
        new Loop("nested gradients", Grad.of((Tensor x) -> cube.apply(x).sum())),
        new Loop("examples of a batch", Vmap.of(Grad.of((Tensor x) -> x.square()))),
        new Loop("scans", Grad.of((Tensor w) -> loss(scan.apply(w, xs)))));
  }

  private static Tensor lossThatLooks(Tensor w) {
    Tensor y = loss(w).eval();
    return y.item() > 0 ? y.times(2) : y;
  }

  /** Returns by how many bytes a step of all loops makes the heap grow. */
  private static long growth(List<Loop> loops) throws InterruptedException {
    return HeapGrowth.bytesPerStep(STEPS / 6, i -> loops.forEach(loop -> loop.step(i)));
  }

  /** All at once, since weighing the heap takes longer than the steps: a leak in one is enough. */
  @Test
  void noLoopKeepsItsHistory() throws InterruptedException {
    Parameter p = Parameter.of(Tensor.zeros(DType.F64, 3), "p");
    List<Loop> loops = new ArrayList<>(loops());
    loops.add(
        new Loop(
            "parameters at other values",
            Grad.of((Tensor w) -> Parameters.with(Map.of(p, w), () -> loss(p)))));
    long grown = growth(loops);
    if (grown >= MOST_PER_STEP) {
      for (Loop loop : loops) {
        long alone = growth(List.of(loop));
        assertTrue(alone < MOST_PER_STEP, loop.name + ": " + alone + " bytes a step");
      }
    }
    assertTrue(grown < MOST_PER_STEP, "the heap grew by " + grown + " bytes a step of all loops");
    loops.forEach(Loop::assertFinite);
    assertEquals(0, p.toDoubleArray()[0]);
  }

  @Test
  void whatIsEvaluatedInsideStillLeadsToAnOuterArgument() {
    UnaryOperator<Tensor> cube =
        x -> {
          Tensor slope = Grad.of((Tensor y) -> y.pow(3).eval().sum()).apply(x).eval(); // 3x²
          return slope.times(x).sum(); // 3x³
        };
    assertEquals(36, Grad.of(cube).apply(Tensor.of(new double[] {2}, 1)).toDoubleArray()[0]);
  }
}
