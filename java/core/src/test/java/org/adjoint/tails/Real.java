package org.adjoint.tails;

import java.math.BigInteger;
import java.util.function.IntUnaryOperator;

/**
 * A number of 220 bits with an exponent that never overflows, and the elementary functions on it:
 * what {@link Tail}s state their truth in. It knows no infinity and no NaN: whoever uses it keeps
 * to the domain. Results are right to about 200 bits relative to their size, as long as formulas do
 * not cancel; the plain ones here (differences) do, so truths are written without cancellation.
 *
 * <p>Sources: exp by reduction and Taylor (Brent and Zimmermann, "Modern Computer Arithmetic",
 * 4.3); log and atan from a double's digits, what is left by Taylor; π by Machin's formula; erf and
 * erfc by DLMF 7.6.2 and 7.9.1; the gamma function's logarithm and its derivatives by Stirling's
 * series, whose Bernoulli numbers come from tangent numbers (Brent and Harvey 2011).
 */
public final class Real implements Comparable<Real> {
  private static final int BITS = 220;

  /** Bits behind the point where a series is summed in fixed point. */
  private static final int FIXED = BITS + 40;

  private static final BigInteger UNIT = BigInteger.ONE.shiftLeft(FIXED);
  private static final int PI_BITS = 1500;

  public static final Real ZERO = new Real(BigInteger.ZERO, 0);
  public static final Real ONE = of(1);
  public static final Real TWO = of(2);
  public static final Real HALF = of(0.5);
  private static final Real LN2 = ln2();
  private static final BigInteger HALF_PI_FIXED = pi(PI_BITS + 10).shiftRight(11);
  public static final Real PI = new Real(HALF_PI_FIXED, 1 - PI_BITS).rounded();
  private static final Real ROOT_PI = PI.sqrt();

  /** At 2⁶ and above forty terms of the gamma function's series are right to 220 bits. */
  private static final int SERIES_SIZE = 6;

  private static final Real[] BERNOULLI = bernoulli(40);

  /**
   * Beyond this exp's results are larger or smaller than anything that a truth is compared with.
   */
  private static final double MOST = 40_000;

  private final BigInteger mantissa;
  private final int exponent;

  private Real(BigInteger mantissa, int exponent) {
    this.mantissa = mantissa;
    this.exponent = exponent;
  }

  /** Returns a finite double exactly. */
  public static Real of(double x) {
    if (x == 0) {
      return new Real(BigInteger.ZERO, 0);
    }
    int e = Math.max(Math.getExponent(x), Double.MIN_EXPONENT) - 52;
    long mantissa = (long) Math.scalb(Math.scalb(x, -e / 2), -(e - e / 2));
    int zeros = Long.numberOfTrailingZeros(mantissa); // whole numbers multiply and divide as words
    return new Real(BigInteger.valueOf(mantissa >> zeros), e + zeros);
  }

  private Real rounded() {
    int extra = mantissa.bitLength() - BITS;
    return extra > 0 ? new Real(mantissa.shiftRight(extra), exponent + extra) : this;
  }

  public int signum() {
    return mantissa.signum();
  }

  /** Returns the place of the leading bit: |x| is in [2ⁿ⁻¹, 2ⁿ). */
  private int size() {
    return exponent + mantissa.abs().bitLength();
  }

  public Real plus(Real y) {
    if (signum() == 0 || y.signum() == 0) {
      return signum() == 0 ? y : this;
    }
    if (Math.abs((long) size() - y.size()) > BITS + 8) {
      return size() > y.size() ? this : y;
    }
    int e = Math.min(exponent, y.exponent);
    return new Real(mantissa.shiftLeft(exponent - e).add(y.mantissa.shiftLeft(y.exponent - e)), e)
        .rounded();
  }

  public Real minus(Real y) {
    return plus(y.neg());
  }

  public Real plus(double y) {
    return plus(of(y));
  }

  public Real minus(double y) {
    return plus(of(-y));
  }

  public Real neg() {
    return new Real(mantissa.negate(), exponent);
  }

  public Real abs() {
    return signum() < 0 ? neg() : this;
  }

  public Real times(Real y) {
    return new Real(mantissa.multiply(y.mantissa), exponent + y.exponent).rounded();
  }

  public Real times(double y) {
    return times(of(y));
  }

  public Real div(Real y) {
    int shift = Math.max(0, BITS + 2 + y.mantissa.bitLength() - mantissa.bitLength());
    return new Real(mantissa.shiftLeft(shift).divide(y.mantissa), exponent - shift - y.exponent)
        .rounded();
  }

