package org.adjoint.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.adjoint.Adjoint;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Parameters;
import org.adjoint.Tensor;
import org.adjoint.check.GradCheck.Mode;
import org.adjoint.check.GradCheck.Report;
import org.adjoint.check.GradCheck.Settings;
import org.adjoint.op.PlantedOps;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The checker on functions of users: right ones pass, wrong ones are named, bad input is said. */
class GradCheckTest {
  private static final UnaryOperator<Tensor> SIN_WITH_WRONG_SIGN =
      x -> PlantedOps.apply(PlantedOps.SIGN, x);

  @BeforeAll
  static void useReference() {
    Adjoint.backend("reference");
  }

  private static Tensor normal(DType dtype, long... dims) {
    return Key.of(3).normal(DType.F64, dims).cast(dtype).eval();
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void rightFunctionsPassInBothDTypesAndModes(DType dtype) {
    Tensor x = normal(dtype, 3, 4);
    Tensor w = normal(dtype, 4, 2);
    for (Settings settings : List.of(GradCheck.slow().order(3), GradCheck.fast().order(3))) {
      Report report = settings.check((a, b) -> a.matmul(b).tanh().logSoftmax(-1), x, w);
      assertTrue(report.passed(), report.toString());
      assertTrue(report.error() > 0, "compared nothing: " + report);
      // Two modes, three orders; 20 entries or two directions.
      assertEquals(settings.fast() ? 12 : 120, report.count());
    }
    assertEquals(12 * 2, GradCheck.check(Tensor::exp, x).count());
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void aWrongEntryIsNamedWithBothValues(DType dtype) {
    // d/dx of x·m + x·detach(m'·x) lacks m'·x where m' is 1.
    Tensor one = Tensor.of(new double[] {0, 0, 0, 0, 0, 1}, 2, 3).cast(dtype).eval();
    UnaryOperator<Tensor> wrong = x -> x.plus(x.times(one).detach().times(x)).plus(x.square());
    Tensor x = Tensor.of(new double[] {.1, .2, .3, .4, .5, .75}, 2, 3).cast(dtype).eval();
    for (Settings settings : List.of(GradCheck.slow(), GradCheck.fast())) {
      Report report =
          settings.names("weights").report(xs -> List.of(wrong.apply(xs.get(0))), List.of(x));
      assertFalse(report.passed());
      assertEquals(0, report.input());
      assertEquals(Optional.of(List.of(1L, 2L)), report.entry());
      assertEquals(1, report.order());
      // The output's weight is between 0.5 and 1.5; the values are 1 + .75 + 1.5 and 1 + 1.5 + 1.5.
      double weight = report.analytic() / 3.25;
      assertTrue(weight >= 0.5 && weight < 1.5, report.toString());
      assertEquals(4 * weight, report.numeric(), 1e-2);
      AssertionError error =
          assertThrows(AssertionError.class, () -> settings.names("weights").check(wrong, x));
      assertTrue(
          error.getMessage().startsWith("gradcheck failed: by input 0 (weights), entry [1, 2]"),
          error.getMessage());
      assertTrue(error.getMessage().contains("" + report.numeric()), error.getMessage());
    }
  }

  @Test
  void fastModeFindsOneWrongEntryOfManyWhereItMatters() {
    double[] mask = new double[20_000];
    mask[17_777] = 1;
    Tensor m = Tensor.of(mask, mask.length).eval();
    UnaryOperator<Tensor> wrong = x -> x.sin().plus(x.times(m).detach().times(x));
    Report report =
        GradCheck.fast()
            .report(xs -> List.of(wrong.apply(xs.get(0))), List.of(normal(DType.F64, 20_000)));
    assertFalse(report.passed());
    assertEquals(Optional.of(List.of(17_777L)), report.entry());
    Report right = GradCheck.fast().check(Tensor::sin, normal(DType.F64, 20_000));
    assertEquals(2, right.count());
    assertEquals(Optional.empty(), right.entry());
    assertTrue(right.toString().contains("along a random direction"), right.toString());
  }

  @Test
  void theModeAndTheOrderOfAnErrorAreNamed() {
    Tensor x = Tensor.of(new double[] {0.7, 0.9}, 2);
    Report forward = report(GradCheck.slow(), t -> PlantedOps.apply(PlantedOps.PUSH, t), x);
    assertFalse(forward.passed());
    assertEquals(Mode.FORWARD, forward.mode());
    assertEquals(1, forward.order());
    UnaryOperator<Tensor> lost = t -> PlantedOps.apply(PlantedOps.LOST_CURVATURE, t);
    assertTrue(report(GradCheck.slow(), lost, x).passed());
    for (Settings settings : List.of(GradCheck.slow(), GradCheck.fast())) {
      Report second = report(settings.order(2), lost, x);
      assertFalse(second.passed());
      assertEquals(2, second.order());
      assertTrue(second.toString().contains("order 2"), second.toString());
    }
    AssertionError error =
        assertThrows(AssertionError.class, () -> GradCheck.check(SIN_WITH_WRONG_SIGN, x));
    assertTrue(error.getMessage().contains("mode, order 1"), error.getMessage());
  }

  private static Report report(Settings settings, UnaryOperator<Tensor> f, Tensor x) {
    return settings.report(xs -> List.of(f.apply(xs.get(0))), List.of(x));
  }

  @Test
  void parametersAreCalledByTheirNames() {
    Parameter w = Parameter.of(Tensor.of(new double[] {1, 2}, 2), "fc1.weight");
    AssertionError error =
        assertThrows(AssertionError.class, () -> GradCheck.check(SIN_WITH_WRONG_SIGN, w));
    assertTrue(error.getMessage().contains("input 0 (fc1.weight)"), error.getMessage());
  }

  @Test
  void aModelIsAFunctionOfItsParameters() {
    Parameter w = Parameter.of(normal(DType.F64, 3, 2), "weight");
    Tensor x = normal(DType.F64, 4, 3);
    Report report =
        GradCheck.slow()
            .order(2)
            .check((Tensor v) -> Parameters.with(Map.of(w, v), () -> x.matmul(w).tanh().sum()), w);
    assertEquals("input 0 (weight)", report.name());
    assertTrue(report.error() > 0, report.toString());
  }

  @Test
  void integersStayAsTheyAre() {
    Tensor x = normal(DType.F64, 5);
    Tensor index = Tensor.of(new int[] {4, 0, 0}, 3);
    Report report = GradCheck.check((i, t) -> t.gather(0, i).square(), index, x);
    assertEquals(1, report.input());
    assertEquals(2 * 5, report.count());
    Report sorted =
        GradCheck.slow()
            .checkList(
                xs -> List.of(xs.get(0).topK(2, 0).values(), xs.get(0).topK(2, 0).indices()),
                List.of(x));
    assertTrue(sorted.passed());
  }

  @Test
  void outputsAllCount() {
    Tensor x = normal(DType.F64, 3);
    Report report =
        GradCheck.slow()
            .report(
                xs -> List.of(xs.get(0).exp(), SIN_WITH_WRONG_SIGN.apply(xs.get(0))), List.of(x));
    assertFalse(report.passed());
    assertTrue(
        GradCheck.slow()
            .checkList(xs -> List.of(xs.get(0), xs.get(1).sum()), List.of(x, x))
            .passed());
  }

  @Test
  void nothingToCompareIsNoError() {
    Report report = GradCheck.check(Tensor::exp, Tensor.of(new double[0], 0, 3));
    assertEquals(0, report.count());
    assertEquals(-1, report.input());
    assertEquals("passed: no entry to compare", report.toString());
    assertTrue(GradCheck.fast().check(Tensor::exp, Tensor.of(new double[0], 0)).passed());
    assertTrue(GradCheck.check((Tensor x) -> Tensor.scalar(1.0), normal(DType.F64, 2)).passed());
  }

  @Test
  void stepAndToleranceMayBeChosen() {
    Tensor x = Tensor.scalar(0.7);
    UnaryOperator<Tensor> wavy = t -> t.times(1e5).sin().times(1e-5);
    assertThrows(AssertionError.class, () -> GradCheck.slow().step(1e-3).check(wavy, x));
    GradCheck.slow().step(1e-9).tolerance(1e-4).check(wavy, x);
    UnaryOperator<Tensor> off = t -> t.times(1.0005).detach().times(t).plus(t.square().times(0.5));
    GradCheck.slow().tolerance(0.9).check(off, x);
    assertThrows(AssertionError.class, () -> GradCheck.slow().check(off, x));
    for (double wrong : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(IllegalArgumentException.class, () -> GradCheck.slow().step(wrong));
      assertThrows(IllegalArgumentException.class, () -> GradCheck.slow().tolerance(wrong));
    }
    assertThrows(IllegalArgumentException.class, () -> GradCheck.slow().order(0));
    says("does not move", () -> GradCheck.slow().step(1e-20).check(Tensor::exp, x));
  }

  @Test
  void badInputIsSaid() {
    Tensor x = normal(DType.F64, 2, 3);
    Tensor whole = Tensor.of(new int[] {1, 2}, 2);
    says("none of the inputs [I32[2]]", () -> GradCheck.check(t -> t.cast(DType.F64), whole));
    says("gives [I64[2]]", () -> GradCheck.check((Tensor t) -> t.argmax(1), x));
    says(
        "1 inputs, but names [a, b]", () -> GradCheck.fast().names("a", "b").check(Tensor::exp, x));
    says(
        "output 0 is NaN at entry [1]",
        () -> GradCheck.check(Tensor::log, Tensor.of(new double[] {1, -1}, 2)));
    says(
        "input 0 is Infinity at entry [0, 1]",
        () ->
            GradCheck.check(
                Tensor::exp, Tensor.of(new double[] {1, Double.POSITIVE_INFINITY}, 1, 2)));
    AtomicInteger calls = new AtomicInteger();
    says(
        "not a function of its inputs alone",
        () -> GradCheck.check((Tensor t) -> t.plus(calls.incrementAndGet()), x));
  }

  private static void says(String part, Runnable check) {
    Exception e = assertThrows(IllegalArgumentException.class, check::run);
    assertTrue(
        e.getMessage().startsWith("gradcheck: ") && e.getMessage().contains(part), e.getMessage());
  }

  @Test
  void aStepOutOfTheDomainFailsAndSaysSo() {
    AssertionError error =
        assertThrows(
            AssertionError.class, () -> GradCheck.check(Tensor::sqrt, Tensor.scalar(1e-9)));
    assertTrue(error.getMessage().contains("not finite one step away"), error.getMessage());
  }

  @Test
  void largeNumbersAreMovedByMore() {
    Tensor x = Tensor.of(new double[] {1e12, -3e9}, 2);
    GradCheck.check((Tensor t) -> t.times(1e-12).sin(), x);
    GradCheck.check((Tensor t) -> t.times(1e-3).tanh(), Tensor.of(new float[] {900, -4000}, 2));
  }
}
