package org.adjoint.lens.modes;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import org.adjoint.lens.picture.Svg;

/** Formulas and numbers as the page writes them. */
final class Notation {
  private static final int LONGEST = 600;
  private static final int DOUBLE_DIGITS = 17;
  private static final int TRUTH_DIGITS = 24;
  private static final double PLAIN_FROM = 1e-3;
  private static final double PLAIN_TO = 1e7;

  private Notation() {}

  /** Returns a formula as books write it, empty if nobody would read it to its end. */
  static String readable(String infix) {
    if (infix.length() > LONGEST) {
      return "";
    }
    return infix
        .replace("*", "·")
        .replace("-", "−")
        .replaceAll("\\^2(?![\\d.])", "²")
        .replaceAll("\\^3(?![\\d.])", "³");
  }

  /** Returns a whole number as an exponent. */
  static String raised(long n) {
    StringBuilder text = new StringBuilder();
    for (char digit : Long.toString(n).toCharArray()) {
      text.append(digit == '-' ? '⁻' : "⁰¹²³⁴⁵⁶⁷⁸⁹".charAt(digit - '0'));
    }
    return text.toString();
  }

  /** Returns a number to two digits: {@code 1.1·10⁻¹⁶}, {@code 0.25}, {@code 0}. */
  static String rough(double x) {
    if (x == 0 || Double.isNaN(x) || Double.isInfinite(x)) {
      return x == 0 ? "0" : Double.toString(x);
    }
    if (Math.abs(x) >= PLAIN_FROM && Math.abs(x) < 1000) {
      BigDecimal rounded = new BigDecimal(x).round(new MathContext(2));
      return signed(rounded.stripTrailingZeros().toPlainString());
    }
    String text = String.format(Locale.ROOT, "%.1e", x);
    int e = text.indexOf('e');
    return signed(text.substring(0, e)) + "·10" + raised(Long.parseLong(text.substring(e + 1)));
  }

  /** Returns a count, with spaces between thousands, to three digits where it is large. */
  static String count(double n) {
    return n < PLAIN_TO ? String.format(Locale.ROOT, "%,.0f", n).replace(',', '\u202f') : rough(n);
  }

  /** Returns a true value to more digits than a double has. */
  static String exact(BigDecimal x) {
    return signed(text(x.round(new MathContext(TRUTH_DIGITS, RoundingMode.HALF_EVEN))));
  }

  /** Returns a double with as few digits as tell it apart. */
  static String shortest(double x) {
    return signed(text(BigDecimal.valueOf(x)));
  }

  /** Returns a double to all its digits as markup in which those that are off are marked. */
  static String marked(double x, BigDecimal truth) {
    String all = signed(text(digits(x)));
    BigDecimal off = digits(x).subtract(truth).abs();
    if (off.signum() == 0 || truth.signum() == 0) {
      return Svg.escaped(all);
    }
    double ratio = off.divide(truth.abs(), MathContext.DECIMAL64).doubleValue();
    int right = (int) Math.floor(-Math.log10(ratio) + 0.3);
    int at = 0;
    int seen = 0;
    while (at < all.length() && all.charAt(at) != '·' && seen < Math.max(right, 0)) {
      boolean leading = seen == 0 && all.charAt(at) == '0';
      seen += Character.isDigit(all.charAt(at)) && !leading ? 1 : 0;
      at++;
    }
    int end = all.indexOf('·') < 0 ? all.length() : all.indexOf('·');
    if (at >= end) {
      return Svg.escaped(all);
    }
    return all.substring(0, at) + "<u>" + all.substring(at, end) + "</u>" + all.substring(end);
  }

  private static BigDecimal digits(double x) {
    return new BigDecimal(x).round(new MathContext(DOUBLE_DIGITS, RoundingMode.HALF_EVEN));
  }

  private static String text(BigDecimal x) {
    BigDecimal size = x.abs();
    boolean plain =
        x.signum() == 0
            || size.compareTo(BigDecimal.valueOf(PLAIN_FROM)) >= 0
                && size.compareTo(BigDecimal.valueOf(PLAIN_TO)) < 0;
    BigDecimal shorter = x.signum() == 0 ? BigDecimal.ZERO : x.stripTrailingZeros();
    if (plain) {
      return shorter.toPlainString();
    }
    int exponent = shorter.precision() - shorter.scale() - 1;
    return shorter.movePointLeft(exponent).toPlainString() + "·10" + raised(exponent);
  }

  private static String signed(String number) {
    return number.replace('-', '−');
  }
}
