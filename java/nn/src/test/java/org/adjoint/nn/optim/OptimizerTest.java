package org.adjoint.nn.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleConsumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.op.OptimizerOps.AdamRates;
import org.adjoint.op.OptimizerOps.SgdRates;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

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
    Optimizer sgd =
        nesterov
            ? Sgd.of(List.of(p)).rate(0.1).momentum(0.9).nesterov().build()
            : Sgd.of(List.of(p)).rate(0.1).momentum(0.9).build();
    for (int step = 0; step < 4; step++) {
      step(sgd, p);
      for (int i = 0; i < 3; i++) {
        double g = CURVATURE[i] * expected[i];
        velocity[i] = 0.9 * velocity[i] + g;
        expected[i] -= 0.1 * (nesterov ? g + 0.9 * velocity[i] : velocity[i]);
      }
      assertArrayEquals(expected, p.toDoubleArray(), 1e-14);
      assertArrayEquals(velocity, sgd.buffers().get(0).toDoubleArray(), 1e-14);
    }
  }

  @Test
  void adamFollowsThePaper() {
    Parameter p = Parameter.of(Tensor.of(START, 3), "p");
    double[] expected = START.clone();
    double[] m = new double[3];
    double[] v = new double[3];
    Optimizer adam = Adam.of(List.of(p)).rate(0.1).beta1(0.8).beta2(0.95).epsilon(1e-6).build();
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
    assertEquals(5, adam.buffers().get(0).item());
  }

  @Test
  void adamWDecaysBesideAdam() {
    Parameter p = Parameter.of(Tensor.of(START, 3), "p");
    double[] expected = START.clone();
    double[] m = new double[3];
    double[] v = new double[3];
    Optimizer adam =
        AdamW.of(List.of(p)).rate(0.1).beta1(0.8).beta2(0.95).epsilon(1e-6).decay(0.3).build();
    for (int t = 1; t <= 4; t++) {
      step(adam, p);
      for (int i = 0; i < 3; i++) {
        double g = CURVATURE[i] * expected[i];
        m[i] = 0.8 * m[i] + 0.2 * g;
        v[i] = 0.95 * v[i] + 0.05 * g * g;
        double mean = m[i] / (1 - Math.pow(0.8, t));
        double square = v[i] / (1 - Math.pow(0.95, t));
        expected[i] -= 0.1 * 0.3 * expected[i] + 0.1 * mean / (Math.sqrt(square) + 1e-6);
      }
      assertArrayEquals(expected, p.toDoubleArray(), 1e-12);
    }
  }

  @Test
  void sgdAddsWeightDecayToTheGradient() {
    Parameter p = Parameter.of(Tensor.of(START, 3), "p");
    double[] expected = START.clone();
    double[] velocity = new double[3];
    Optimizer sgd = Sgd.of(List.of(p)).rate(0.1).momentum(0.9).nesterov().decay(0.2).build();
    for (int step = 0; step < 3; step++) {
      step(sgd, p);
      for (int i = 0; i < 3; i++) {
        double g = CURVATURE[i] * expected[i] + 0.2 * expected[i];
        velocity[i] = 0.9 * velocity[i] + g;
        expected[i] -= 0.1 * (g + 0.9 * velocity[i]);
      }
      assertArrayEquals(expected, p.toDoubleArray(), 1e-14);
    }
  }

  /** Two parameters of different types share one norm: gradients (3, 0) and 4 have norm 5. */
  @Test
  void clippingScalesAllGradientsByTheirCommonNorm() {
    Parameter narrow = Parameter.of(Tensor.of(new float[] {0, 0}, 2), "narrow");
    Parameter wide = Parameter.of(Tensor.scalar(0.0), "wide");
    Sgd sgd = new Sgd(List.of(narrow, wide), 1);
    sgd.clipNorm(2.5);
    for (double limit : new double[] {2.5, 20, Double.POSITIVE_INFINITY, 0.5}) {
      sgd.clipNorm(limit);
      sgd.checkFinite(true);
      narrow.assign(Tensor.zeros(DType.F32, 2));
      wide.assign(Tensor.scalar(0.0));
      sgd.zeroGrad();
      Tensor loss = narrow.times(Tensor.of(new float[] {3, 0}, 2)).sum().cast(DType.F64);
      loss.plus(wide.times(4)).backward();
      sgd.step();
      double scale = Math.min(1, limit / (5 + 1e-6));
      assertEquals(5, sgd.gradientNorm(), 1e-14);
      assertArrayEquals(new float[] {(float) (-3 * scale), 0}, narrow.toArray(), 1e-6f);
      assertEquals(-4 * scale, wide.item(), 1e-14);
      assertEquals(4, wide.grad().orElseThrow().item());
    }
  }

  @Test
  void aGradientThatIsNotFiniteIsAnErrorAndChangesNothing() {
    Parameter good = Parameter.of(Tensor.of(START, 3), "good");
    Parameter bad = Parameter.of(Tensor.of(new float[] {1, 1, 1, 1}, 2, 2), "layer.weight");
    Adam adam = new Adam(List.of(good, bad), 0.1);
    adam.checkFinite(true);
    float[] slopes = {1, 2, Float.NaN, Float.NEGATIVE_INFINITY};
    for (float[] c : new float[][] {{1, 2, 3, 4}, slopes, {4, 3, 2, 1}}) {
      double[] before = good.toDoubleArray();
      float[] other = bad.toArray();
      double[] mean = adam.buffers().get(1).toDoubleArray();
      double count = adam.buffers().get(0).item();
      adam.zeroGrad();
      Tensor loss = loss(good).plus(bad.times(Tensor.of(c, 2, 2)).sum().cast(DType.F64));
      loss.backward();
      if (c == slopes) {
        String message = assertThrows(ArithmeticException.class, adam::step).getMessage();
        String expected =
            "the gradient of parameter 'layer.weight' F32[2, 2] is not finite, and the step changed"
                + " nothing: clippedAdam: input 10 is NaN at position 2";
        assertEquals(expected, message);
        assertArrayEquals(before, good.toDoubleArray());
        assertArrayEquals(other, bad.toArray());
        assertArrayEquals(mean, adam.buffers().get(1).toDoubleArray());
        assertEquals(count, adam.buffers().get(0).item());
      } else {
        adam.step();
        assertEquals(count + 1, adam.buffers().get(0).item());
      }
    }
  }

  private static Parameter stepped(
      DType dtype, double gradient, Function<List<Parameter>, Optimizer> rule) {
    Parameter p = Parameter.of(Tensor.zeros(dtype, 2), "weights");
    Optimizer optimizer = rule.apply(List.of(p));
    p.times(Tensor.of(new double[] {gradient, gradient}, 2).cast(dtype)).sum().backward();
    optimizer.step();
    return p;
  }

  private static Optimizer clipped(Optimizer optimizer) {
    optimizer.clipNorm(1);
    return optimizer;
  }

  @Test
  void noGradientIsTooLargeForAStepOfAdam() {
    for (double g : new double[] {1e18, 1e19, 1e20, -1e20, 3e38, 1e150, 1e155, 1e200, 1.7e308}) {
      for (DType dtype : new DType[] {DType.F32, DType.F64}) {
        if (dtype == DType.F32 && Math.abs(g) > Float.MAX_VALUE) {
          continue;
        }
        for (boolean clips : new boolean[] {false, true}) {
          Parameter p =
              stepped(dtype, g, list -> clips ? clipped(new Adam(list, 0.1)) : new Adam(list, 0.1));
          double expected = -0.1 * Math.signum(g);
          assertArrayEquals(
              new double[] {expected, expected}, p.toDoubleArray(), 1e-6, dtype + " " + g);
        }
      }
    }
  }

  @Test
  void adamGoesOnAfterALargeGradient() {
    Parameter p = Parameter.of(Tensor.zeros(DType.F32, 1), "weights");
    Adam adam = new Adam(List.of(p), 0.1);
    for (int step = 1; step <= 3; step++) {
      adam.zeroGrad();
      p.times(Tensor.of(new float[] {1e25f}, 1)).sum().backward();
      adam.step();
      assertEquals(-0.1 * step, p.toDoubleArray()[0], 1e-6);
    }
  }

  @Test
  void clippingIsRightAtAnyScale() {
    double half = Math.sqrt(0.5);
    for (double g : new double[] {1e300, 1.7e308, 1e200, 1e154, 3e38, 1e20, 1e3}) {
      for (DType dtype : new DType[] {DType.F32, DType.F64}) {
        if (dtype == DType.F64 || g < Float.MAX_VALUE) {
          Parameter p = stepped(dtype, g, list -> clipped(new Sgd(list, 1)));
          double[] expected = {-half, -half};
          assertArrayEquals(expected, p.toDoubleArray(), 1e-6, dtype + " " + g);
        }
      }
    }
  }

  @Test
  void theNormIsRightAtAnyScale() {
    for (double g : new double[] {1e300, 1e155, 1, 1e-155, 1e-170, 1e-300}) {
      Parameter p = Parameter.of(Tensor.zeros(DType.F64, 2), "weights");
      Sgd sgd = new Sgd(List.of(p), 1);
      sgd.clipNorm(1);
      p.times(Tensor.of(new double[] {3 * g, 4 * g}, 2)).sum().backward();
      sgd.step();
      assertEquals(1, sgd.gradientNorm() / (5 * g), 1e-12, g + "");
    }
  }

  @Test
  void theFirstStepNamesTheParameterToo() {
    Parameter p = Parameter.of(Tensor.of(new float[] {1}, 1), "weights");
    Adam adam = new Adam(List.of(p), 0.1);
    adam.clipNorm(1);
    p.times(Tensor.of(new float[] {Float.NaN}, 1)).sum().backward();
    String message = assertThrows(ArithmeticException.class, adam::step).getMessage();
    assertTrue(message.startsWith("the gradient of parameter 'weights' F32[1]"), message);
  }

  @Test
  void theNormIsUnknownToAStepThatDoesNotNeedIt() {
    Adam adam = new Adam(List.of(Parameter.of(Tensor.scalar(1.0), "p")), 0.1);
    String message = assertThrows(IllegalStateException.class, adam::gradientNorm).getMessage();
    assertTrue(message.contains("clipNorm"), message);
  }

  /** Written as a user would: nothing but the public hooks. */
  private static final class SignDescent extends Optimizer {
    private int begun;

    SignDescent(List<Parameter> parameters, double learningRate) {
      super(parameters, learningRate);
    }

    @Override
    protected void begin() {
      begun++;
    }

    @Override
    protected void update(int index, Parameter parameter, Tensor gradient) {
      parameter.assign(parameter.minus(gradient.sign().times(rate().cast(parameter.dtype()))));
    }
  }

  @Test
  void aRuleOfTheUsersOwnIsAskedForEachParameter() {
    Parameter a = Parameter.of(Tensor.of(START, 3), "a");
    Parameter b = Parameter.of(Tensor.scalar(-7.0), "b");
    SignDescent rule = new SignDescent(List.of(a, b), 0.5);
    loss(a).plus(b.square()).backward();
    rule.step();
    assertArrayEquals(new double[] {0.5, -1.5, 0}, a.toDoubleArray(), 1e-15);
    assertEquals(-6.5, b.item());
    assertEquals(1, rule.begun);
  }

  @Test
  void hundredsOfParametersAreOneInstruction() {
    List<Parameter> many = new ArrayList<>();
    Tensor loss = Tensor.scalar(0.0);
    for (int i = 0; i < 300; i++) {
      Parameter p = Parameter.of(Tensor.of(new double[] {i, -i}, 2), "p" + i);
      many.add(p);
      loss = loss.plus(p.square().sum());
    }
    Adam adam = new Adam(many, 0.25);
    adam.clipNorm(1);
    loss.backward();
    adam.step();
    for (int i = 0; i < many.size(); i++) {
      // Its first step is one learning rate long, however far the gradient was clipped.
      double x = i == 0 ? 0 : i - 0.25;
      assertArrayEquals(new double[] {x, -x}, many.get(i).toDoubleArray(), 1e-3);
    }
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
    assertEquals(0.5 * (1 + 0.25 * 4 + 4 * 0.25), loss.item(), 1e-14);
    assertEquals(2 * loss.item(), twice.item(), 1e-14);
  }

  @Test
  void aParameterThatNoLossReachedStaysAsItIs() {
    Parameter reached = Parameter.of(Tensor.scalar(1.0), "reached");
    Parameter other = Parameter.of(Tensor.scalar(1.0), "other");
    Optimizer adam = new Adam(List.of(reached, other), 0.1);
    reached.square().backward();
    adam.step();
    assertTrue(reached.item() < 1);
    assertEquals(1, other.item());
  }

  @Test
  void withoutAGradientNothingMoves() {
    Parameter p = Parameter.of(Tensor.scalar(1.0), "p");
    Optimizer adam = new Adam(List.of(p), 0.1);
    adam.step();
    assertEquals(1, p.item());
    assertEquals(0, adam.buffers().get(0).item());
  }

  @Test
  void gradientsAddUpUntilTheyAreForgotten() {
    Parameter p = Parameter.of(Tensor.scalar(3.0), "p");
    Optimizer sgd = new Sgd(List.of(p), 0.1);
    p.square().backward();
    p.square().backward();
    assertEquals(12, p.grad().orElseThrow().item());
    sgd.zeroGrad();
    assertTrue(p.grad().isEmpty());
    p.square().backward();
    sgd.step();
    assertEquals(3 - 0.1 * 6, p.item(), 1e-14);
  }

  private static final List<Parameter> ONE = List.of(Parameter.of(Tensor.scalar(1.0), "p"));
  private static final double INF = Double.POSITIVE_INFINITY;

  /** Every number that a rule takes: its name in messages, values to refuse, its use. */
  static Stream<Arguments> numbers() {
    double[] amount = {-1, INF};
    double[] fraction = {-0.1, 1, INF};
    double[] positive = {0, -1, INF};
    return Stream.of(
        number("optimizer: learning rate", amount, x -> new Sgd(ONE, x)),
        number("optimizer: learning rate", amount, x -> new Adam(ONE, x)),
        number("optimizer: learning rate", amount, x -> new AdamW(ONE, x)),
        number("optimizer: learning rate", amount, x -> new Sgd(ONE, 1).learningRate(x)),
        number("optimizer: momentum", fraction, x -> Sgd.of(ONE).momentum(x)),
        number("optimizer: weight decay", amount, x -> Sgd.of(ONE).decay(x)),
        number("optimizer: beta1", fraction, x -> Adam.of(ONE).beta1(x)),
        number("optimizer: beta2", fraction, x -> Adam.of(ONE).beta2(x)),
        number("optimizer: epsilon", positive, x -> Adam.of(ONE).epsilon(x)),
        number("optimizer: beta1", fraction, x -> AdamW.of(ONE).beta1(x)),
        number("optimizer: beta2", fraction, x -> AdamW.of(ONE).beta2(x)),
        number("optimizer: epsilon", positive, x -> AdamW.of(ONE).epsilon(x)),
        number("optimizer: weight decay", amount, x -> AdamW.of(ONE).decay(x)),
        number("optimizer: maxNorm", new double[] {0, -1}, x -> new Adam(ONE, 1).clipNorm(x)),
        number("optimizer: maxNorm", new double[] {0, -1}, x -> new Sgd(ONE, 1).clipNorm(x)),
        number("adam: lr", amount, x -> AdamRates.of(x, 0, 0, 1, 0)),
        number("adam: beta1", fraction, x -> AdamRates.of(1, x, 0, 1, 0)),
        number("adam: beta2", fraction, x -> AdamRates.of(1, 0, x, 1, 0)),
        number("adam: epsilon", positive, x -> AdamRates.of(1, 0, 0, x, 0)),
        number("adam: decay", amount, x -> AdamRates.of(1, 0, 0, 1, x)),
        number("sgd: lr", amount, x -> SgdRates.of(x, 0, 0)),
        number("sgd: momentum", fraction, x -> SgdRates.of(1, x, 0)),
        number("sgd: decay", amount, x -> SgdRates.of(1, 0, x)),
        number(
            "lbfgs: gradientTolerance", amount, x -> Lbfgs.Settings.DEFAULTS.withTolerances(x, 0)),
        number(
            "lbfgs: changeTolerance", amount, x -> Lbfgs.Settings.DEFAULTS.withTolerances(0, x)));
  }

  private static Arguments number(String name, double[] wrong, DoubleConsumer use) {
    return Arguments.of(name, wrong, use);
  }

  @ParameterizedTest
  @MethodSource("numbers")
  void numbersOutOfRangeAreNamed(String name, double[] wrong, DoubleConsumer use) {
    assertRefused(() -> use.accept(Double.NaN), name + " NaN is not in ");
    for (double value : wrong) {
      assertRefused(() -> use.accept(value), name + " " + value + " is not in ");
    }
  }

  @Test
  void parametersThatCannotMoveAreNamed() {
    Parameter p = ONE.get(0);
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
