package org.adjoint.nn.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.adjoint.DType;
import org.adjoint.Memory;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;

class LbfgsTest {
  private static final Lbfgs.Settings EXACT = Lbfgs.Settings.DEFAULTS.withTolerances(1e-11, 0);

  // ---- what it finds ----

  @Test
  void rosenbrocksValleyIsFollowedToItsEnd() {
    for (int n : new int[] {2, 20}) {
      double[] start = new double[n];
      for (int i = 0; i < n; i++) {
        start[i] = i % 2 == 0 ? -1.2 : 1;
      }
      Parameter p = Parameter.of(Tensor.of(start, n), "p");
      Lbfgs.Result result = new Lbfgs(List.of(p), EXACT).minimise(() -> rosenbrock(p));
      double[] ones = new double[n];
      Arrays.fill(ones, 1);
      assertArrayEquals(ones, p.toDoubleArray(), 1e-10, result.toString());
      assertEquals(Lbfgs.Reason.GRADIENT, result.reason(), result.toString());
      assertTrue(result.loss() < 1e-20, result.toString());
      assertTrue(result.evaluations() < 60 * n, result.toString());
    }
  }

  @Test
  void anyHistoryLeadsThere() {
    for (int history : new int[] {1, 3, 30}) {
      Parameter p = Parameter.of(Tensor.of(new double[] {-1.2, 1, -1.2, 1}, 4), "p");
      new Lbfgs(List.of(p), EXACT.withHistory(history)).minimise(() -> rosenbrock(p));
      assertArrayEquals(new double[] {1, 1, 1, 1}, p.toDoubleArray(), 1e-9, "history " + history);
    }
  }

  @Test
  void aConvexQuadraticTakesAboutAsManyStepsAsItHasEigenvalues() {
    double[] curvature = {1, 2, 4, 8, 16, 32};
    double[] minimum = {1, -2, 3, -4, 5, -6};
    Parameter p = Parameter.of(Tensor.zeros(DType.F64, 6), "p");
    Lbfgs.Result result =
        new Lbfgs(List.of(p), EXACT)
            .minimise(
                () ->
                    p.minus(Tensor.of(minimum, 6))
                        .square()
                        .times(Tensor.of(curvature, 6))
                        .sum()
                        .times(0.5));
    assertArrayEquals(minimum, p.toDoubleArray(), 1e-10);
    assertTrue(result.iterations() <= 25 && result.evaluations() <= 30, result.toString());
  }

  @Test
  void parametersMayHaveAnyShapesAndBothDtypes() {
    Parameter matrix = Parameter.of(Tensor.zeros(DType.F64, 2, 3), "matrix");
    Parameter scalar = Parameter.of(Tensor.scalar(5.0), "scalar");
    Parameter single = Parameter.of(Tensor.ones(DType.F32, 4), "single");
    Parameter none = Parameter.of(Tensor.zeros(DType.F32, 0), "none");
    Supplier<Tensor> loss =
        () -> {
          Tensor target = Tensor.arange(6).reshape(2, 3).cast(DType.F64);
          Tensor wide = single.cast(DType.F64).minus(1 / 3.0);
          return matrix
              .minus(target)
              .square()
              .sum()
              .plus(scalar.times(matrix.get(0, 1)).minus(2).square())
              .plus(wide.square().sum().times(10))
              .plus(none.cast(DType.F64).sum());
        };
    new Lbfgs(List.of(matrix, scalar, single, none)).minimise(loss);
    assertArrayEquals(new double[] {0, 1, 2, 3, 4, 5}, matrix.toDoubleArray(), 1e-6);
    assertEquals(2, scalar.item(), 1e-6);
    assertArrayEquals(new float[] {1 / 3f, 1 / 3f, 1 / 3f, 1 / 3f}, single.toArray(), 1e-7f);
  }

