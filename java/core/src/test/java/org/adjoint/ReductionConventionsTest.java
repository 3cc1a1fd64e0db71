package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What reductions, scans and orders are where a formula leaves a choice: zeros in products, norms
 * of zeros, ties, infinities, nothing at all.
 */
class ReductionConventionsTest {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final double NAN = Double.NaN;

  @BeforeAll
  static void useReference() {
    Adjoint.backend("reference");
  }

  private static Tensor vector(double... x) {
    return Tensor.of(x, x.length);
  }

  private static double[] value(UnaryOperator<Tensor> f, double... x) {
    return f.apply(vector(x)).toDoubleArray();
  }

  private static double[] gradient(UnaryOperator<Tensor> f, double... x) {
    Tensor t = vector(x).variable();
    return Grad.grad(f.apply(t).sum(), t).get(0).toDoubleArray();
  }

  /** Returns the second derivatives of the sum of f, row by row. */
  private static double[] curvature(UnaryOperator<Tensor> f, double... x) {
    Tensor t = vector(x).variable();
    return Grad.hessian(f.apply(t).sum(), t).toDoubleArray();
  }

  private static void check(double[] actual, double... expected) {
    assertArrayEquals(expected, actual, 1e-12);
  }

  // ---- products ----

  @Test
  void prodOfNoZeroOneAndMany() {
    check(value(Tensor::prod, 2, 3, 4), 24);
    check(gradient(Tensor::prod, 2, 3, 4), 12, 8, 6);
    check(value(Tensor::prod, 2, 0, 4), 0);
    check(gradient(Tensor::prod, 2, 0, 4), 0, 8, 0);
    check(gradient(Tensor::prod, 0, 0, 4), 0, 0, 0);
    check(gradient(Tensor::prod, 0, 0, 0), 0, 0, 0);
  }

