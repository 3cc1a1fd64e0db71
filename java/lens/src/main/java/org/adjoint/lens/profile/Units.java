package org.adjoint.lens.profile;

import java.util.Locale;

/** Times, counts and rates with the unit that suits their size, three digits each. */
final class Units {
  private static final String[] TIMES = {"ns", "µs", "ms", "s"};
  private static final String[] COUNTS = {"", "k", "M", "G", "T"};

  private Units() {}

  static String time(double nanoseconds) {
    return scaled(nanoseconds, TIMES);
  }

  /** Returns a count of operations: {@code 12.3 M}. */
  static String count(double n) {
    return scaled(n, COUNTS).strip();
  }

  private static String scaled(double x, String... units) {
    double value = x;
    int unit = 0;
    while (value >= 999.5 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return digits(value) + " " + units[unit];
  }

  /** Returns a number with three digits: {@code 0.12}, {@code 1.23}, {@code 12.3}, {@code 123}. */
  static String digits(double x) {
    int decimals = x < 9.995 ? 2 : x < 99.95 ? 1 : 0;
    return String.format(Locale.ROOT, x == 0 ? "%.0f" : "%." + decimals + "f", x);
  }

  static String percent(double part) {
    double hundredths = 100 * part;
    return String.format(Locale.ROOT, hundredths < 9.95 ? "%.1f %%" : "%.0f %%", hundredths);
  }
}
