package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

  /** A value's whole past, counted in nodes that can still be reached. */
  private static int past(Tensor x) {
    return x.node().inputs().length;
  }

  /**
   * Runs a loop of steps, each evaluated: no value may have a past, nor the heap grow with them.
   */
  private static void loop(UnaryOperator<Tensor> step) throws InterruptedException {
    Tensor[] w = {Tensor.of(new double[] {1, -2, 3}, 3).eval()};
    long grown =
        HeapGrowth.bytesPerStep(
            STEPS / 6,
            i -> {
              w[0] = step.apply(w[0]).eval();
              assertEquals(0, past(w[0]), "the value of step " + i + " keeps what it came from");
            });
    assertTrue(grown < MOST_PER_STEP, "the heap grew by " + grown + " bytes a step");
    assertTrue(Arrays.stream(w[0].toDoubleArray()).allMatch(Double::isFinite));
  }

  private static Tensor loss(Tensor w) {
    return w.square().sum();
  }

  @Test
  void gradients() throws InterruptedException {
    UnaryOperator<Tensor> slope = Grad.of(FunctionalStyleTest::loss);
    loop(w -> w.minus(slope.apply(w).times(1e-3)));
  }

  @Test
  void valuesAndGradients() throws InterruptedException {
    var both = Grad.valueAndGrad(FunctionalStyleTest::loss);
    loop(w -> w.minus(both.apply(w).grad().times(1e-3)));
  }

  @Test
  void severalArguments() throws InterruptedException {
    var slopes = Grad.ofList(xs -> loss(xs.get(0)).plus(loss(xs.get(1))));
    loop(w -> w.minus(slopes.apply(List.of(w, w.times(2))).get(1).times(1e-3)));
  }

  @Test
  void derivativesOfHigherOrder() throws InterruptedException {
    loop(w -> w.minus(Grad.derivatives(x -> x.square(), w, 2).get(1).times(1e-3)));
  }

  @Test
  void aValueAskedForInside() throws InterruptedException {
    UnaryOperator<Tensor> slope =
        Grad.of(
            (Tensor w) -> {
              Tensor y = loss(w).eval();
              return y.item() > 0 ? y.times(2) : y;
            });
    loop(w -> w.minus(slope.apply(w).times(1e-3)));
  }

  @Test
  void nestedGradients() throws InterruptedException {
    UnaryOperator<Tensor> inner = Grad.of((Tensor x) -> x.pow(3).sum());
    UnaryOperator<Tensor> outer = Grad.of((Tensor x) -> inner.apply(x).sum());
    loop(w -> w.minus(outer.apply(w).times(1e-3)));
  }

  @Test
  void examplesOfABatch() throws InterruptedException {
    UnaryOperator<Tensor> slopes = Vmap.of(Grad.of((Tensor x) -> x.square()));
    loop(w -> w.minus(slopes.apply(w).times(1e-3)));
  }

  @Test
  void scans() throws InterruptedException {
    var scan = Scan.of((carry, x) -> carry.times(x).plus(x));
    Tensor xs = Tensor.of(new double[] {0.5, 0.25}, 2);
    UnaryOperator<Tensor> slope = Grad.of((Tensor w) -> loss(scan.apply(w, xs)));
    loop(w -> w.minus(slope.apply(w).times(1e-3)));
  }

  @Test
  void parametersAtOtherValues() throws InterruptedException {
    Parameter p = Parameter.of(Tensor.zeros(DType.F64, 3), "p");
    UnaryOperator<Tensor> slope =
        Grad.of((Tensor w) -> Parameters.with(Map.of(p, w), () -> loss(p)));
    loop(w -> w.minus(slope.apply(w).times(1e-3)));
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
