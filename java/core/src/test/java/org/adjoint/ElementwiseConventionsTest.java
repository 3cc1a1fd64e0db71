package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Elementwise ops where a choice was made, where a formula would overflow, and at values known from
 * tables: DLMF and Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964).
 */
class ElementwiseConventionsTest {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final double NAN = Double.NaN;

  /** Euler's constant (DLMF 5.2.3) and Apéry's, ζ(3) (DLMF 25.6). */
  private static final double EULER = 0.57721566490153286061;

  private static final double ZETA_3 = 1.20205690315959428540;

  private static double[] values(UnaryOperator<Tensor> f, double... x) {
    return f.apply(Tensor.of(x, x.length)).toDoubleArray();
  }

  private static double value(UnaryOperator<Tensor> f, double x) {
    return values(f, x)[0];
  }

  private static double[] slopes(UnaryOperator<Tensor> f, double... x) {
    Tensor t = Tensor.of(x, x.length).variable();
    return Grad.grad(f.apply(t).sum(), t).get(0).toDoubleArray();
  }

  private static double[] doubles(double... x) {
    return x;
  }

  private static void near(double expected, double actual) {
    assertEquals(expected, actual, 1e-14 * Math.abs(expected));
  }

  @Test
  void clampPassesOneAtItsBounds() {
    UnaryOperator<Tensor> clamp = x -> x.clamp(-2, 3);
    assertArrayEquals(doubles(-2, -2, 0, 3, 3, NAN), values(clamp, -INF, -2, 0, 3, 4, NAN));
    assertArrayEquals(doubles(0, 1, 1, 1, 0), slopes(clamp, -2.5, -2, 0, 3, 4));
    assertArrayEquals(doubles(0, 1, 1, 1, 0), slopes(Tensor::hardTanh, -2, -1, 0, 1, 2));
    assertThrows(IllegalArgumentException.class, () -> Tensor.scalar(1.0).clamp(1, 0));
    assertThrows(IllegalArgumentException.class, () -> Tensor.scalar(1.0).clamp(NAN, 0));
  }

  @Test
  void aClampedTensorBoundGetsTheGradientBeyondIt() {
    Tensor high = Tensor.of(doubles(1, 1), 2).variable();
    Tensor y = Tensor.of(doubles(0.5, 2), 2).clamp(Tensor.scalar(-1.0), high);
    assertArrayEquals(doubles(0, 1), Grad.grad(y.sum(), high).get(0).toDoubleArray());
  }

  @Test
  void stepsAreFlatEverywhere() {
    double[] x = {-1.5, -1, -0.5, -0.0, 0, 0.5, 1, 1.5, 2.5};
    double[] none = new double[x.length];
    assertArrayEquals(none, slopes(Tensor::sign, x));
    assertArrayEquals(none, slopes(Tensor::floor, x));
    assertArrayEquals(none, slopes(Tensor::ceil, x));
    assertArrayEquals(none, slopes(Tensor::round, x));
    assertArrayEquals(doubles(-1, -1, -1, -0.0, 0, 1, 1, 1, 1), values(Tensor::sign, x));
    assertArrayEquals(doubles(-2, -1, -1, -0.0, 0, 0, 1, 1, 2), values(Tensor::floor, x));
    assertArrayEquals(doubles(-1, -1, -0.0, -0.0, 0, 1, 1, 2, 3), values(Tensor::ceil, x));
  }

  @Test
  void roundTakesHalvesToTheEvenNeighbour() {
    assertArrayEquals(
        doubles(-2, -2, -0.0, 0, 2, 2, 4),
        values(Tensor::round, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5));
    assertArrayEquals(
        doubles(INF, -INF, NAN, 0), values(Tensor::round, INF, -INF, NAN, 0.49999999999999994));
  }

