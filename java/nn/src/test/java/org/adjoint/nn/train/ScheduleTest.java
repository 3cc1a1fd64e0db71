package org.adjoint.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.LongToDoubleFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.adjoint.Compiled;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.nn.optim.Sgd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each schedule against the recursion that PyTorch's scheduler of the same name publishes. */
class ScheduleTest {
  private static final int STEPS = 40;

  static Stream<Arguments> schedules() {
    return Stream.of(
        row("constant", Schedule.constant(), t -> 1),
        row("linear", Schedule.linear(), t -> (STEPS - t) / (double) STEPS),
        row("polynomial", Schedule.polynomial(2), recursive(ScheduleTest::polynomial)),
        row("step", Schedule.step(7, 0.5), recursive((x, t) -> t % 7 == 0 ? x * 0.5 : x)),
        row(
            "multi-step",
            Schedule.multiStep(0.1, 30, 5),
            recursive((x, t) -> t == 5 || t == 30 ? x * 0.1 : x)),
        row("exponential", Schedule.exponential(0.9), recursive((x, t) -> x * 0.9)),
        row("cosine", Schedule.cosine(0.2), recursive(ScheduleTest::cosine)),
        row("restarts", Schedule.cosineRestarts(5, 2, 0), ScheduleTest::restarts),
        row(
            "even restarts",
            Schedule.cosineRestarts(8, 1, 0),
            t -> Math.pow(Math.cos(Math.PI / 16 * (t % 8)), 2)),
        row("warm-up", Schedule.warmUp(10, 0.25), t -> t < 10 ? 0.25 + 0.075 * t : 1),
        row("one-cycle", Schedule.oneCycle(0.25, 25, 1e4), ScheduleTest::oneCycle),
        row(
            "product",
            Schedule.warmUp(10, 0).times(Schedule.exponential(0.9)),
            t -> Math.min(1, t / 10.0) * Math.exp(t * Math.log(0.9))),
        row(
            "chain",
            Schedule.linear().then(10, Schedule.linear()),
            t -> t < 10 ? 1 - t / 10.0 : 1 - (t - 10) / 30.0));
  }

  private static Arguments row(String name, Schedule schedule, LongToDoubleFunction expected) {
    return Arguments.of(name, schedule, expected);
  }

  /** The next factor from the one before, at step t ≥ 1. */
  private interface Recursion {
    double next(double before, long t);
  }

  private static LongToDoubleFunction recursive(Recursion recursion) {
    return step -> {
      double factor = 1;
      for (long t = 1; t <= step; t++) {
        factor = recursion.next(factor, t);
      }
      return factor;
    };
  }

  private static double polynomial(double x, long t) {
    double ratio = (1.0 - t / (double) STEPS) / (1.0 - (t - 1) / (double) STEPS);
    return x * ratio * ratio;
  }

  /** {@code CosineAnnealingLR}: η ← (η − η_min)·(1 + cos(π·t/T)) / (1 + cos(π·(t−1)/T)) + η_min. */
  private static double cosine(double x, long t) {
    double now = 1 + Math.cos(Math.PI * t / STEPS);
    double before = 1 + Math.cos(Math.PI * (t - 1) / STEPS);
    return (x - 0.2) * now / before + 0.2;
  }

  private static double restarts(long t) {
    // Cycles of 5, 10, 20, 40 steps begin at 0, 5, 15, 35.
    long from = t < 5 ? 0 : t < 15 ? 5 : t < 35 ? 15 : 35;
    double length = t < 5 ? 5 : t < 15 ? 10 : t < 35 ? 20 : 40;
    double half = Math.cos(Math.PI * (t - from) / length / 2);
    return half * half; // (1 + cos 2x) / 2 = cos² x
  }