  @Test
  void aLossInF32IsMinimisedToItsOwnDigits() {
    Parameter p = Parameter.of(Tensor.of(new float[] {-1.2f, 1}, 2), "p");
    Lbfgs.Settings unlimited = EXACT.withTolerances(0, 0);
    Lbfgs.Result result = new Lbfgs(List.of(p), unlimited).minimise(() -> rosenbrock(p));
    assertArrayEquals(new float[] {1, 1}, p.toArray(), 1e-3f, result.toString());
    assertTrue(result.loss() < 1e-7, result.toString());
    assertEquals(result.loss(), rosenbrock(p).item(), "the parameters are where it says");
  }

  @Test
  void theSameStartGivesTheSameBits() {
    double[][] ends = new double[2][];
    for (int i = 0; i < 2; i++) {
      Parameter p = Parameter.of(Tensor.of(new double[] {-1.2, 1, 0.3, 2}, 4), "p");
      new Lbfgs(List.of(p), EXACT.withMaxIterations(17)).minimise(() -> rosenbrock(p));
      ends[i] = p.toDoubleArray();
    }
    assertArrayEquals(ends[0], ends[1]);
  }

  // ---- how it steps ----

  @Test
  void everyStepSatisfiesTheStrongWolfeConditions() {
    Random random = new Random(7);
    for (int round = 0; round < 20; round++) {
      double[] start = random.doubles(6, -2, 2).toArray();
      Parameter p = Parameter.of(Tensor.of(start, 6), "p");
      double[][] before = {start};
      List<Integer> numbers = new ArrayList<>();
      Lbfgs.Result result =
          new Lbfgs(List.of(p), EXACT.withTolerances(1e-5, 0))
              .minimise(
                  () -> rosenbrock(p),
                  step -> {
                    double[] x = before[0];
                    double[] next = p.toDoubleArray();
                    double slope = 0; // both times the length of the step, which cancels
                    double nextSlope = 0;
                    double[] g = rosenbrockGradient(x);
                    double[] nextG = rosenbrockGradient(next);
                    for (int i = 0; i < x.length; i++) {
                      slope += g[i] * (next[i] - x[i]);
                      nextSlope += nextG[i] * (next[i] - x[i]);
                    }
                    double value = rosenbrock(next);
                    String where = step + " from " + Arrays.toString(x);
                    assertTrue(slope < 0, where);
                    assertTrue(value <= rosenbrock(x) + 1e-4 * slope * (1 - 1e-9), where);
                    assertTrue(Math.abs(nextSlope) <= -0.9 * slope * (1 + 1e-9), where);
                    assertEquals(value, step.loss(), 1e-12 * Math.max(1, value), where);
                    assertEquals(maxNorm(nextG), step.gradientNorm(), 1e-9, where);
                    numbers.add(step.number());
                    assertEquals(numbers.size(), step.number());
                    before[0] = next;
                  });
      assertEquals(Lbfgs.Reason.GRADIENT, result.reason());
      assertEquals(numbers.size(), result.iterations());
      assertTrue(result.evaluations() > result.iterations());
    }
  }

  @Test
  void whereTheLossIsNotANumberTheStepIsCutShort() {
    Parameter p = Parameter.of(Tensor.of(new double[] {20, 0.01}, 2), "p");
    List<double[]> tried = new ArrayList<>();
    Lbfgs.Result result =
        new Lbfgs(List.of(p), EXACT)
            .minimise(
                () -> {
                  tried.add(p.toDoubleArray());
                  return p.minus(p.log()).sum();
                });
    assertTrue(tried.stream().anyMatch(x -> x[0] <= 0 || x[1] <= 0), "the wall was never met");
    assertArrayEquals(new double[] {1, 1}, p.toDoubleArray(), 1e-9, result.toString());
  }

  @Test
  void anInfiniteGradientOfAFiniteLossIsAWallToo() {
    // at 0 the loss is finite and its slope is not; from 1 the first step leads exactly there
    Parameter p = Parameter.of(Tensor.of(new double[] {1}, 1), "p");
    Lbfgs.Result result =
        new Lbfgs(List.of(p), EXACT).minimise(() -> p.times(2).minus(p.sqrt().times(2)).sum());
    assertEquals(0.25, p.toDoubleArray()[0], 1e-9, result.toString());
  }