  @Test
  void derivativesAreInfiniteAtTheEndsOfADomainButNotWhereNothingFlows() {
    assertArrayEquals(doubles(INF, INF), slopes(Tensor::asin, -1, 1));
    assertArrayEquals(doubles(-INF, -INF), slopes(Tensor::acos, -1, 1));
    assertArrayEquals(doubles(INF), slopes(Tensor::acosh, 1));
    assertArrayEquals(doubles(INF, INF), slopes(Tensor::atanh, -1, 1));
    assertArrayEquals(doubles(INF), slopes(Tensor::log1p, -1));
    assertArrayEquals(doubles(-INF), slopes(Tensor::rsqrt, 0));
    assertArrayEquals(doubles(-INF), slopes(Tensor::reciprocal, 0));
    for (double x : doubles(-3, -1, 0, 1, 2, INF, NAN)) {
      UnaryOperator<Tensor> all =
          t ->
              t.asin()
                  .plus(t.acos())
                  .plus(t.acosh())
                  .plus(t.atanh())
                  .plus(t.log1p())
                  .plus(t.rsqrt())
                  .plus(t.reciprocal())
                  .plus(t.lgamma())
                  .plus(t.digamma())
                  .plus(t.polygamma(2))
                  .plus(t.sin())
                  .plus(t.cos())
                  .plus(t.tan());
      Tensor none = Tensor.of(new boolean[] {false}, 1);
      UnaryOperator<Tensor> masked = t -> Tensor.where(none, all.apply(t), t);
      assertArrayEquals(doubles(1), slopes(masked, x), "at " + x);
    }
  }

  @Test
  void atan2KnowsItsQuadrantsAndIsFlatAtTheOrigin() {
    double pi = Math.PI;
    Tensor y = Tensor.of(doubles(1, 1, -1, -1, 0, -0.0, 0, 1, 0), 9).variable();
    Tensor x = Tensor.of(doubles(1, -1, -1, 1, -1, -1, 1, 0, 0), 9).variable();
    Tensor angle = y.atan2(x);
    assertArrayEquals(
        doubles(pi / 4, 3 * pi / 4, -3 * pi / 4, -pi / 4, pi, -pi, 0, pi / 2, 0),
        angle.toDoubleArray(),
        1e-15);
    assertArrayEquals(
        doubles(0.5, -0.5, -0.5, 0.5, -1, -1, 1, 0, 0),
        Grad.grad(angle.sum(), y).get(0).toDoubleArray(),
        1e-15);
    assertArrayEquals(
        doubles(-0.5, -0.5, 0.5, 0.5, 0, 0, 0, -1, 0),
        Grad.grad(angle.sum(), x).get(0).toDoubleArray(),
        1e-15);
  }

  @Test
  void softplusNeverOverflows() {
    double[] x = {-INF, -1e4, -50, 0, 50, 1e4, INF};
    double log2 = Math.log(2);
    double small = Math.exp(-50);
    assertArrayEquals(doubles(0, 0, small, log2, 50, 1e4, INF), values(Tensor::softplus, x), 1e-30);
    assertArrayEquals(doubles(0, 0, small, 0.5, 1, 1, 1), slopes(Tensor::softplus, x), 1e-30);
    float[] wide = Tensor.of(new float[] {-200, 200, 1e38f}, 3).softplus().toArray();
    assertArrayEquals(new float[] {0, 200, 1e38f}, wide);
  }

  @Test
  void activationsTakeTheirLimitsFarOut() {
    double[] x = {-INF, -1e4, 1e4, INF};
    for (UnaryOperator<Tensor> f :
        java.util.List.<UnaryOperator<Tensor>>of(
            Tensor::gelu, Tensor::geluTanh, Tensor::silu, Tensor::mish)) {
      assertArrayEquals(doubles(0, 0, 1e4, INF), values(f, x), 0);
      assertArrayEquals(doubles(0, 0, 1, 1), slopes(f, x), 0);
    }
    assertArrayEquals(doubles(-2, -2, 1e4, INF), values(t -> t.elu(2), x));
    assertArrayEquals(doubles(0, 0, 1, 1), slopes(t -> t.elu(2), x));
    assertArrayEquals(doubles(2), slopes(t -> t.elu(2), 0));
    Tensor t = Tensor.of(x, 4).variable();
    Tensor first = Grad.grad(t.elu(2).sum(), t).get(0);
    assertArrayEquals(doubles(0, 0, 0, 0), Grad.grad(first.sum(), t).get(0).toDoubleArray());
    near(-1.0507009873554804934 * 1.6732632423543772848, value(Tensor::selu, -INF));
  }

  @Test
  void geluKeepsItsDigitsInItsTail() {
    // −5 Φ(−5), Φ(−5) from Abramowitz and Stegun, table 26.2.
    assertEquals(-5 * 2.866515718791939e-7, value(Tensor::gelu, -5), 1e-19);
    near(0.8413447460685429, value(Tensor::gelu, 1));
  }

