package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The field's first examples, each against its closed form. */
class SeedsTest {
  @Test
  void squaredErrorOfALine() {
    Tensor x = Tensor.scalar(2.0);
    Tensor w = Tensor.scalar(-3.0);
    Tensor b = Tensor.scalar(6.88);
    Tensor y = Tensor.scalar(1.0);
    Tensor loss = x.times(w).plus(b).minus(y).square();
    List<Tensor> g = Grad.grad(loss, w, b, x);
    assertEquals(-0.48, g.get(0).item(), 1e-12);
    assertEquals(-0.24, g.get(1).item(), 1e-12);
    assertEquals(0.72, g.get(2).item(), 1e-12);
  }

  @Test
  void squareAtThree() {
    Tensor x = Tensor.scalar(3.0);
    assertEquals(6, Grad.grad(x.square(), x).get(0).item());
    assertEquals(6, Grad.grad(x.times(x), x).get(0).item());
  }

  @Test
  void productWithASharedInputAtThree() {
    Tensor x = Tensor.scalar(3.0);
    assertEquals(8, Grad.grad(x.plus(2).times(x), x).get(0).item());
  }

  @Test
  void twoLayerNetworkAgainstTheDeltaRule() {
    Key key = Key.of(1);
    Tensor x = key.fold(0).normal(DType.F64, 5, 3);
    Tensor target = key.fold(1).normal(DType.F64, 5, 2);
    Tensor w1 = key.fold(2).normal(DType.F64, 3, 4);
    Tensor b1 = key.fold(3).normal(DType.F64, 4);
    Tensor w2 = key.fold(4).normal(DType.F64, 4, 2);
    Tensor b2 = key.fold(5).normal(DType.F64, 2);
    Tensor a1 = x.matmul(w1).plus(b1).sigmoid();
    Tensor output = a1.matmul(w2).plus(b2).sigmoid();
    Tensor loss = output.minus(target).square().sum().times(0.5);

    // δ² = (ŷ − y) ⊙ φ′, δ¹ = δ² W²ᵀ ⊙ σ′; the weights' gradients are outer products of inputs and
    // δ.
    Tensor delta2 = output.minus(target).times(output).times(output.neg().plus(1));
    Tensor delta1 = delta2.matmul(w2.transpose()).times(a1).times(a1.neg().plus(1));
    Tensor[] expected = {
      x.transpose().matmul(delta1), delta1.sum(0), a1.transpose().matmul(delta2), delta2.sum(0)
    };
    List<Tensor> actual = Grad.grad(loss, w1, b1, w2, b2);
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i].toDoubleArray(), actual.get(i).toDoubleArray(), 1e-13);
    }
  }

  @Test
  void softmaxCrossEntropyHasTheResidualAsItsGradient() {
    Tensor logits = Key.of(2).normal(DType.F64, 4, 5).variable();
    Tensor labels = Tensor.of(new int[] {0, 4, 2, 2}, 4);
    Tensor oneHot =
        Tensor.of(new double[] {1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0}, 4, 5);
    Tensor residual = logits.softmax(-1).minus(oneHot);
    Tensor fused = Grad.grad(logits.softmaxCrossEntropy(labels).sum(), logits).get(0);
    Tensor written = oneHot.times(logits.logSoftmax(-1)).sum().neg();
    assertArrayEquals(residual.toDoubleArray(), fused.toDoubleArray(), 1e-13);
    assertArrayEquals(
        residual.toDoubleArray(), Grad.grad(written, logits).get(0).toDoubleArray(), 1e-13);
  }
}
