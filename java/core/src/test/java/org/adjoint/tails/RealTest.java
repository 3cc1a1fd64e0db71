package org.adjoint.tails;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What the truths stand on: functions that undo or complete each other do so to 195 bits. */
class RealTest {
  private static final double ALLOWED = 0x1p-195;

  /** Holds a function to the identity on positive numbers of the exponents low … high. */
  private static void isIdentity(String name, int low, int high, UnaryOperator<Real> f) {
    SplittableRandom random = new SplittableRandom(name.hashCode());
    for (int e = low; e <= high; e++) {
      Real x = Real.of(Math.scalb(1 + random.nextDouble(), e));
      assertNear(name, x, f.apply(x), x);
      // Beyond a double's digits: the exponential of a double is not one.
      Real y = x.times(Real.PI.sqrt());
      assertNear(name, y, f.apply(y), y);
    }
  }

  private static void assertNear(String name, Real at, Real got, Real exact) {
    Real error = got.minus(exact).abs();
    assertTrue(
        error.compareTo(exact.abs().times(ALLOWED)) <= 0,
        name + " at " + at + ": " + error.div(exact) + " of it wrong, allowed " + ALLOWED);
  }

  @Test
  void inversesUndo() {
    isIdentity("exp of log", -300, 300, x -> x.log().exp());
    isIdentity("log of exp", -12, 11, x -> x.exp().log());
    isIdentity("expm1 of log1p", -60, 20, x -> x.log1p().expm1());
    isIdentity("tan of atan", -60, 8, x -> x.atan().sin().div(x.atan().cos()));
    isIdentity("square of sqrt", -900, 900, x -> x.sqrt().square());
  }

  @Test
  void partsMakeAWhole() {
    SplittableRandom random = new SplittableRandom(1);
    for (int e = -60; e <= 1000; e += e < 12 ? 1 : 100) {
      Real x = Real.of(Math.scalb(1 + random.nextDouble(), e));
      assertNear("sin² + cos²", x, x.sin().square().plus(x.cos().square()), Real.ONE);
      Real twice = x.sin().times(x.cos()).times(2);
      assertNear("sin of 2x", x, x.times(2).sin(), twice);
    }
    for (double x : new double[] {0.1, 0.5, 1, 2, 3.9}) {
      Real at = Real.of(x);
      assertNear("erf + erfc", at, at.erf().plus(at.erfc()), Real.ONE);
      // DLMF 5.5.2
      Real next = at.plus(1).polygamma(0);
      assertNear("ψ(x) + 1/x", at, at.polygamma(0).plus(at.reciprocal()), next);
    }
  }

  @Test
  void knownDigits() {
    assertDigits(Math.E, Real.ONE.exp());
    assertDigits(2.302585092994046, Real.of(10).log());
    assertDigits(Math.PI / 4, Real.ONE.atan());
    assertDigits(0.8414709848078965, Real.ONE.sin());
    assertDigits(0.8427007929497149, Real.ONE.erf());
  }

  private static void assertDigits(double known, Real got) {
    assertEquals(known, got.toDouble(), Math.ulp(known));
  }
}