  @Test
  void memoryDoesNotGrowWithTheEvaluations() {
    Parameter p = Parameter.of(Tensor.of(new double[] {-1.2, 1, -1.2, 1}, 4), "p");
    List<Long> outstanding = new ArrayList<>();
    new Lbfgs(List.of(p), EXACT.withHistory(1))
        .minimise(() -> rosenbrock(p), step -> outstanding.add(Memory.report().outstanding()));
    assertTrue(outstanding.size() > 30, outstanding.toString());
    // less is no leak: the garbage collector finds what earlier tests have left
    for (int i = 2; i < outstanding.size(); i++) {
      assertTrue(outstanding.get(i) <= outstanding.get(i - 1), "bytes by step: " + outstanding);
    }
  }

  // ---- where it stops ----

  @Test
  void atAStationaryPointNothingMoves() {
    Parameter p = Parameter.of(Tensor.of(new double[] {1, 1}, 2), "p");
    Lbfgs.Result result = new Lbfgs(List.of(p)).minimise(() -> rosenbrock(p));
    assertEquals(new Lbfgs.Result(0, 0, 0, 1, Lbfgs.Reason.GRADIENT), result);
    assertArrayEquals(new double[] {1, 1}, p.toDoubleArray());
  }

  @Test
  void largeParametersAndSmallLossesAreNoStationaryPoints() {
    Parameter large = Parameter.of(Tensor.of(new double[] {1e15}, 1), "large");
    Lbfgs.Result result =
        new Lbfgs(List.of(large)).minimise(() -> large.times(1e-15).minus(3).square().sum());
    assertEquals(3e15, large.toDoubleArray()[0], 3e15 * 1e-6, result.toString());
    Parameter small = Parameter.of(Tensor.of(new double[] {1}, 1), "small");
    result = new Lbfgs(List.of(small)).minimise(() -> small.minus(3).square().sum().times(1e-10));
    assertEquals(3, small.toDoubleArray()[0], 3e-6, result.toString());
  }

  @Test
  void eachLimitIsKeptAndNamed() {
    Parameter p = Parameter.of(Tensor.zeros(DType.F64, 2), "p");
    assertEquals(Lbfgs.Reason.ITERATIONS, from(p, EXACT.withMaxIterations(3)).reason());
    assertEquals(3, from(p, EXACT.withMaxIterations(3)).iterations());
    for (int most = 1; most < 20; most++) {
      Lbfgs.Result result = from(p, EXACT.withMaxEvaluations(most));
      assertEquals(Lbfgs.Reason.EVALUATIONS, result.reason());
      assertEquals(most, result.evaluations());
      assertEquals(result.loss(), rosenbrock(p).item());
    }
    Lbfgs.Result coarse = from(p, EXACT.withTolerances(0, 0.5));
    assertEquals(Lbfgs.Reason.CHANGE, coarse.reason());
    Lbfgs.Result steep = from(p, EXACT.withTolerances(1, 0));
    assertEquals(Lbfgs.Reason.GRADIENT, steep.reason());
    assertTrue(steep.gradientNorm() <= 1 && steep.gradientNorm() > 0, steep.toString());
  }

  private static Lbfgs.Result from(Parameter p, Lbfgs.Settings settings) {
    p.assign(Tensor.of(new double[] {-1.2, 1}, 2));
    return new Lbfgs(List.of(p), settings).minimise(() -> rosenbrock(p));
  }

  @Test
  void aGradientThatLiesEndsTheSearchWhereItBegan() {
    Parameter p = Parameter.of(Tensor.of(new double[] {3, -2}, 2), "p");
    // the value is Σx², the gradient that of −Σx²
    Lbfgs.Result result =
        new Lbfgs(List.of(p)).minimise(() -> p.square().detach().times(2).minus(p.square()).sum());
    assertEquals(Lbfgs.Reason.LINE_SEARCH, result.reason());
    assertEquals(0, result.iterations());
    assertEquals(13, result.loss());
    assertArrayEquals(new double[] {3, -2}, p.toDoubleArray());
  }