  public Real div(double y) {
    return div(of(y));
  }

  public Real square() {
    return times(this);
  }

  public Real cube() {
    return times(this).times(this);
  }

  public Real reciprocal() {
    return ONE.div(this);
  }

  private Real shift(int by) {
    return new Real(mantissa, exponent + by);
  }

  public Real sqrt() {
    int shift = Math.max(0, 2 * BITS + 2 - mantissa.bitLength());
    shift += (exponent - shift) & 1;
    return new Real(mantissa.shiftLeft(shift).sqrt(), (exponent - shift) / 2).rounded();
  }

  @Override
  public int compareTo(Real y) {
    return minus(y).signum();
  }

  public Real max(Real y) {
    return compareTo(y) >= 0 ? this : y;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Real real && compareTo(real) == 0;
  }

  @Override
  public int hashCode() {
    return Double.hashCode(toDouble());
  }

  /** Returns the nearest double or its neighbour, infinite or 0 beyond the range. */
  public double toDouble() {
    int extra = mantissa.bitLength() - 62;
    long top = extra > 0 ? mantissa.shiftRight(extra).longValue() : mantissa.longValue();
    long e = (long) exponent + Math.max(extra, 0);
    return Math.scalb((double) top, (int) Math.max(-3000, Math.min(3000, e)));
  }

  @Override
  public String toString() {
    return Double.toString(toDouble());
  }

  // ---- elementary functions ----

  private static Real ln2() {
    BigInteger sum = BigInteger.ZERO;
    BigInteger term = BigInteger.TWO.shiftLeft(BITS + 40).divide(BigInteger.valueOf(3));
    for (int k = 1; term.signum() != 0; k += 2) {
      sum = sum.add(term.divide(BigInteger.valueOf(k)));
      term = term.divide(BigInteger.valueOf(9));
    }
    return new Real(sum, -BITS - 40);
  }

  /** Returns π·2ᵇ: 16 atan(1/5) − 4 atan(1/239). */
  private static BigInteger pi(int b) {
    return inverseTangent(5, b + 10)
        .shiftLeft(4)
        .subtract(inverseTangent(239, b + 10).shiftLeft(2))
        .shiftRight(10);
  }

  private static BigInteger inverseTangent(int n, int b) {
    BigInteger square = BigInteger.valueOf((long) n * n);
    BigInteger term = BigInteger.ONE.shiftLeft(b).divide(BigInteger.valueOf(n));
    BigInteger sum = BigInteger.ZERO;
    for (int k = 1; term.signum() != 0; k += 2) {
      BigInteger part = term.divide(BigInteger.valueOf(k));
      sum = k % 4 == 1 ? sum.add(part) : sum.subtract(part);
      term = term.divide(square);
    }
    return sum;
  }

  /** Returns this in units of 2^−FIXED, which a series is summed in. */
  private BigInteger fixed() {
    return mantissa.shiftLeft(exponent + FIXED);
  }

  private static Real ofFixed(BigInteger units) {
    return new Real(units, -FIXED).rounded();
  }

  /**
   * Returns Σ xᵏ/d₁…dₖ in fixed point, where dₖ = {@code divisor(k)} and |x| &lt; 1: as many terms
   * as count.
   */
  private static BigInteger series(BigInteger x, IntUnaryOperator divisor) {
    BigInteger sum = UNIT;
    BigInteger term = UNIT;
    for (int k = 1; term.signum() != 0; k++) {
      term = term.multiply(x).shiftRight(FIXED).divide(BigInteger.valueOf(divisor.applyAsInt(k)));
      sum = sum.add(term);
    }
    return sum;
  }

  public Real exp() {
    double x = toDouble();
    if (Math.abs(x) > MOST) {
      return of(x > 0 ? MOST : -MOST).exp();
    }
    int n = (int) Math.rint(x / Math.log(2));
    int halvings = 12;
    BigInteger r = minus(LN2.times(n)).shift(-halvings).fixed();
    BigInteger less = series(r, k -> k).subtract(UNIT);
    for (int i = 0; i < halvings; i++) {
      less = less.shiftLeft(1).add(less.multiply(less).shiftRight(FIXED));
    }
    return ofFixed(less.add(UNIT)).shift(n);
  }

  /** Returns eʳ − 1 for a small r. */
  private static Real expm1Series(Real r) {
    return r.times(ofFixed(series(r.fixed(), k -> k + 1)));
  }

  public Real expm1() {
    return size() < -8 ? expm1Series(this) : exp().minus(ONE);
  }

