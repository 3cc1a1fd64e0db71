package org.adjoint.lens.chart;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

/**
 * The range of an axis and its ticks, at numbers that a reader would choose: 1, 2 or 5 times a
 * power of ten (P. S. Heckbert, Nice numbers for graph labels, Graphics Gems, 1990).
 *
 * @param from where the axis begins
 * @param to where it ends, above {@code from}
 * @param marks the ticks between, ascending
 * @param log whether equal distances are equal ratios
 */
record Ticks(double from, double to, List<Mark> marks, boolean log) {
  private static final int MOST_PLAIN_DECADES = 4;
  private static final double LARGEST_DECADE = 308;
  private static final double SMALLEST_DECADE = -323;

  /** A tick at a value, with what stands beside it: nothing at a minor tick. */
  record Mark(double at, String label) {}

  /** Returns ticks at equal differences, of at least {@code least} if that is above 0. */
  static Ticks linear(double min, double max, int about, double least) {
    double low = min;
    double high = max;
    if (low == high) {
      double margin = Math.max(low == 0 ? 1 : Math.abs(low) / 10, least);
      low -= margin;
      high += margin;
    }
    double step = Math.max(nice((high / about) - (low / about)), least);
    // Numbers so large or so close that a step is lost in rounding are shown with two ticks.
    boolean coarse = !(step > 0) || low + step == low || high - step == high;
    if (coarse || Math.max(Math.abs(low), Math.abs(high)) > Double.MAX_VALUE / 4) {
      return new Ticks(
          low,
          high,
          List.of(new Mark(low, Numbers.shown(low)), new Mark(high, Numbers.shown(high))),
          false);
    }
    long first = (long) Math.floor(low / step + 1e-9);
    long last = (long) Math.ceil(high / step - 1e-9);
    double largest = Math.max(Math.abs(first * step), Math.abs(last * step));
    List<Mark> marks = new ArrayList<>();
    for (long i = first; i <= last; i++) {
      double at = rounded(i * step, step);
      marks.add(new Mark(at, label(at, step, largest)));
    }
    return new Ticks(marks.get(0).at(), marks.get(marks.size() - 1).at(), marks, false);
  }

  /** Returns ticks at powers of ten, and at 2 and 5 times them where there are few. */
  static Ticks log(double min, double max, int about) {
    double from = Math.log10(min);
    double to = Math.log10(max);
    int first = (int) Math.max(Math.floor(from + 1e-9), SMALLEST_DECADE);
    int last = (int) Math.min(Math.ceil(to - 1e-9), LARGEST_DECADE);
    if (first >= last) {
      first = last - 1;
    }
    int every = Math.max(1, (int) Math.ceil((double) (last - first) / about));
    boolean few = last - first <= 2;
    boolean plain = first >= -MOST_PLAIN_DECADES + 1 && last <= MOST_PLAIN_DECADES;
    List<Mark> marks = new ArrayList<>();
    for (int decade = first; decade <= last; decade++) {
      boolean labelled = (decade - first) % every == 0;
      marks.add(new Mark(power(decade), labelled ? decade(decade, plain) : ""));
      for (int factor = 2; factor < 10 && decade < last && every == 1; factor++) {
        double at = factor * power(decade);
        boolean named = few && (factor == 2 || factor == 5);
        marks.add(new Mark(at, named ? multiple(factor, decade, plain) : ""));
      }
    }
    return new Ticks(power(first), power(last), marks, true);
  }

  private static double power(int decade) {
    return Double.parseDouble("1e" + decade);
  }

  private static String decade(int decade, boolean plain) {
    return plain ? Numbers.shown(power(decade)) : Numbers.powerOfTen(decade);
  }

  private static String multiple(int factor, int decade, boolean plain) {
    double value = Double.parseDouble(factor + "e" + decade);
    return plain ? Numbers.shown(value) : factor + "·" + Numbers.powerOfTen(decade);
  }

  /** Returns 1, 2 or 5 times a power of ten, near {@code x} and above 0; 0 if x underflows. */
  private static double nice(double x) {
    if (!(x > 0)) {
      return 0;
    }
    int exponent = (int) Math.floor(Math.log10(x));
    double part = x / Math.pow(10, exponent);
    int factor = part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10;
    return Double.parseDouble(factor + "e" + exponent);
  }

  private static double rounded(double x, double step) {
    int scale = Math.max(0, 1 - (int) Math.floor(Math.log10(step)));
    return new BigDecimal(x).setScale(Math.min(scale, 340), RoundingMode.HALF_EVEN)
        .doubleValue();
  }

  private static String label(double x, double step, double largest) {
    int digit = (int) Math.floor(Math.log10(step));
    if (x == 0) {
      return "0";
    }
    if (largest >= 1e6 || largest < 1e-2) {
      return Numbers.exponent(x, Math.max(0, (int) Math.floor(Math.log10(Math.abs(x))) - digit));
    }
    String plain =
        new BigDecimal(x)
            .setScale(Math.max(0, -digit), RoundingMode.HALF_EVEN)
            .toPlainString();
    return Numbers.signed(plain);
  }

  /** Returns where a value lies: 0 at the beginning of the axis, 1 at its end. */
  double place(double x) {
    if (log) {
      return (Math.log10(x) - Math.log10(from)) / (Math.log10(to) - Math.log10(from));
    }
    // Halved, since the difference of two large numbers may be infinite.
    return (x / 2 - from / 2) / (to / 2 - from / 2);
  }
}