  @Test
  void prodHasExactCurvatureWithZeros() {
    check(curvature(Tensor::prod, 2, 3, 4), 0, 4, 3, 4, 0, 2, 3, 2, 0);
    check(curvature(Tensor::prod, 2, 0, 4), 0, 4, 0, 4, 0, 2, 0, 2, 0);
    check(curvature(Tensor::prod, 0, 0, 4), 0, 4, 0, 4, 0, 0, 0, 0, 0);
    check(curvature(Tensor::prod, 0, 0, 0), 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  @Test
  void prodHasAThirdDerivativeWithZeros() {
    Tensor x = vector(0, 0, 0).variable();
    Tensor first = Grad.grad(x.prod(), x).get(0).get(0);
    Tensor second = Grad.grad(first, x).get(0).get(1);
    check(Grad.grad(second, x).get(0).toDoubleArray(), 0, 0, 1);
  }

  @Test
  void cumprodOfNoZeroOneAndMany() {
    check(value(x -> x.cumprod(0), 2, 3, 4), 2, 6, 24);
    check(value(x -> x.cumprod(0, true), 2, 3, 4), 24, 12, 4);
    // The sum is x + xy + xyz.
    check(gradient(x -> x.cumprod(0), 2, 3, 4), 1 + 3 + 12, 2 + 8, 6);
    check(gradient(x -> x.cumprod(0), 2, 0, 4), 1, 2 + 8, 0);
    check(gradient(x -> x.cumprod(0), 0, 0, 4), 1, 0, 0);
    check(gradient(x -> x.cumprod(0), 0, 3, 0), 1 + 3, 0, 0);
  }

  @Test
  void cumprodHasExactCurvatureWithZeros() {
    check(curvature(x -> x.cumprod(0), 2, 0, 4), 0, 1 + 4, 0, 1 + 4, 0, 2, 0, 2, 0);
    check(curvature(x -> x.cumprod(0), 0, 0, 0), 0, 1, 0, 1, 0, 0, 0, 0, 0);
  }

  // ---- norms and spread ----

  @Test
  void normOfZerosIsFlat() {
    for (double p : new double[] {1, 2, 3, 1.5, INF}) {
      check(value(x -> x.norm(p), 0, 0), 0);
      check(gradient(x -> x.norm(p), 0, 0), 0, 0);
    }
    check(curvature(x -> x.norm(2), 0, 0), 0, 0, 0, 0);
  }

  @Test
  void normOfAZeroRowDoesNotReachTheOthers() {
    Tensor x = Tensor.of(new double[] {0, 0, 3, 4}, 2, 2).variable();
    check(Grad.grad(x.norm(2, 1).sum(), x).get(0).toDoubleArray(), 0, 0, 0.6, 0.8);
  }

  @Test
  void normDoesNotOverflow() {
    check(value(x -> x.norm(2).div(1e300), 3e300, 4e300), 5);
    check(value(x -> x.norm(2).div(1e-300), 3e-300, 4e-300), 5);
    check(value(x -> x.norm(3).div(1e200), 1e200, 0), 1);
    check(gradient(x -> x.norm(2), 3e300, 4e300), 0.6, 0.8);
    assertEquals(INF, value(x -> x.norm(2), INF, 1)[0]);
    assertTrue(Double.isNaN(value(x -> x.norm(2), NAN, 1)[0]));
  }

  @Test
  void normOfTheLargestSharesATie() {
    check(gradient(x -> x.norm(INF), 3, -3, 1), 0.5, -0.5, 0);
  }

  @Test
  void normNeedsAPositivePower() {
    assertThrows(IllegalArgumentException.class, () -> vector(1).norm(0));
    assertThrows(IllegalArgumentException.class, () -> vector(1).norm(NAN));
  }

  @Test
  void stdOfEqualValuesIsFlat() {
    check(value(x -> x.std(0), 3, 3, 3), 0);
    check(gradient(x -> x.std(0), 3, 3, 3), 0, 0, 0);
    check(curvature(x -> x.std(1), 3, 3), 0, 0, 0, 0);
  }

  @Test
  void varianceDividesByWhatIsLeft() {
    check(value(x -> x.var(0), 1, 2, 3, 4), 1.25);
    check(value(x -> x.var(1), 1, 2, 3, 4), 5.0 / 3);
    assertTrue(Double.isNaN(value(x -> x.var(1), 7)[0]));
    assertTrue(Double.isNaN(value(x -> x.std(1), 7)[0]));
  }

  // ---- ties and order ----

  @Test
  void maxSharesTiesEvenly() {
    check(gradient(Tensor::max, 5, 1, 5), 0.5, 0, 0.5);
  }

  @Test
  void sortKeepsTheOrderOfTiesAndPutsNanLast() {
    Tensor x = vector(2, NAN, 1, 2, -INF, 0.0, -0.0);
    assertArrayEquals(new long[] {4, 5, 6, 2, 0, 3, 1}, x.argsort(0).toLongArray());
    assertArrayEquals(new long[] {0, 3, 2, 5, 6, 4, 1}, x.argsort(0, true).toLongArray());
    Tensor weights = vector(1, 10, 100);
    check(gradient(y -> y.sort(0).times(weights), 2, 2, 1), 10, 100, 1);
  }

  @Test
  void topKTakesTheFirstOfTies() {
    TopK top = vector(1, 3, 3, 2).topK(2, 0);
    check(top.values().toDoubleArray(), 3, 3);
    assertArrayEquals(new long[] {1, 2}, top.indices().toLongArray());
    assertThrows(IllegalArgumentException.class, () -> vector(1, 2).topK(3, 0));
  }

  @Test
  void medianOfAnEvenNumberIsTheMeanOfTheMiddle() {
    check(value(x -> x.median(0), 4, 1, 3), 3);
    check(value(x -> x.median(0), 4, 1, 3, 2), 2.5);
    check(gradient(x -> x.median(0), 4, 1, 3), 0, 0, 1);
    check(gradient(x -> x.median(0), 4, 1, 3, 2), 0, 0, 0.5, 0.5);
    check(gradient(x -> x.median(0), 2, 2, 2), 0, 1, 0);
    assertTrue(Double.isNaN(value(x -> x.median(0), 4, NAN, 3)[0]));
  }

  @Test
  void argminIsTheFirst() {
    assertEquals(1, vector(2, 1, 1).argmin(0).longItem());
    assertEquals(2, vector(2, 1, NAN).argmin(0).longItem());
  }

  // ---- logCumSumExp ----

  @Test
  void logCumSumExpOfInfinities() {
    double log2 = Math.log(2);
    check(value(x -> x.logCumSumExp(0), -INF, -INF, 1, -INF, 1), -INF, -INF, 1, 1, 1 + log2);
    check(value(x -> x.logCumSumExp(0), 1000, 1000), 1000, 1000 + log2);
    check(value(x -> x.logCumSumExp(0), -1000, 1000, -1000), -1000, 1000, 1000);
    check(value(x -> x.logCumSumExp(0), 1, INF, 2), 1, INF, INF);
    check(gradient(x -> x.logCumSumExp(0), -INF, -INF, 1, -INF), 0, 0, 2, 0);
    check(gradient(x -> x.logCumSumExp(0), -1000, 1000), 1, 1);
    check(curvature(x -> x.logCumSumExp(0), -INF, 0, 0), 0, 0, 0, 0, 0.25, -0.25, 0, -0.25, 0.25);
  }

  // ---- nothing at all ----

  @Test
  void nothingFoldsToTheNeutralElement() {
    Tensor none = Tensor.zeros(DType.F64, 2, 0);
    check(none.prod(1).toDoubleArray(), 1, 1);
    check(none.norm(2, 1).toDoubleArray(), 0, 0);
    check(none.norm(INF, 1).toDoubleArray(), 0, 0);
    assertFalse(none.gt(0).any().booleanItem());
    assertTrue(none.gt(0).all().booleanItem());
    assertTrue(Double.isNaN(none.var(0).item()));
    assertThrows(IllegalArgumentException.class, () -> none.median(1));
    assertThrows(IllegalArgumentException.class, () -> none.argmin(1));
  }

  @Test
  void nothingScansAndSortsToNothing() {
    Tensor none = Tensor.zeros(DType.F64, 2, 0).variable();
    for (Tensor y :
        new Tensor[] {
          none.cumsum(1), none.cumprod(1), none.logCumSumExp(1), none.sort(1), none.flip()
        }) {
      assertEquals(Shape.of(2, 0), y.shape());
      assertEquals(0, y.toDoubleArray().length);
      assertEquals(0, Grad.grad(y.sum(), none).get(0).toDoubleArray().length);
    }
    check(Tensor.zeros(DType.F64, 0, 2).cumsum(1).toDoubleArray());
  }

  @Test
  void theSpreadOfOneElementIsNaNInEveryMode() {
    double[] nan = {Double.NaN};
    for (UnaryOperator<Tensor> f :
        List.<UnaryOperator<Tensor>>of(
            x -> x.std(1), x -> x.var(1), x -> x.std(1, true, 0).sum())) {
      Tensor x = Tensor.of(new double[] {5}, 1).variable();
      Tensor y = f.apply(x);
      assertArrayEquals(nan, y.toDoubleArray());
      assertArrayEquals(nan, Grad.grad(y, x).get(0).toDoubleArray());
      assertArrayEquals(nan, Grad.jvp(y, x, Tensor.ones(DType.F64, 1)).toDoubleArray());
    }
    assertArrayEquals(new double[1], Tensor.of(new double[] {5}, 1).var(0).toDoubleArray());
  }
}
