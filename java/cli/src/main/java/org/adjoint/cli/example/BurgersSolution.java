package org.adjoint.cli.example;

/**
 * The exact solution of u_t + u·u_x = ν·u_xx with u(x, 0) = −sin πx, by the transformation of Cole
 * and Hopf: u(x, t) = −∫ sin(πy)·K dη / ∫ K dη with y = x − η and K = exp(−cos(πy)/(2πν) −
 * η²/(4νt)), over all η.
 *
 * <p>Both integrals are sums over the same evenly spaced η: for analytic functions that vanish at
 * the ends the trapezoidal rule converges faster than any power of the spacing. The exponents reach
 * ±50 and more, so the largest is taken off first. Twice the nodes change nothing above 10⁻¹³.
 *
 * <p>Sources: C. Basdevant et al., "Spectral and finite difference solutions of the Burgers
 * equation", Computers & Fluids 14 (1986); L. N. Trefethen, J. A. C. Weideman, "The Exponentially
 * Convergent Trapezoidal Rule", SIAM Review 56 (2014).
 */
final class BurgersSolution {
  /** ν. */
  static final double VISCOSITY = 0.01 / Math.PI;

  static final int NODES = 400;

  private static final int ROWS = 100;
  private static final int COLUMNS = 256;

  // η / √(4νt) where e^(−z²) makes up for all that the cosine can add, 100 in the exponent, and
  // leaves e⁻⁶⁹
  private static final double REACH = 13;

  private BurgersSolution() {}

  /** Values on a grid, by rows of equal t; each array has an element a point. */
  record Grid(double[] x, double[] t, double[] u) {}

  /** Returns u on 256 × 100 points: x from −1 to 1, t = 0, 0.01, …, 0.99. */
  static Grid grid() {
    double[] x = new double[ROWS * COLUMNS];
    double[] t = new double[ROWS * COLUMNS];
    double[] u = new double[ROWS * COLUMNS];
    for (int i = 0; i < u.length; i++) {
      x[i] = -1 + 2.0 * (i % COLUMNS) / (COLUMNS - 1);
      t[i] = 0.01 * (i / COLUMNS);
      u[i] = u(x[i], t[i], NODES);
    }
    return new Grid(x, t, u);
  }

  /** Returns u(x, t) for t ≥ 0 from {@code 2·nodes + 1} values of η. */
  static double u(double x, double t, int nodes) {
    if (t == 0) {
      return -Math.sin(Math.PI * x);
    }
    double scale = Math.sqrt(4 * VISCOSITY * t) * REACH / nodes;
    double[] exponents = new double[2 * nodes + 1];
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < exponents.length; i++) {
      double z = REACH * (i - nodes) / nodes;
      double y = x - scale * (i - nodes);
      exponents[i] = -Math.cos(Math.PI * y) / (2 * Math.PI * VISCOSITY) - z * z;
      largest = Math.max(largest, exponents[i]);
    }
    double above = 0;
    double below = 0;
    for (int i = 0; i < exponents.length; i++) {
      double kernel = Math.exp(exponents[i] - largest);
      above += Math.sin(Math.PI * (x - scale * (i - nodes))) * kernel;
      below += kernel;
    }
    return -above / below;
  }
}
