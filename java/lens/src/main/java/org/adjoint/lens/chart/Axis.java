package org.adjoint.lens.chart;

/**
 * What an axis counts.
 *
 * @param label what is measured: {@code loss}
 * @param unit what it is measured in: {@code s}; empty for a number without one
 * @param scale how a value becomes a place
 */
public record Axis(String label, String unit, Scale scale) {

  /** How a value becomes a place on an axis. */
  public enum Scale {
    /** Equal distances are equal differences. */
    LINEAR,
    /** As {@link #LINEAR}, for whole numbers: no tick lies between two of them. */
    COUNT,
    /** Equal distances are equal ratios; a value that is not above zero has no place. */
    LOG
  }

  /** Returns an axis on which equal distances are equal differences. */
  public static Axis linear(String label) {
    return new Axis(label, "", Scale.LINEAR);
  }

  /** Returns an axis of whole numbers, such as steps. */
  public static Axis count(String label) {
    return new Axis(label, "", Scale.COUNT);
  }

  /** Returns an axis on which equal distances are equal ratios. */
  public static Axis log(String label) {
    return new Axis(label, "", Scale.LOG);
  }

  /** Returns this axis with a unit: {@code "s"}, {@code "MiB"}. */
  public Axis in(String unit) {
    return new Axis(label, unit, scale);
  }

  /** Returns the label with the unit in brackets, as it stands beside the axis. */
  String title() {
    return unit.isEmpty() ? label : label + " (" + unit + ")";
  }

  /** Returns a value with its unit: {@code 1.25 s}. */
  String value(double x) {
    String number =
        scale == Scale.COUNT && x == Math.rint(x) && Math.abs(x) < 1e15
            ? Long.toString((long) x)
            : Numbers.shown(x);
    return unit.isEmpty() ? number : number + " " + unit;
  }

  /** Returns whether a value has a place on this axis. */
  boolean shows(double x) {
    return Double.isFinite(x) && (scale != Scale.LOG || x > 0);
  }

  /** Returns the range and the ticks that hold all values between two, which have places. */
  Ticks ticks(double min, double max, int about) {
    return switch (scale) {
      case LINEAR -> Ticks.linear(min, max, about, 0);
      case COUNT -> Ticks.linear(min, max, about, 1);
      case LOG -> Ticks.log(min, max, about);
    };
  }
}
