package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What normalisation means, where digits are at stake and where there is nothing to divide by. */
class NormalizationTest {
  private static final Tensor X = Key.of(1).normal(DType.F64, 4, 3, 5).eval();

  private static void same(Tensor expected, Tensor actual) {
    assertEquals(expected.shape(), actual.shape());
    assertArrayEquals(expected.toDoubleArray(), actual.toDoubleArray(), 1e-13);
  }

  private static void says(String text, Executable call) {
    Exception e = assertThrows(IllegalArgumentException.class, call);
    assertTrue(e.getMessage().contains(text), e.getMessage());
  }

  @Test
  void momentsAreThoseOfTheElements() {
    for (int[] axes : new int[][] {{0, 2}, {1}, {-1}, {0}, {}}) {
      Standardized s = X.standardize(axes, 0.5);
      same(X.mean(axes), s.mean());
      same(X.var(0, axes), s.variance());
      Tensor apart = X.minus(X.mean(true, axes));
      same(apart.div(X.var(0, true, axes).plus(0.5).sqrt()), s.y());
    }
    same(X.div(X.square().mean(true, -1).plus(0.5).sqrt()), X.rmsNorm(1, 0.5));
  }

  @Test
  void scalesAndShiftsFollow() {
    Tensor scale = Key.of(2).normal(DType.F64, 3, 5);
    Tensor shift = Key.of(3).normal(DType.F64, 3, 5);
    same(X.layerNorm(2, 1).times(scale).plus(shift), X.layerNorm(scale, shift, 1));
    same(X.rmsNorm(2, 1).times(scale), X.rmsNorm(scale, 1));
    Tensor perChannel = Key.of(4).normal(DType.F64, 3);
    same(
        X.standardize(new int[] {0, 2}, 1).y().times(perChannel.reshape(3, 1)),
        X.standardize(new int[] {0, 2}, perChannel, Tensor.zeros(DType.F64, 3), 1).y());
  }

  @Test
  void aLargeMeanCostsNoDigits() {
    Tensor small = Key.of(5).normal(DType.F32, 8, 100);
    Tensor large = small.plus(10_000).eval();
    double[] exact = large.cast(DType.F64).layerNorm(1, 1e-5).toDoubleArray();
    assertArrayEquals(exact, large.layerNorm(1, 1e-5).toDoubleArray(), 1e-5);
  }

  @Test
  void noSquareLeavesTheRange() {
    double[] plain = X.layerNorm(1, 0).toDoubleArray();
    for (double unit : new double[] {0x1p-1000, 0x1p1000}) {
      assertArrayEquals(plain, X.times(unit).layerNorm(1, 0).toDoubleArray(), 1e-13);
    }
  }

  @Test
  void equalElementsWithoutEpsilonGiveZeroAndPassNothingBack() {
    Tensor x = Tensor.full(0.7, DType.F64, 2, 3).variable();
    for (Tensor y : new Tensor[] {x.layerNorm(1, 0), x.times(0).rmsNorm(1, 0)}) {
      assertArrayEquals(new double[6], y.toDoubleArray());
      assertArrayEquals(new double[6], Grad.grad(y.sum(), x).get(0).toDoubleArray());
    }
  }

  @Test
  void whatDoesNotFitIsNamed() {
    says("layerNorm: 4 last axes of F64[4, 3, 5]; there are 1 to 3", () -> X.layerNorm(4, 1));
    says("rmsNorm: 0 last axes", () -> X.rmsNorm(0, 1));
    says("layerNorm: epsilon -1.0 is not in [0, inf)", () -> X.layerNorm(1, -1));
    says("standardize: epsilon NaN", () -> X.standardize(new int[] {0}, Double.NaN));
    says("axis -2 of [4, 3, 5] is given twice", () -> X.standardize(new int[] {1, -2}, 1));
    says("standardize: needs an axis", () -> Tensor.scalar(1.0).standardize(new int[0], 1));
    Tensor four = Tensor.zeros(DType.F64, 4);
    Tensor five = Tensor.zeros(DType.F64, 5);
    says("scale [4] and shift [5] of F64[4, 3, 5]", () -> X.layerNorm(four, five, 1));
    says("scale [4] of F64[4, 3, 5]", () -> X.rmsNorm(four, 1));
    says(
        "the scale for F64[4, 3, 5] should be F64[3], got F64[4]",
        () -> X.standardize(new int[] {0, 2}, four, four, 1));
    says("needs F32 or F64", () -> Tensor.of(new int[2], 2).layerNorm(1, 1));
  }
}