  public Real log() {
    int n = size();
    Real m = shift(-n);
    if (m.toDouble() < Math.sqrt(0.5)) {
      m = m.shift(1);
      n--;
    }
    Real t = m.minus(ONE);
    return t.size() < -20 && n == 0 ? t.log1pSeries() : logNear(m).plus(LN2.times(n));
  }

  /** Returns log m = y + log(m/eʸ), y being right to a double's digits. */
  private static Real logNear(Real m) {
    Real y = of(Math.log(m.toDouble()));
    Real e = y.exp();
    Real s = m.minus(e).div(m.plus(e));
    return y.plus(s.plus(s.cube().div(3)).shift(1)); // s⁵ is below 2⁻²⁶⁰
  }

  private Real log1pSeries() {
    Real s = div(plus(TWO));
    Real square = s.square();
    Real sum = ZERO;
    Real power = s;
    for (int k = 1; k < 24; k += 2) {
      sum = sum.plus(power.div(k));
      power = power.times(square);
    }
    return sum.shift(1);
  }

  public Real log1p() {
    return size() < -20 ? log1pSeries() : plus(ONE).log();
  }

  /** Returns sin (0) or cos (1) of this, of any size. */
  private Real circular(int quarter) {
    Real r = this;
    int q = 0;
    if (size() > -1) {
      BigInteger fixed =
          exponent + PI_BITS > 0
              ? mantissa.shiftLeft(exponent + PI_BITS)
              : mantissa.shiftRight(-exponent - PI_BITS);
      BigInteger half = HALF_PI_FIXED.shiftRight(1);
      BigInteger turns =
          fixed.add(half).subtract(fixed.add(half).mod(HALF_PI_FIXED)).divide(HALF_PI_FIXED);
      q = turns.and(BigInteger.valueOf(3)).intValue();
      r = new Real(fixed.subtract(turns.multiply(HALF_PI_FIXED)), -PI_BITS).rounded();
    }
    q = (q + quarter) & 3;
    BigInteger square = r.square().neg().fixed();
    boolean odd = (q & 1) == 0;
    Real sum = ofFixed(series(square, k -> odd ? 2 * k * (2 * k + 1) : 2 * k * (2 * k - 1)));
    sum = odd ? r.times(sum) : sum;
    return q < 2 ? sum : sum.neg();
  }

  public Real sin() {
    return circular(0);
  }

  public Real cos() {
    return circular(1);
  }

  public Real atan() {
    if (signum() < 0) {
      return neg().atan().neg();
    }
    if (signum() == 0) {
      return this;
    }
    if (size() > 1) {
      return PI.shift(-1).minus(reciprocal().atan());
    }
    if (size() < -30) {
      Real square = square();
      return times(
          ONE.minus(square.div(3)).plus(square.square().div(5)).minus(square.cube().div(7)));
    }
    // atan x = y + atan t, y being right to a double's digits and t the tangent of the difference.
    Real y = of(Math.atan(toDouble()));
    Real sin = y.sin();
    Real cos = y.cos();
    Real t = times(cos).minus(sin).div(times(sin).plus(cos));
    return y.plus(t.minus(t.cube().div(3))); // t⁵ is below 2⁻²⁵⁰ of y
  }

  /** Returns √(x² + y²). */
  public Real hypot(Real y) {
    return square().plus(y.square()).sqrt();
  }

  /** Returns xʸ for x &gt; 0. */
  public Real pow(double y) {
    return log().times(y).exp();
  }

  public Real cosh() {
    return abs().exp().plus(abs().neg().exp()).shift(-1);
  }

  public Real sinh() {
    return expm1().minus(neg().expm1()).shift(-1);
  }

  public Real tanh() {
    Real e = abs().shift(1).neg().expm1();
    Real y = e.neg().div(e.plus(TWO));
    return signum() < 0 ? y.neg() : y;
  }

  public Real sigmoid() {
    Real e = abs().neg().exp();
    return (signum() < 0 ? e : ONE).div(ONE.plus(e));
  }

  /** Returns log(1 + eˣ). */
  public Real softplus() {
    return max(ZERO).plus(abs().neg().exp().log1p());
  }

  /** Returns e^(−c·x²). */
  public Real bell(double c) {
    return square().times(-c).exp();
  }

  public Real erf() {
    return size() > 3 ? ONE.minus(erfc()) : erfSeries();
  }