  @Test
  void erfAtExtremesAndInTheTables() {
    assertArrayEquals(
        doubles(-1, -1, -0.0, 1, 1, NAN), values(Tensor::erf, -INF, -9, -0.0, 9, INF, NAN));
    assertArrayEquals(doubles(2, 2, 1, 0, 0, NAN), values(Tensor::erfc, -INF, -9, 0, 30, INF, NAN));
    assertArrayEquals(doubles(0, 0, 0, 0), slopes(Tensor::erf, -INF, -30, 30, INF));
    // Abramowitz and Stegun, tables 7.1 and 7.3.
    near(0.5204998778130465, value(Tensor::erf, 0.5));
    near(0.8427007929497149, value(Tensor::erf, 1));
    near(0.9953222650189527, value(Tensor::erf, 2));
    near(4.677734981047266e-3, value(Tensor::erfc, 2));
    near(1.537459794428035e-12, value(Tensor::erfc, 5));
    near(2.088487583762545e-45, value(Tensor::erfc, 10));
  }

  @Test
  void lgammaInTheTablesAndAtItsPoles() {
    assertArrayEquals(doubles(0, 0), values(Tensor::lgamma, 1, 2));
    near(0.5 * Math.log(Math.PI), value(Tensor::lgamma, 0.5)); // DLMF 5.4.6
    near(Math.log(2 * Math.sqrt(Math.PI)), value(Tensor::lgamma, -0.5));
    near(Math.log(3628800), value(Tensor::lgamma, 11)); // Γ(n + 1) = n!, DLMF 5.4.1
    near(359.1342053695753988, value(Tensor::lgamma, 100));
    // Near the roots all digits stay: the slopes there are −γ and 1 − γ.
    near(-EULER * 0x1p-40, value(Tensor::lgamma, 1 + 0x1p-40) - Math.PI * Math.PI / 12 * 0x1p-80);
    double second = (Math.PI * Math.PI / 6 - 1) / 2;
    near((1 - EULER) * 0x1p-40, value(Tensor::lgamma, 2 + 0x1p-40) - second * 0x1p-80);
    assertArrayEquals(
        doubles(INF, INF, INF, INF, INF, NAN), values(Tensor::lgamma, 0, -0.0, -1, INF, -INF, NAN));
  }

  @Test
  void digammaAndPolygammaInTheTablesAndAtTheirPoles() {
    near(-EULER, value(Tensor::digamma, 1)); // DLMF 5.4.12
    near(-EULER - 2 * Math.log(2), value(Tensor::digamma, 0.5)); // DLMF 5.4.13
    near(1 - EULER, value(Tensor::digamma, 2));
    near(2 - EULER - 2 * Math.log(2), value(Tensor::digamma, -0.5));
    assertEquals(0, value(Tensor::digamma, 1.4616321449683623), 3e-16); // DLMF 5.4.20
    assertArrayEquals(
        doubles(-INF, INF, NAN, NAN, INF, NAN),
        values(Tensor::digamma, 0, -0.0, -1, -7, INF, -INF));
    double pi2 = Math.PI * Math.PI;
    near(pi2 / 6, value(x -> x.polygamma(1), 1)); // DLMF 5.15.3
    near(pi2 / 2, value(x -> x.polygamma(1), 0.5));
    near(pi2 / 2 + 4, value(x -> x.polygamma(1), -0.5));
    near(-2 * ZETA_3, value(x -> x.polygamma(2), 1));
    near(-14 * ZETA_3, value(x -> x.polygamma(2), 0.5));
    near(pi2 * pi2 / 15, value(x -> x.polygamma(3), 1));
    near(-EULER, value(x -> x.polygamma(0), 1));
    assertArrayEquals(doubles(INF, INF, 0), values(x -> x.polygamma(1), 0, -3, INF));
    assertArrayEquals(doubles(-INF, INF, NAN), values(x -> x.polygamma(2), 0, -0.0, -3));
    assertThrows(IllegalArgumentException.class, () -> Tensor.scalar(1.0).polygamma(-1));
  }

  @Test
  void lgammaCanBeDifferentiatedAnyNumberOfTimes() {
    Tensor x = Tensor.of(doubles(0.7, 3.2), 2).variable();
    Tensor y = x.lgamma();
    for (int order = 1; order <= 6; order++) {
      y = Grad.grad(y.sum(), x).get(0);
      double[] expected = x.polygamma(order - 1).toDoubleArray();
      assertArrayEquals(expected, y.toDoubleArray(), "order " + order);
    }
  }

