package org.adjoint.tails;

import org.adjoint.DType;

/**
 * How far a result may be from the exact one. Where that is a normal number the relative error is
 * at most 1e-6 in F32 and 1e-14 in F64, and in the neighbourhood of a zero the absolute error at
 * most two units in the last place of what cancels there. Where the exact result leaves the range,
 * so does the computed one: it is never NaN.
 */
enum Bar {
  F32(1e-6, Float.MIN_NORMAL, Float.MAX_VALUE, 0x1p-23),
  F64(1e-14, Double.MIN_NORMAL, Double.MAX_VALUE, 0x1p-52);

  private final double relative;
  private final double least;
  private final double most;
  private final double ulp;

  Bar(double relative, double least, double most, double ulp) {
    this.relative = relative;
    this.least = least;
    this.most = most;
    this.ulp = ulp;
  }

  static Bar of(DType dtype) {
    return dtype == DType.F32 ? F32 : F64;
  }

  /** Returns the relative error that is allowed of a normal number. */
  double relative() {
    return relative;
  }

  /** Returns the largest finite number. */
  double most() {
    return most;
  }

  /** Returns the error of a result in units of what is allowed, +∞ for NaN. */
  double ratio(Tail tail, int order, double x, double exact, double got) {
    if (reaches(exact, got)) {
      return 0;
    }
    double ratio = Math.abs(got - exact) / allowed(tail, order, x, exact);
    return Double.isNaN(ratio) ? Double.POSITIVE_INFINITY : ratio;
  }

  /** Returns whether both results lie beyond the range, on the same side. */
  private boolean reaches(double exact, double got) {
    double rounded = this == F32 ? (float) exact : exact;
    return Math.abs(rounded) > most
        && Math.signum(exact) == Math.signum(got)
        && Math.abs(got) >= most * (1 - relative);
  }

  private double allowed(Tail tail, int order, double x, double exact) {
    if (Math.abs(exact) < least) {
      return 2 * least;
    }
    double allowed = relative * Math.min(Math.abs(exact), most);
    for (Tail.Crossing c : tail.crossings()) {
      if (c.order() == order && x >= c.from() && x <= c.to()) {
        allowed = Math.max(allowed, 2 * ulp * c.scale());
      }
    }
    return allowed;
  }
}
