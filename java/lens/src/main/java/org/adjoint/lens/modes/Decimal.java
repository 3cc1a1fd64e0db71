package org.adjoint.lens.modes;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * Elementary functions of decimal numbers, to about {@link #DIGITS} digits. Slow, and made to be
 * plainly right: a Taylor series after the argument was made small, and Newton's method for
 * inverses.
 */
final class Decimal {
  /** The digits that results are good for. */
  static final int DIGITS = 60;

  /** All arithmetic, with digits to lose. */
  static final MathContext MATH = new MathContext(DIGITS + 20, RoundingMode.HALF_EVEN);

  static final BigDecimal ONE = BigDecimal.ONE;
  static final BigDecimal TWO = BigDecimal.valueOf(2);
  static final BigDecimal HALF = new BigDecimal("0.5");
  static final BigDecimal PI = pi();

  /** Terms below it change no digit. */
  private static final BigDecimal TINY = BigDecimal.ONE.movePointLeft(DIGITS + 25);

  private static final int HALVINGS = 12;
  private static final int NEWTON_STEPS = 4;
  private static final BigDecimal LARGEST_POWER = BigDecimal.valueOf(1000);
  private static final BigDecimal LARGEST_ANGLE = BigDecimal.valueOf(1_000_000);
  private static final BigDecimal LARGEST_ERROR = BigDecimal.valueOf(6);

  private Decimal() {}

  static BigDecimal divide(BigDecimal x, BigDecimal y) {
    return x.divide(y, MATH);
  }

  static BigDecimal times(BigDecimal x, BigDecimal y) {
    return x.multiply(y, MATH);
  }

  static BigDecimal sqrt(BigDecimal x) {
    return x.sqrt(MATH);
  }

  /**
   * Returns eˣ, by the series of x/2ᵏ, squared k times.
   *
   * @throws ArithmeticException if x is above 1000 in magnitude
   */
  static BigDecimal exp(BigDecimal x) {
    within("exp", x, LARGEST_POWER);
    BigDecimal scale = BigDecimal.valueOf(1L << HALVINGS);
    BigDecimal small = divide(x, scale);
    BigDecimal sum = ONE;
    BigDecimal term = ONE;
    for (int n = 1; term.abs().compareTo(TINY) > 0; n++) {
      term = divide(times(term, small), BigDecimal.valueOf(n));
      sum = sum.add(term, MATH);
    }
    for (int k = 0; k < HALVINGS; k++) {
      sum = times(sum, sum);
    }
    return sum;
  }

  /**
   * Returns ln x, by Halley's method on eʸ = x: y ← y + 2 (x − eʸ)/(x + eʸ).
   *
   * @throws ArithmeticException if x is not positive
   */
  static BigDecimal log(BigDecimal x) {
    if (x.signum() <= 0) {
      throw new ArithmeticException("log of " + x.doubleValue());
    }
    BigDecimal y = new BigDecimal(Math.log(x.doubleValue()));
    for (int step = 0; step < NEWTON_STEPS; step++) {
      BigDecimal e = exp(y);
      BigDecimal change = divide(TWO.multiply(x.subtract(e, MATH)), x.add(e, MATH));
      y = y.add(change, MATH);
    }
    return y;
  }

  /** Returns xʸ; of a negative x for whole y alone. */
  static BigDecimal power(BigDecimal x, BigDecimal y) {
    if (y.compareTo(HALF) == 0) {
      return sqrt(x);
    }
    boolean whole = y.stripTrailingZeros().scale() <= 0;
    if (whole && y.abs().compareTo(LARGEST_POWER) <= 0) {
      BigDecimal power = x.pow(y.abs().intValueExact(), MATH);
      return y.signum() < 0 ? divide(ONE, power) : power;
    }
    return x.signum() == 0 && y.signum() > 0 ? BigDecimal.ZERO : exp(times(y, log(x)));
  }

  /**
   * Returns sin x.
   *
   * @throws ArithmeticException if x is above a million in magnitude
   */
  static BigDecimal sin(BigDecimal x) {
    within("sin", x, LARGEST_ANGLE);
    BigDecimal small = x.remainder(TWO.multiply(PI), MATH);
    BigDecimal square = times(small, small).negate();
    BigDecimal sum = small;
    BigDecimal term = small;
    for (int n = 2; term.abs().compareTo(TINY) > 0; n += 2) {
      term = divide(times(term, square), BigDecimal.valueOf((long) n * (n + 1)));
      sum = sum.add(term, MATH);
    }
    return sum;
  }

  static BigDecimal cos(BigDecimal x) {
    return sin(x.add(times(PI, HALF), MATH));
  }

  static BigDecimal tan(BigDecimal x) {
    return divide(sin(x), cos(x));
  }

  /** Returns atan x, by Newton's method on tan y = x. */
  static BigDecimal atan(BigDecimal x) {
    BigDecimal y = new BigDecimal(Math.atan(x.doubleValue()));
    for (int step = 0; step < NEWTON_STEPS; step++) {
      BigDecimal s = sin(y);
      BigDecimal c = cos(y);
      // (tan y − x)/(1 + tan² y), times cos² y above and below
      y = y.subtract(times(s.subtract(times(x, c), MATH), c), MATH);
    }
    return y;
  }

  static BigDecimal asin(BigDecimal x) {
    return atan(divide(x, sqrt(ONE.subtract(times(x, x), MATH))));
  }

  static BigDecimal sinh(BigDecimal x) {
    return times(HALF, exp(x).subtract(exp(x.negate()), MATH));
  }

  static BigDecimal cosh(BigDecimal x) {
    return times(HALF, exp(x).add(exp(x.negate()), MATH));
  }

  static BigDecimal tanh(BigDecimal x) {
    return divide(sinh(x), cosh(x));
  }

  static BigDecimal sigmoid(BigDecimal x) {
    return divide(ONE, ONE.add(exp(x.negate()), MATH));
  }

  /** Returns ln(1 + eˣ). */
  static BigDecimal softplus(BigDecimal x) {
    return log(ONE.add(exp(x), MATH));
  }

  /**
   * Returns erf x, by its series 2/√π Σ (−1)ⁿ x²ⁿ⁺¹/(n! (2n + 1)).
   *
   * @throws ArithmeticException if x is above 6 in magnitude, where the terms cancel too much
   */
  static BigDecimal erf(BigDecimal x) {
    within("erf", x, LARGEST_ERROR);
    BigDecimal square = times(x, x).negate();
    BigDecimal sum = x;
    BigDecimal term = x;
    for (int n = 1; term.abs().compareTo(TINY) > 0; n++) {
      term = divide(times(term, square), BigDecimal.valueOf(n));
      sum = sum.add(divide(term, BigDecimal.valueOf(2L * n + 1)), MATH);
    }
    return divide(times(TWO, sum), sqrt(PI));
  }

  private static void within(String name, BigDecimal x, BigDecimal most) {
    if (x.abs().compareTo(most) > 0) {
      throw new ArithmeticException(name + " of " + x.doubleValue() + " is beyond " + most);
    }
  }

  /** Machin's formula: π = 16 atan(1/5) − 4 atan(1/239). */
  private static BigDecimal pi() {
    BigDecimal fifth = inverseTangentOfInverse(5).multiply(BigDecimal.valueOf(16));
    return fifth.subtract(inverseTangentOfInverse(239).multiply(BigDecimal.valueOf(4)), MATH);
  }

  private static BigDecimal inverseTangentOfInverse(long n) {
    BigInteger one = BigInteger.TEN.pow(DIGITS + 30);
    BigInteger power = one.divide(BigInteger.valueOf(n));
    BigInteger sum = power;
    for (long k = 3; power.signum() != 0; k += 2) {
      power = power.divide(BigInteger.valueOf(n * n)).negate();
      sum = sum.add(power.divide(BigInteger.valueOf(k)));
    }
    return new BigDecimal(sum, DIGITS + 30);
  }
}