  @Test
  void hyperbolicFunctionsKeepTheirDigitsNearZeroAndFarOut() {
    near(1e-9, value(Tensor::asinh, 1e-9));
    near(1e-9, value(Tensor::atanh, 1e-9));
    near(1e-9, value(Tensor::log1p, 1e-9) + 5e-19);
    near(1e-9, value(Tensor::expm1, 1e-9) - 5e-19);
    near(Math.log(2) + 300 * Math.log(10), value(Tensor::asinh, 1e300));
    near(Math.log(2) + 300 * Math.log(10), value(Tensor::acosh, 1e300));
    assertArrayEquals(doubles(-INF, INF, NAN), values(Tensor::atanh, -1, 1, 1.5));
    assertArrayEquals(doubles(0, NAN, INF), values(Tensor::acosh, 1, 0.5, INF));
    assertArrayEquals(doubles(NAN, NAN, NAN), values(Tensor::acosh, -1, -INF, -Double.MAX_VALUE));
    assertArrayEquals(doubles(-INF, -0.0, INF), values(Tensor::asinh, -INF, -0.0, INF));
  }

  @Test
  void nanAndInfinityAreTold() {
    Tensor x = Tensor.of(doubles(NAN, INF, -INF, 0, -1e308), 5);
    assertArrayEquals(new boolean[] {true, false, false, false, false}, x.isNan().toBooleanArray());
    assertArrayEquals(
        new boolean[] {false, false, false, true, true}, x.isFinite().toBooleanArray());
  }

  @Test
  void maskedFillPassesNoGradientWhereItFills() {
    Tensor mask = Tensor.of(new boolean[] {true, false, true}, 3);
    UnaryOperator<Tensor> f = x -> x.log().maskedFill(mask, -7);
    assertArrayEquals(doubles(-7, 0, -7), values(f, 0, 1, -1));
    assertArrayEquals(doubles(0, 1, 0), slopes(f, 0, 1, -1));
  }

  @Test
  void rangesAreExact() {
    assertArrayEquals(new long[] {0, 1, 2, 3}, Tensor.arange(4).toLongArray());
    assertArrayEquals(new long[] {5, 2, -1}, Tensor.arange(5, -4, -3).toLongArray());
    assertArrayEquals(new long[0], Tensor.arange(3, 3, 1).toLongArray());
    long far = Long.MAX_VALUE - 5;
    assertArrayEquals(new long[] {far, far + 3}, Tensor.arange(far, far + 5, 3).toLongArray());
    double[] tenths = Tensor.arange(0, 1, 0.1, DType.F64).toDoubleArray();
    assertEquals(10, tenths.length);
    for (int i = 0; i < 10; i++) {
      assertEquals(i * 0.1, tenths[i]);
    }
    assertArrayEquals(new float[] {0.1f, 0.3f}, Tensor.arange(0.1, 0.4, 0.2, DType.F32).toArray());
    double[] thirds = Tensor.linspace(-0.1, 0.1, 7, DType.F64).toDoubleArray();
    for (int i = 0; i < 7; i++) {
      assertEquals(0, thirds[6 - i] + thirds[i], "symmetric");
    }
    assertArrayEquals(doubles(0.1, 0.7), Tensor.linspace(0.1, 0.7, 2, DType.F64).toDoubleArray());
    assertArrayEquals(doubles(0.3), Tensor.linspace(0.3, 9, 1, DType.F64).toDoubleArray());
    assertArrayEquals(doubles(), Tensor.linspace(0.3, 9, 0, DType.F64).toDoubleArray());
    assertThrows(IllegalArgumentException.class, () -> Tensor.arange(0, 5, 0));
    assertThrows(IllegalArgumentException.class, () -> Tensor.arange(0, 5, 0, DType.F64));
    assertThrows(IllegalArgumentException.class, () -> Tensor.arange(0, INF, 1, DType.F64));
    assertThrows(IllegalArgumentException.class, () -> Tensor.linspace(0, NAN, 3, DType.F64));
    assertThrows(IllegalArgumentException.class, () -> Tensor.linspace(0, 1, 3, DType.I32));
  }

  @Test
  void clampByABoundThatIsNaNIsNaN() {
    double nan = Double.NaN;
    Tensor x = Tensor.of(new double[] {1, 1, nan, 3, 0}, 5).variable();
    Tensor low = Tensor.of(new double[] {nan, 0, 0, 1, 1}, 5);
    Tensor high = Tensor.of(new double[] {2, nan, 2, 2, 2}, 5);
    Tensor y = x.clamp(low, high);
    assertArrayEquals(new double[] {nan, nan, nan, 2, 1}, y.toDoubleArray());
    assertArrayEquals(new double[] {1, 1, nan, 2, 1}, x.clamp(1, 2).toDoubleArray());
    Tensor slope = Grad.grad(y.sum(), x).get(0);
    assertArrayEquals(new double[] {0, 0, 1, 0, 0}, slope.toDoubleArray());
  }
}
