package org.adjoint.nn.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;

/** Each rule against the same steps computed by hand, on L = Σ c·p²/2, whose gradient is c·p. */
class OptimizerTest {
  private static final double[] START = {1, -2, 0.5};
  private static final double[] CURVATURE = {1, 0.25, 4};

  @Test
  void sgdFollowsTheGradient() {
    Parameter p = Parameter.of(Tensor.of(START, 3), "p");
    double[] expected = START.clone();
    Optimizer sgd = new Sgd(List.of(p), 0.1);
    for (int step = 0; step < 3; step++) {
      step(sgd, p);
      for (int i = 0; i < 3; i++) {
        expected[i] -= 0.1 * CURVATURE[i] * expected[i];
      }
      assertArrayEquals(expected, p.toDoubleArray(), 1e-14);
    }
  }

  @Test
  void sgdWithMomentumKeepsAVelocity() {
    checkMomentum(false);
  }

  @Test
  void nesterovLooksAheadAlongTheVelocity() {
    checkMomentum(true);
  }

  private static void checkMomentum(boolean nesterov) {
    Parameter p = Parameter.of(Tensor.of(START, 3), "p");
    double[] expected = START.clone();
    double[] velocity = new double[3];
    Optimizer sgd = new Sgd(List.of(p), 0.1, 0.9, nesterov);
    for (int step = 0; step < 4; step++) {
      step(sgd, p);
      for (int i = 0; i < 3; i++) {
        double g = CURVATURE[i] * expected[i];
        velocity[i] = 0.9 * velocity[i] + g;
        expected[i] -= 0.1 * (nesterov ? g + 0.9 * velocity[i] : velocity[i]);
      }
      assertArrayEquals(expected, p.toDoubleArray(), 1e-14);
      assertArrayEquals(velocity, sgd.state().get(0).toDoubleArray(), 1e-14);
    }
  }

  @Test
  void adamFollowsThePaper() {
    Parameter p = Parameter.of(Tensor.of(START, 3), "p");
    double[] expected = START.clone();
    double[] m = new double[3];
    double[] v = new double[3];
    Optimizer adam = new Adam(List.of(p), 0.1, 0.8, 0.95, 1e-6);
    for (int t = 1; t <= 5; t++) {
      double rate = t < 4 ? 0.1 : 0.02;
      adam.learningRate(rate);
      step(adam, p);
      for (int i = 0; i < 3; i++) {
        double g = CURVATURE[i] * expected[i];
        m[i] = 0.8 * m[i] + 0.2 * g;
        v[i] = 0.95 * v[i] + 0.05 * g * g;
        double mean = m[i] / (1 - Math.pow(0.8, t));
        double square = v[i] / (1 - Math.pow(0.95, t));
        expected[i] -= rate * mean / (Math.sqrt(square) + 1e-6);
      }
      assertArrayEquals(expected, p.toDoubleArray(), 1e-12);
    }
    assertEquals(5, adam.state().get(0).doubleItem());
  }

  @Test
  void theFirstStepOfAdamIsOneLearningRateLong() {
    Parameter p = Parameter.of(Tensor.of(new float[] {3, -3}, 2), "p");
    Optimizer adam = new Adam(List.of(p), 0.01);
    p.times(Tensor.of(new float[] {1e-3f, 1e3f}, 2)).sum().backward();
    adam.step();
    assertArrayEquals(new float[] {3 - 0.01f, -3 - 0.01f}, p.toArray(), 1e-5f);
  }

  @Test
  void aStepHandsOutTheLossBeforeIt() {
    Parameter p = Parameter.of(Tensor.of(START, 3), "p");
    Optimizer sgd = new Sgd(List.of(p), 0.1);
    Tensor loss = loss(p);
    Tensor twice = loss.times(2);
    loss.backward();
    sgd.step(loss, twice);
    assertEquals(0.5 * (1 + 0.25 * 4 + 4 * 0.25), loss.doubleItem(), 1e-14);
    assertEquals(2 * loss.doubleItem(), twice.doubleItem(), 1e-14);
  }

  @Test
  void aParameterThatNoLossReachedStaysAsItIs() {
    Parameter reached = Parameter.of(Tensor.scalar(1.0), "reached");
    Parameter other = Parameter.of(Tensor.scalar(1.0), "other");
    Optimizer adam = new Adam(List.of(reached, other), 0.1);
    reached.square().backward();
    adam.step();
    assertTrue(reached.doubleItem() < 1);
    assertEquals(1, other.doubleItem());
  }

  @Test
  void withoutAGradientNothingMoves() {
    Parameter p = Parameter.of(Tensor.scalar(1.0), "p");
    Optimizer adam = new Adam(List.of(p), 0.1);
    adam.step();
    assertEquals(1, p.doubleItem());
    assertEquals(0, adam.state().get(0).doubleItem());
  }

  @Test
  void gradientsAddUpUntilTheyAreForgotten() {
    Parameter p = Parameter.of(Tensor.scalar(3.0), "p");
    Optimizer sgd = new Sgd(List.of(p), 0.1);
    p.square().backward();
    p.square().backward();
    assertEquals(12, p.grad().orElseThrow().doubleItem());
    sgd.zeroGrad();
    assertTrue(p.grad().isEmpty());
    p.square().backward();
    sgd.step();
    assertEquals(3 - 0.1 * 6, p.doubleItem(), 1e-14);
  }

  @Test
  void valuesOutOfRangeAreErrors() {
    Parameter p = Parameter.of(Tensor.scalar(1.0), "p");
    List<Parameter> one = List.of(p);
    assertRefused(() -> new Sgd(one, -1), "-1.0");
    assertRefused(() -> new Sgd(one, Double.NaN), "NaN");
    assertRefused(() -> new Sgd(one, 1, 1, false), "momentum 1.0");
    assertRefused(() -> new Adam(one, 1, 1, 0.9, 1e-8), "beta1 1.0");
    assertRefused(() -> new Adam(one, 1, 0.9, -0.1, 1e-8), "beta2 -0.1");
    assertRefused(() -> new Adam(one, 1, 0.9, 0.9, 0), "epsilon 0.0");
    assertRefused(() -> new Sgd(List.of(p, p), 1), "p is listed twice");
    Parameter buffer = Parameter.buffer(Tensor.zeros(DType.F32, 2), "running");
    assertRefused(() -> new Sgd(List.of(buffer), 1), "running is a buffer");
  }

  private static void assertRefused(Runnable body, String part) {
    String message = assertThrows(IllegalArgumentException.class, body::run).getMessage();
    assertTrue(message.contains(part), message);
  }

  private static Tensor loss(Parameter p) {
    return p.square().times(Tensor.of(CURVATURE, 3)).sum().times(0.5);
  }

  private static void step(Optimizer optimizer, Parameter p) {
    optimizer.zeroGrad();
    loss(p).backward();
    optimizer.step();
  }
}
