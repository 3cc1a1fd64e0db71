package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Depth costs memory, never stack: every walk over a graph is a loop. */
class DeepGraphTest {
  private static final int DEPTH = 1_000_000;

  @Test
  void aLongChainBuildsDifferentiatesRunsAndIsFreed() {
    Tensor x = Tensor.scalar(1.0).variable();
    Tensor y = x;
    for (int i = 0; i < DEPTH; i++) {
      y = y.neg();
    }
    Tensor g = Grad.grad(y, x).get(0);
    Tensor.evalAll(y, g);
    assertEquals(1, y.item());
    assertEquals(1, g.item());
    y = null;
    g = null;
    System.gc();
  }

  /** x collects a contribution to its gradient from every second node. */
  @Test
  void aLongChainThatReadsOneTensorAgainAndAgain() {
    Tensor x = Tensor.scalar(1.0).variable();
    Tensor y = x;
    for (int i = 0; i < DEPTH / 20; i++) {
      y = y.plus(x).times(0.5);
    }
    Tensor g = Grad.grad(y, x).get(0);
    Tensor.evalAll(y, g);
    assertEquals(1, y.item(), 1e-9);
    assertEquals(1, g.item(), 1e-9);
  }

  @Test
  void aLongChainOfTanhKeepsEveryIntermediateForItsGradient() {
    Tensor x = Tensor.of(new double[] {0.5, -0.25}, 2).variable();
    Tensor y = x;
    for (int i = 0; i < 20_000; i++) {
      y = y.tanh();
    }
    Tensor g = Grad.grad(y.sum(), x).get(0);
    double[] values = g.toDoubleArray();
    // tanh iterated n times behaves as sqrt(3 / (2 n)); its derivative is positive and tiny.
    assertEquals(true, values[0] > 0 && values[0] < 1e-3, "derivative " + values[0]);
  }
}
