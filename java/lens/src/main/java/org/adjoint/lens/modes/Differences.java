package org.adjoint.lens.modes;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Derivatives by differences of values, and how far they are off for steps of many sizes. A large
 * step errs by what it cuts off of the Taylor series, a small one by the rounding of f, divided by
 * the step: on logarithmic axes the error is a V. Source: J. Nocedal, S. Wright, "Numerical
 * Optimization", 2nd edition 2006, section 8.1.
 *
 * @param points from the largest step to the smallest
 */
record Differences(List<Point> points) {
  /** Steps for one power of ten. */
  private static final int A_DECADE = 4;

  /**
   * How far both kinds of differences are off with one step.
   *
   * @param step h
   * @param forward the error of (f(x + h) − f(x))/h
   * @param central the error of (f(x + h) − f(x − h))/2h
   * @param gradient what the central difference gives, by number that f depends on
   */
  record Point(double step, double forward, double central, List<Double> gradient) {
    Point {
      gradient = List.copyOf(gradient);
    }
  }

  Differences {
    points = List.copyOf(points);
  }

  /**
   * Differentiates with steps from 1 down to 10⁻ᵈ.
   *
   * @param f the value at a point
   * @param x the point
   * @param decades d
   * @param error how far a gradient is off
   */
  static Differences of(
      ToDoubleFunction<double[]> f, double[] x, int decades, ToDoubleFunction<List<Double>> error) {
    List<Point> points = new ArrayList<>();
    double here = f.applyAsDouble(x);
    for (int k = 0; k <= decades * A_DECADE; k++) {
      double step = Math.pow(10, -(double) k / A_DECADE);
      List<Double> forward = new ArrayList<>();
      List<Double> central = new ArrayList<>();
      for (int i = 0; i < x.length; i++) {
        double above = f.applyAsDouble(moved(x, i, step));
        double below = f.applyAsDouble(moved(x, i, -step));
        forward.add((above - here) / step);
        central.add((above - below) / (2 * step));
      }
      points.add(
          new Point(step, error.applyAsDouble(forward), error.applyAsDouble(central), central));
    }
    return new Differences(points);
  }

  private static double[] moved(double[] x, int i, double by) {
    double[] moved = x.clone();
    moved[i] += by;
    return moved;
  }

  /** Returns the point at which the forward difference errs least. */
  Point bestForward() {
    return best(Point::forward);
  }

  /** Returns the point at which the central difference errs least. */
  Point bestCentral() {
    return best(Point::central);
  }

  private Point best(ToDoubleFunction<Point> error) {
    Point best = points.get(0);
    for (Point point : points) {
      double found = error.applyAsDouble(point);
      // NaN, where f does not exist, is never less
      if (found < error.applyAsDouble(best) || Double.isNaN(error.applyAsDouble(best))) {
        best = point;
      }
    }
    return best;
  }
}