  private Real erfSeries() {
    Real twice = square().shift(1);
    Real sum = ZERO;
    Real term = this;
    for (int k = 3; sum.signum() == 0 || term.size() > sum.size() - BITS; k += 2) {
      sum = sum.plus(term);
      term = term.times(twice).div(k);
    }
    return sum.times(bell(1)).shift(1).div(ROOT_PI);
  }

  public Real erfc() {
    if (signum() < 0) {
      return TWO.minus(neg().erfc());
    }
    if (size() <= 3) {
      return ONE.minus(erf());
    }
    // DLMF 7.9.1: a continued fraction in 1/x².
    Real ratio = square().reciprocal().shift(-1);
    Real tail = ONE;
    for (int k = 120; k > 0; k--) {
      tail = ONE.plus(ratio.times(k).div(tail));
    }
    return bell(1).div(times(ROOT_PI).times(tail));
  }

  /** Returns log Γ(x) for x &gt; 0: DLMF 5.5.1 leads to 5.11.1. */
  public Real lgamma() {
    Real product = ONE;
    Real y = this;
    for (; y.size() <= SERIES_SIZE; y = y.plus(1)) {
      product = product.times(y);
    }
    Real sum = y.minus(0.5).times(y.log()).minus(y).plus(PI.shift(1).log().shift(-1));
    Real power = y;
    for (int k = 1; k <= BERNOULLI.length; k++) {
      sum = sum.plus(BERNOULLI[k - 1].div(power).div(2.0 * k * (2 * k - 1)));
      power = power.times(y).times(y);
    }
    return sum.minus(product.log());
  }

  /** Returns ψ⁽ⁿ⁾(x) for x &gt; 0: DLMF 5.15.5 leads to 5.15.8, for n = 0 5.5.2 to 5.11.2. */
  public Real polygamma(int n) {
    double factorial = 1;
    for (int j = 2; j <= n; j++) {
      factorial *= j;
    }
    Real sum = ZERO;
    Real y = this;
    for (; y.size() <= SERIES_SIZE; y = y.plus(1)) {
      sum = sum.plus(of(factorial).div(y.whole(n + 1)));
    }
    sum = sum.plus(n == 0 ? y.log().neg() : of(factorial / n).div(y.whole(n)));
    sum = sum.plus(of(factorial / 2).div(y.whole(n + 1)));
    Real power = y.whole(n);
    for (int k = 1; k <= BERNOULLI.length; k++) {
      power = power.times(y).times(y);
      double rising = n == 0 ? 1 : 2 * k; // 2k·(2k + 1) … (2k + n − 1)
      for (int j = 1; j < n; j++) {
        rising *= 2 * k + j;
      }
      Real term = BERNOULLI[k - 1].times(rising).div(power);
      sum = sum.plus(term.div(2.0 * k));
    }
    return n % 2 == 1 ? sum : sum.neg();
  }

  /** Returns xⁿ for n ≥ 0. */
  private Real whole(int n) {
    Real power = ONE;
    for (int i = 0; i < n; i++) {
      power = power.times(this);
    }
    return power;
  }

  /** Returns B₂, B₄, …: (−1)ᵏ⁻¹·2k·Tₖ/(4ᵏ(4ᵏ − 1)) of the tangent numbers T. */
  private static Real[] bernoulli(int count) {
    BigInteger[] tangent = new BigInteger[count + 1];
    tangent[1] = BigInteger.ONE;
    for (int k = 2; k <= count; k++) {
      tangent[k] = tangent[k - 1].multiply(BigInteger.valueOf(k - 1));
    }
    for (int k = 2; k <= count; k++) {
      for (int j = k; j <= count; j++) {
        BigInteger before = tangent[j - 1].multiply(BigInteger.valueOf(j - k));
        tangent[j] = before.add(tangent[j].multiply(BigInteger.valueOf(j - k + 2)));
      }
    }
    Real[] numbers = new Real[count];
    for (int k = 1; k <= count; k++) {
      BigInteger four = BigInteger.ONE.shiftLeft(2 * k);
      Real below = new Real(four.multiply(four.subtract(BigInteger.ONE)), 0);
      Real above = new Real(tangent[k].multiply(BigInteger.valueOf(2L * k)), 0);
      numbers[k - 1] = k % 2 == 1 ? above.div(below) : above.div(below).neg();
    }
    return numbers;
  }

  /** Returns the standard normal distribution function. */
  public Real normal() {
    return neg().div(TWO.sqrt()).erfc().shift(-1);
  }

  /** Returns the standard normal density. */
  public Real density() {
    return bell(0.5).div(PI.shift(1).sqrt());
  }
}
