package org.adjoint.symbolic;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;

/**
 * A finite number of a formula: a fraction in lowest terms where it is one of whole numbers up to
 * 2⁵³, as short decimals are, else a double. Arithmetic is exact while that holds of the result;
 * beyond, it rounds as doubles do, and a result that overflows or underflows is none.
 *
 * @param numerator of the fraction, with the sign
 * @param denominator of the fraction; 0 for a number that is only a double
 * @param value the number, or the double nearest to the fraction
 */
public record Numeral(long numerator, long denominator, double value) {
  static final Numeral ZERO = of(0L);
  static final Numeral ONE = of(1L);
  static final Numeral MINUS_ONE = of(-1L);

  private static final int BITS = 53;
  private static final int MOST_DIGITS = 9;
  private static final int MOST_EXPONENT = 1024;

  /** Returns a whole number. */
  static Numeral of(long value) {
    return new Numeral(value, 1, value);
  }

  /** Returns a finite double: the fraction that its shortest decimal is, if that is short. */
  static Numeral of(double value) {
    if (value == Math.rint(value) && Math.abs(value) <= 1L << BITS) {
      return of((long) value);
    }
    BigDecimal decimal = BigDecimal.valueOf(value).stripTrailingZeros();
    boolean isShort = decimal.scale() > 0 && decimal.scale() <= MOST_DIGITS;
    Optional<Numeral> exact =
        isShort
            ? fraction(decimal.unscaledValue(), BigInteger.TEN.pow(decimal.scale()))
            : Optional.empty();
    return exact.orElseGet(() -> new Numeral(0, 0, value));
  }

  private static Optional<Numeral> fraction(BigInteger numerator, BigInteger denominator) {
    BigInteger divisor = numerator.gcd(denominator);
    BigInteger n = numerator.divide(divisor);
    BigInteger d = denominator.divide(divisor);
    if (n.bitLength() > BITS || d.bitLength() > BITS) {
      return Optional.empty();
    }
    return Optional.of(
        new Numeral(n.longValue(), d.longValue(), n.doubleValue() / d.doubleValue()));
  }

  private static Optional<Numeral> rounded(double value) {
    boolean lost = !(Math.abs(value) <= Double.MAX_VALUE) || Math.abs(value) < Double.MIN_NORMAL;
    return lost ? Optional.empty() : Optional.of(of(value));
  }

  /** Returns whether it is a fraction of whole numbers. */
  public boolean isExact() {
    return denominator > 0;
  }

  boolean isWhole() {
    return denominator == 1;
  }

  boolean isZero() {
    return value == 0;
  }

  boolean isNegative() {
    return value < 0;
  }

  Numeral negate() {
    return new Numeral(-numerator, denominator, isZero() ? 0 : -value);
  }

  Optional<Numeral> plus(Numeral other) {
    if (isExact() && other.isExact()) {
      BigInteger n = big(numerator).multiply(big(other.denominator));
      BigInteger m = big(other.numerator).multiply(big(denominator));
      Optional<Numeral> sum = fraction(n.add(m), big(denominator).multiply(big(other.denominator)));
      if (sum.isPresent()) {
        return sum;
      }
    }
    double sum = value + other.value;
    return sum == 0 ? Optional.of(ZERO) : rounded(sum);
  }

  Optional<Numeral> times(Numeral other) {
    if (isZero() || other.isZero()) {
      return Optional.of(ZERO);
    }
    if (isExact() && other.isExact()) {
      Optional<Numeral> product =
          fraction(
              big(numerator).multiply(big(other.numerator)),
              big(denominator).multiply(big(other.denominator)));
      if (product.isPresent()) {
        return product;
      }
    }
    return rounded(value * other.value);
  }

  /** Returns this to a power; empty where that has no short form, as √2, or does not exist. */
  Optional<Numeral> power(Numeral exponent) {
    if (exponent.isWhole() && Math.abs(exponent.value) <= MOST_EXPONENT) {
      return wholePower((int) exponent.numerator);
    }
    if (Math.abs(exponent.value) == 0.5 && isExact() && numerator > 0) {
      BigInteger n = big(numerator).sqrt();
      BigInteger d = big(denominator).sqrt();
      boolean square = n.pow(2).equals(big(numerator)) && d.pow(2).equals(big(denominator));
      if (square) {
        return exponent.isNegative() ? fraction(d, n) : fraction(n, d);
      }
    }
    return isZero() && !exponent.isNegative() ? Optional.of(ZERO) : Optional.empty();
  }

  private Optional<Numeral> wholePower(int exponent) {
    if (exponent == 0) {
      return Optional.of(ONE);
    }
    if (isZero()) {
      return exponent > 0 ? Optional.of(ZERO) : Optional.empty();
    }
    if (isExact()) {
      BigInteger n = big(numerator).pow(Math.abs(exponent));
      BigInteger d = big(denominator).pow(Math.abs(exponent));
      BigInteger sign = big(n.signum());
      Optional<Numeral> power = exponent > 0 ? fraction(n, d) : fraction(d.multiply(sign), n.abs());
      if (power.isPresent()) {
        return power;
      }
    }
    return rounded(Math.pow(value, exponent));
  }

  private static BigInteger big(long value) {
    return BigInteger.valueOf(value);
  }

  /**
   * Returns whether it is written with a fraction bar: halves, quarters, eighths, and what has no
   * finite decimal.
   */
  boolean isWrittenAsFraction() {
    if (!isExact() || isWhole()) {
      return false;
    }
    return denominator == 2 || denominator == 4 || denominator == 8 || !isDecimal();
  }

  private boolean isDecimal() {
    long rest = denominator >> Long.numberOfTrailingZeros(denominator);
    while (rest % 5 == 0) {
      rest /= 5;
    }
    return rest == 1;
  }

  /** Returns the digits, such as {@code -0.25}, {@code -1/3} or {@code 1.0E23}. */
  @Override
  public String toString() {
    if (!isExact()) {
      return Double.toString(value);
    }
    if (!isDecimal()) {
      return numerator + "/" + denominator;
    }
    BigDecimal quotient = BigDecimal.valueOf(numerator).divide(BigDecimal.valueOf(denominator));
    return quotient.stripTrailingZeros().toPlainString();
  }
}
