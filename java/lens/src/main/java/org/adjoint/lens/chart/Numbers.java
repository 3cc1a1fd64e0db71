package org.adjoint.lens.chart;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as a reader wants them: four digits, and an exponent only where it is shorter. */
public final class Numbers {
  private static final int DIGITS = 4;
  private static final double PLAIN_FROM = 1e-3;
  private static final double PLAIN_TO = 1e6;
  private static final String SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

  private Numbers() {}

  /** Returns a number to four digits; {@code NaN}, {@code ∞} and {@code −∞} by these names. */
  public static String shown(double x) {
    if (Double.isNaN(x)) {
      return "NaN";
    }
    if (Double.isInfinite(x)) {
      return x > 0 ? "∞" : "−∞";
    }
    double size = Math.abs(x);
    if (x == Math.rint(x) && size < PLAIN_TO) {
      return signed(Long.toString((long) x));
    }
    BigDecimal rounded = new BigDecimal(x).round(new MathContext(DIGITS));
    if (size >= PLAIN_FROM && size < PLAIN_TO) {
      return signed(rounded.stripTrailingZeros().toPlainString());
    }
    return exponent(x, DIGITS - 1);
  }

  /**
   * Returns a number in scientific notation, {@code 2.5e−4}, without zeros that say nothing.
   *
   * @param decimals the digits behind the point at most
   */
  static String exponent(double x, int decimals) {
    String text = String.format(Locale.ROOT, "%." + decimals + "e", x);
    int e = text.indexOf('e');
    String mantissa = text.substring(0, e);
    if (mantissa.contains(".")) {
      mantissa = mantissa.replaceFirst("\\.?0+$", "");
    }
    return signed(mantissa + "e" + Integer.parseInt(text.substring(e + 1)));
  }

  /** Returns {@code 10⁻³} for −3. */
  static String powerOfTen(int exponent) {
    StringBuilder text = new StringBuilder("10");
    for (char c : Integer.toString(exponent).toCharArray()) {
      text.append(c == '-' ? '⁻' : SUPERSCRIPTS.charAt(c - '0'));
    }
    return text.toString();
  }

  /** Returns a text with the minus of typography, which screen readers say too. */
  static String signed(String number) {
    return number.replace('-', '−');
  }
}
