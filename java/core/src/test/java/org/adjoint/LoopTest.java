package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.UnaryOperator;
import org.adjoint.check.GradCheck;
import org.junit.jupiter.api.Test;

/** {@link Loop}: turns until a condition, and solutions of equations. */
class LoopTest {
  /** Newton's iteration for √a, until it stands still. */
  private static Tensor root(Tensor a) {
    return Loop.whileTrue(
            (List<Tensor> c) -> c.get(0).square().minus(a).abs().gt(1e-10),
            c -> List.of(c.get(0).plus(a.div(c.get(0))).times(0.5)),
            List.of(a))
        .get(0);
  }

  @Test
  void turnsUntilTheConditionIsFalse() {
    List<Tensor> end =
        Loop.whileTrue(
            (List<Tensor> c) -> c.get(0).lt(100),
            c -> List.of(c.get(0).times(2), c.get(1).plus(1)),
            List.of(Tensor.scalar(3, DType.F64), Tensor.scalar(0, DType.F64)));
    assertArrayEquals(new double[] {192}, end.get(0).toDoubleArray());
    assertArrayEquals(new double[] {6}, end.get(1).toDoubleArray());
    Tensor never = Loop.whileTrue(x -> x.gt(5), Tensor::exp, Tensor.scalar(2, DType.F64));
    assertArrayEquals(new double[] {2}, never.toDoubleArray());
  }

  @Test
  void forwardModeOfAnyOrder() {
    Tensor a = Tensor.scalar(2, DType.F64).variable();
    Tensor one = Tensor.scalar(1, DType.F64);
    Tensor y = root(a);
    Tensor dy = Grad.jvp(y, a, one);
    assertArrayEquals(new double[] {Math.sqrt(2)}, y.toDoubleArray(), 1e-10);
    assertArrayEquals(new double[] {0.5 / Math.sqrt(2)}, dy.toDoubleArray(), 1e-9);
    assertArrayEquals(
        new double[] {-0.25 / Math.pow(2, 1.5)}, Grad.jvp(dy, a, one).toDoubleArray(), 1e-6);
  }

  @Test
  void eachExampleEndsByItself() {
    Tensor as = Tensor.of(new double[] {2, 1e4, 1, 0.09}, 4);
    assertArrayEquals(
        new double[] {Math.sqrt(2), 100, 1, 0.3},
        Vmap.of((Tensor a) -> root(a)).apply(as).toDoubleArray(),
        1e-9);
  }

  @Test
  void reverseModeWithABound() {
    UnaryOperator<Tensor> bounded =
        a ->
            Loop.whileTrue(
                x -> x.square().minus(a).abs().sum().gt(1e-12),
                x -> x.plus(a.div(x)).times(0.5),
                a.times(0.7),
                12);
    Tensor a = Tensor.of(new double[] {2, 3, 0.5}, 3);
    assertArrayEquals(
        new double[] {Math.sqrt(2), Math.sqrt(3), Math.sqrt(0.5)},
        bounded.apply(a).toDoubleArray(),
        1e-12);
    GradCheck.slow().order(2).check(bounded, a);
    String text =
        assertThrows(
                IllegalStateException.class,
                () -> Grad.of((Tensor x) -> root(x)).apply(Tensor.scalar(2, DType.F64)))
            .getMessage();
    assertTrue(text.contains("give the most turns"), text);
  }

  @Test
  void aFixedPointHasTheDerivativeOfTheSolution() {
    Tensor w = Key.of(3).normal(DType.F64, 4, 4).times(0.2).eval();
    Tensor b = Key.of(4).normal(DType.F64, 4).eval();
    UnaryOperator<Tensor> solved =
        c ->
            Loop.fixedPoint(
                x -> w.matmul(x).plus(c).tanh(), Tensor.zeros(DType.F64, 4), 1e-13, 500);
    Tensor x = solved.apply(b);
    double[] again = w.matmul(x).plus(b).tanh().toDoubleArray();
    assertArrayEquals(again, x.toDoubleArray(), 1e-12);
    GradCheck.slow().order(2).check(solved, b);
    Tensor by = Tensor.of(b.toDoubleArray(), 4).variable();
    Tensor along = Tensor.of(new double[] {1, -2, 0.5, 0.1}, 4);
    double h = 1e-6;
    double[] up = solved.apply(b.plus(along.times(h))).toDoubleArray();
    double[] down = solved.apply(b.minus(along.times(h))).toDoubleArray();
    double[] pushed = Grad.jvp(solved.apply(by), by, along).toDoubleArray();
    for (int i = 0; i < 4; i++) {
      assertEquals((up[i] - down[i]) / (2 * h), pushed[i], 1e-8);
    }
  }

  @Test
  void aFixedPointKeepsToItsTurns() {
    Tensor x = Loop.fixedPoint(t -> t.plus(1), Tensor.scalar(0, DType.F64), 1e-3, 7);
    assertArrayEquals(new double[] {7}, x.toDoubleArray());
    Tensor none = Loop.fixedPoint(t -> t.plus(1), Tensor.scalar(3, DType.F64), 1e-3, 0);
    assertArrayEquals(new double[] {3}, none.toDoubleArray());
  }

  @Test
  void mistakesAreNamed() {
    Tensor x = Tensor.zeros(DType.F64, 3);
    assertEquals(
        "loop: the condition needs to give BOOL[], got BOOL[3]; reduce it with any() or all()",
        assertThrows(IllegalArgumentException.class, () -> Loop.whileTrue(t -> t.lt(1), t -> t, x))
            .getMessage());
    assertEquals(
        "loop: the body takes a carry of [F64[3]] and returns one of [F64[]]",
        assertThrows(
                IllegalArgumentException.class,
                () -> Loop.whileTrue(t -> t.lt(1).all(), t -> t.sum(), x))
            .getMessage());
    assertThrows(
        IllegalArgumentException.class, () -> Loop.whileTrue(t -> t.lt(1).all(), t -> t, x, -1));
    assertThrows(IllegalArgumentException.class, () -> Loop.fixedPoint(t -> t, x, 0, 5));
  }
}