  private static double oneCycle(long t) {
    double start = 1 / 25.0;
    double end = start / 1e4;
    if (t <= 9) { // 0.25 · 40 − 1
      double rise = Math.sin(Math.PI * t / 9 / 2);
      return start + (1 - start) * rise * rise;
    }
    double fall = Math.cos(Math.PI * (t - 9) / 30 / 2);
    return end + (1 - end) * fall * fall;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("schedules")
  void everyStepIsThePublishedOne(String name, Schedule schedule, LongToDoubleFunction expected) {
    for (int t = 0; t < STEPS; t++) {
      assertEquals(expected.applyAsDouble(t), schedule.factor(t, STEPS), 1e-12, name + " at " + t);
    }
  }

  @Test
  void theEndsAreReached() {
    assertEquals(0, Schedule.linear().factor(STEPS, STEPS));
    assertEquals(0.3, Schedule.cosine(0.3).factor(STEPS + 5, STEPS), 1e-15);
    assertEquals(1e-4 / 25, Schedule.oneCycle(0.3, 25, 1e4).factor(STEPS - 1, STEPS), 1e-15);
    for (int steps = 1; steps < 6; steps++) {
      for (int t = 0; t < steps; t++) {
        double factor = Schedule.oneCycle(0.3, 25, 1e4).factor(t, steps);
        assertTrue(factor > 0 && factor <= 1, t + " of " + steps + ": " + factor);
      }
    }
  }

  @Test
  void aPlateauLowersTheRateAndResumes() {
    double[] losses = {5, 4, 4, 4, 4, 3.99999, Double.NaN, 3.999, 3.998, 2, 2, 2, 2, 2};
    double[] expected = {1, 1, 1, 1, .5, .5, .5, .25, .25, .25, .25, .25, .125, .125};
    Plateau plateau = new Plateau(0.5, 2, 0.01);
    for (int i = 0; i < losses.length; i++) {
      plateau.observe(losses[i]);
      Plateau resumed = new Plateau(0.5, 2, 0.01);
      resumed.restore(plateau.state());
      plateau = resumed;
      assertEquals(expected[i], plateau.factor(i, 100), "after " + i);
    }
  }

  /** The function is written down once, and each run takes the rate of its step. */
  @Test
  void aNewRateCompilesNothing() {
    Parameter p = Parameter.of(Tensor.scalar(1.0), "p");
    Sgd sgd = new Sgd(List.of(p), 1);
    int[] written = {0};
    Supplier<Tensor> step =
        Compiled.of(
            () -> {
              written[0]++;
              sgd.zeroGrad();
              Tensor loss = p.square().times(0.5);
              loss.backward();
              sgd.step();
              return loss;
            });
    Schedule schedule = Schedule.warmUp(5, 0.1).times(Schedule.cosine(0));
    double expected = 1;
    for (int t = 0; t < 20; t++) {
      sgd.learningRate(0.5 * schedule.factor(t, 20));
      expected -= sgd.learningRate() * expected;
      step.get();
      assertEquals(expected, p.item(), 1e-12);
    }
    assertEquals(1, written[0]);
  }

  @Test
  void numbersOutOfRangeAreNamed() {
    assertRefused("power 0.0", () -> Schedule.polynomial(0));
    assertRefused("every 0.0", () -> Schedule.step(0, 0.5));
    assertRefused("gamma -1.0", () -> Schedule.exponential(-1));
    assertRefused("gamma NaN", () -> Schedule.multiStep(Double.NaN, 3));
    assertRefused("least 2.0", () -> Schedule.cosine(2));
    assertRefused("growth 0.5", () -> Schedule.cosineRestarts(3, 0.5, 0));
    assertRefused("length 0.0", () -> Schedule.warmUp(0, 0));
    assertRefused("rise 1.0", () -> Schedule.oneCycle(1, 25, 1e4));
    assertRefused("length 0.0", () -> Schedule.linear().then(0, Schedule.linear()));
    assertRefused("gamma 1.0", () -> new Plateau(1, 0, 0));
  }

  private static void assertRefused(String part, Executable body) {
    String message = assertThrows(IllegalArgumentException.class, body).getMessage();
    assertTrue(message.contains(part), message);
  }
}
