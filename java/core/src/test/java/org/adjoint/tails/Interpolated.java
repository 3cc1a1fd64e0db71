package org.adjoint.tails;

import java.util.function.DoubleUnaryOperator;

/**
 * A function at many arguments that lie evenly: the polynomial of degree 7 through eight of
 * Chebyshev's points wherever five other points confirm it to ten digits, the function itself where
 * they do not, on ever shorter pieces. So a truth that costs a microsecond costs a nanosecond, and
 * every float can have its own.
 */
final class Interpolated {
  /** How long a piece is at most. */
  private static final int MOST = 1 << 13;

  /** A shorter piece costs as much by the polynomial as without. */
  private static final int LEAST = 1 << 7;

  private static final int POINTS = 8;
  private static final double CLOSE = 1e-10;

  /** The eight places that the polynomial goes through. */
  private static final double[] NODES = new double[POINTS];

  /** Rows that make coefficients by power of values at the places. */
  private static final double[][] POWERS = new double[POINTS][POINTS];

  /** Where the polynomial would be wrong most, and both ends. */
  private static final double[] PROBES = new double[5];

  private static final double[] COUNT = new double[MOST];

  static {
    // T₀ = 1, T₁ = t, Tₙ₊₁ = 2t·Tₙ − Tₙ₋₁ (DLMF 18.9.1), by power.
    double[][] chebyshev = new double[POINTS][POINTS];
    chebyshev[0][0] = 1;
    chebyshev[1][1] = 1;
    for (int n = 2; n < POINTS; n++) {
      for (int power = 0; power < POINTS; power++) {
        double shifted = power == 0 ? 0 : chebyshev[n - 1][power - 1];
        chebyshev[n][power] = 2 * shifted - chebyshev[n - 2][power];
      }
    }
    for (int k = 0; k < POINTS; k++) {
      double angle = Math.PI * (2 * k + 1) / (2 * POINTS);
      NODES[k] = Math.cos(angle);
      for (int n = 0; n < POINTS; n++) {
        double weight = Math.cos(n * angle) * (n == 0 ? 1 : 2) / POINTS;
        for (int power = 0; power < POINTS; power++) {
          POWERS[power][k] += weight * chebyshev[n][power];
        }
      }
    }
    for (int i = 0; i < PROBES.length; i++) {
      PROBES[i] = Math.cos(Math.PI * i / (PROBES.length - 1));
    }
    for (int i = 0; i < MOST; i++) {
      COUNT[i] = i;
    }
  }

  private final DoubleUnaryOperator f;

  Interpolated(DoubleUnaryOperator f) {
    this.f = f;
  }

  /** Puts f(x + i·step) into y for {@code from ≤ i < to}. */
  void fill(double x, double step, double[] y, int from, int to) {
    for (int at = from; at < to; at += MOST) {
      piece(x, step, y, at, Math.min(to, at + MOST));
    }
  }

  private void piece(double x, double step, double[] y, int from, int to) {
    int n = to - from;
    if (n < LEAST) {
      for (int i = from; i < to; i++) {
        y[i] = f.applyAsDouble(x + i * step);
      }
      return;
    }
    double half = step * (n - 1) / 2;
    double middle = x + from * step + half;
    double[] c = coefficients(middle, half);
    if (isConfirmed(c, middle, half)) {
      double scale = 2.0 / (n - 1);
      for (int i = 0; i < n; i++) {
        y[from + i] = polynomial(c, COUNT[i] * scale - 1);
      }
    } else {
      int between = from + n / 2;
      piece(x, step, y, from, between);
      piece(x, step, y, between, to);
    }
  }

  private double[] coefficients(double middle, double half) {
    double[] c = new double[POINTS];
    for (int k = 0; k < POINTS; k++) {
      double value = f.applyAsDouble(middle + half * NODES[k]);
      for (int power = 0; power < POINTS; power++) {
        c[power] += POWERS[power][k] * value;
      }
    }
    return c;
  }

  private boolean isConfirmed(double[] c, double middle, double half) {
    for (double t : PROBES) {
      double exact = f.applyAsDouble(middle + half * t);
      if (!(Math.abs(polynomial(c, t) - exact) <= CLOSE * Math.abs(exact))) {
        return false;
      }
    }
    return true;
  }

  private static double polynomial(double[] c, double t) {
    return c[0]
        + t * (c[1] + t * (c[2] + t * (c[3] + t * (c[4] + t * (c[5] + t * (c[6] + t * c[7]))))));
  }
}