  @Test
  void afterAFailureTheParametersAreAtTheBestPoint() {
    Parameter p = Parameter.of(Tensor.of(new double[] {-1.2, 1}, 2), "p");
    double[] best = {Double.POSITIVE_INFINITY};
    int[] calls = {0};
    Lbfgs lbfgs = new Lbfgs(List.of(p), EXACT);
    assertThrows(
        ArithmeticException.class,
        () ->
            lbfgs.minimise(
                () -> {
                  if (++calls[0] == 20) {
                    throw new ArithmeticException("no more");
                  }
                  return rosenbrock(p);
                },
                step -> best[0] = Math.min(best[0], step.loss())));
    assertEquals(best[0], rosenbrock(p).item());
  }

  // ---- what it refuses ----

  @Test
  void wrongInputIsAnError() {
    Parameter p = Parameter.of(Tensor.of(new double[] {1, 2}, 2), "p");
    Lbfgs lbfgs = new Lbfgs(List.of(p));
    assertRefused(
        "reaches none of the 1 parameters", () -> lbfgs.minimise(() -> Tensor.scalar(1.0)));
    assertRefused("scalar", () -> lbfgs.minimise(p::square));
    assertRefused("p is listed twice", () -> new Lbfgs(List.of(p, p)));
    Parameter buffer = Parameter.buffer(Tensor.zeros(DType.F64, 1), "b");
    assertRefused("b is a buffer", () -> new Lbfgs(List.of(buffer)));
    Lbfgs.Settings settings = Lbfgs.Settings.DEFAULTS;
    assertRefused("history 0", () -> settings.withHistory(0));
    assertRefused("maxIterations 0", () -> settings.withMaxIterations(0));
    assertRefused("maxEvaluations -1", () -> settings.withMaxEvaluations(-1));
    assertRefused("gradientTolerance -1.0", () -> settings.withTolerances(-1, 0));
    assertRefused("changeTolerance NaN", () -> settings.withTolerances(0, Double.NaN));
    String message =
        assertThrows(IllegalStateException.class, () -> lbfgs.minimise(() -> p.neg().log().sum()))
            .getMessage();
    assertTrue(message.contains("at the start the loss is NaN"), message);
    assertArrayEquals(new double[] {1, 2}, p.toDoubleArray());
  }

  private static void assertRefused(String part, Runnable body) {
    String message = assertThrows(IllegalArgumentException.class, body::run).getMessage();
    assertTrue(message.contains(part), message);
  }

  // ---- Rosenbrock's function, Σ 100·(x₂ᵢ − x₂ᵢ₋₁²)² + (1 − x₂ᵢ₋₁)², in pairs ----

  private static Tensor rosenbrock(Parameter p) {
    Tensor pairs = p.reshape(-1, 2);
    Tensor x = pairs.slice(1, 0, 1);
    Tensor y = pairs.slice(1, 1, 2);
    Tensor valley = y.minus(x.square()).square().times(100);
    return valley.plus(x.neg().plus(1).square()).sum();
  }

  private static double rosenbrock(double[] p) {
    double sum = 0;
    for (int i = 0; i < p.length; i += 2) {
      double valley = p[i + 1] - p[i] * p[i];
      sum += 100 * valley * valley + (1 - p[i]) * (1 - p[i]);
    }
    return sum;
  }

  private static double[] rosenbrockGradient(double[] p) {
    double[] g = new double[p.length];
    for (int i = 0; i < p.length; i += 2) {
      double valley = p[i + 1] - p[i] * p[i];
      g[i] = -400 * p[i] * valley - 2 * (1 - p[i]);
      g[i + 1] = 200 * valley;
    }
    return g;
  }

  private static double maxNorm(double[] a) {
    return Arrays.stream(a).map(Math::abs).max().orElse(0);
  }
}
