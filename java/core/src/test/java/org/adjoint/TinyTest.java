package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** The first test to read: what Adjoint does, in its smallest forms. */
class TinyTest {
  @Test
  void aGraphIsBuiltFirstAndRunsWhenAValueIsAskedFor() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
    Tensor y = x.matmul(x).plus(1).relu().sum();
    assertEquals(58f, y.item());
  }

  @Test
  void aGradientIsAGraphAndCanBeDifferentiatedAgain() {
    Tensor x = Tensor.scalar(3f).variable();
    Tensor y = x.pow(3);
    Tensor first = Grad.grad(y, x).get(0);
    Tensor second = Grad.grad(first, x).get(0);
    assertEquals(27f, first.item());
    assertEquals(18f, second.item());
  }

  @Test
  void theScalarExample() {
    Tensor w = Tensor.scalar(-3.0);
    Tensor loss = Tensor.scalar(2.0).times(w).plus(6.88).minus(1).square();
    assertEquals(-0.48, Grad.grad(loss, w).get(0).item(), 1e-12);
  }

  @Test
  void backwardFillsTheGradientsOfParameters() {
    Parameter w = Parameter.of(Tensor.of(new float[] {1, 2}, 2), "w");
    w.square().sum().backward();
    assertArrayEquals(new float[] {2, 4}, w.grad().orElseThrow().toArray());
  }

  @Test
  void assigningMakesANewVersion() {
    Parameter w = Parameter.of(Tensor.of(new float[] {1, 2}, 2), "w");
    w.assign(w.minus(0.5));
    assertArrayEquals(new float[] {0.5f, 1.5f}, w.toArray());
  }

  @Test
  void errorsNameTheShapesAtTheLineThatIsWrong() {
    Tensor a = Tensor.zeros(DType.F32, 64, 784);
    Tensor b = Tensor.zeros(DType.F32, 785, 256);
    Exception e = assertThrows(IllegalArgumentException.class, () -> a.matmul(b));
    assertEquals("matmul: inner sizes differ: [64, 784] x [785, 256]", e.getMessage());
  }
}
