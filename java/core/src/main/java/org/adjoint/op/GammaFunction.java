package org.adjoint.op;

/**
 * log |Γ| and its derivatives on one number, which {@link java.lang.Math} lacks. The native kernels
 * use the same approximations.
 *
 * <p>Sources: the recurrences DLMF 5.5.1 and 5.5.2 move the argument into [1, 2] or past 10; there
 * stand the asymptotic series DLMF 5.11.1 and 5.11.2; the reflections DLMF 5.5.3 and 5.5.4 serve
 * negative arguments. In [1, 2] the roots are factors, so that the result keeps its digits near
 * them; the polynomials were computed for this file, by interpolation at Chebyshev points in 50
 * digits. ψ⁽ⁿ⁾ is n! times Hurwitz's ζ(n + 1, x) but for its sign (DLMF 25.11.12), and that is
 * summed by Euler and Maclaurin (DLMF 25.11.5).
 */
final class GammaFunction {
  /** lgamma(x) / ((x − 1)(x − 2)) in powers of 2x − 3, for 1 ≤ x ≤ 2. */
  private static final double[] LGAMMA = {
    0.4831289505409809,
    -0.07297994795715304,
    0.015727850268641097,
    -0.003913560937626331,
    0.001049818664454635,
    -0.0002945507015164312,
    8.510090373634476e-05,
    -2.5094328700900636e-05,
    7.511391846837954e-06,
    -2.2742472358027586e-06,
    6.948428393704062e-07,
    -2.138638060528023e-07,
    6.623870571642316e-08,
    -2.0619851263731666e-08,
    6.430366506216791e-09,
    -2.0184741279133343e-09,
    6.5655031582108e-10,
    -2.075322954216366e-10,
    5.030067090605482e-11,
    -1.5936042537298723e-11,
    1.1577613910649688e-11,
    -3.700571132904742e-12
  };

  /** ψ(x) / (x − root) in powers of 2x − 3, for 1 ≤ x ≤ 2. */
  private static final double[] DIGAMMA = {
    0.9510558760318328,
    -0.2118137106407303,
    0.060135621060196744,
    -0.018550615381735115,
    0.005936795278305649,
    -0.0019350666648590097,
    0.0006368880303257201,
    -0.00021074841140458636,
    6.995018873950506e-05,
    -2.325824239445257e-05,
    7.741232223504057e-06,
    -2.57809436305308e-06,
    8.589127353033379e-07,
    -2.86315275846934e-07,
    9.542050972688906e-08,
    -3.163020268955334e-08,
    1.0542687624027994e-08,
    -3.7075072647122386e-09,
    1.2358072433984831e-09,
    -2.7619635330317715e-10,
    9.206434499177992e-11,
    -8.498137230186096e-11,
    2.832706668021759e-11
  };

  /** The root of ψ between 1 and 2, in two parts. */
  private static final double ROOT = 1.4616321449683622;

  private static final double ROOT_LOW = 9.549995429965697e-17;

  /** B₂ₖ / (2k(2k − 1)), k ≥ 1: the series of lgamma in odd powers of 1/x. */
  private static final double[] STIRLING = {
    1.0 / 12,
    -1.0 / 360,
    1.0 / 1260,
    -1.0 / 1680,
    1.0 / 1188,
    -691.0 / 360360,
    1.0 / 156,
    -3617.0 / 122400
  };

  /** B₂ₖ / 2k, k ≥ 1: the series of ψ in even powers of 1/x. */
  private static final double[] PSI = {
    1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12, -3617.0 / 8160
  };

  /** B₂ₖ / (2k)!, k ≥ 1: Euler and Maclaurin. */
  private static final double[] MACLAURIN = {
    8.333333333333333e-2,
    -1.388888888888889e-3,
    3.306878306878307e-5,
    -8.267195767195768e-7,
    2.08767569878681e-8,
    -5.284190138687493e-10,
    1.3382536530684679e-11,
    -3.3896802963225827e-13,
    8.586062056277845e-15,
    -2.174868698558062e-16
  };

  /** From here on the series converge at once. */
  private static final double LARGE = 10;

  /** ½ log 2π − ½. */
  private static final double HALF_LOG_2PI_LESS_HALF = 0.4189385332046727;

  /** Orders from here on are refused: no factorial near them is finite. */
  private static final double MOST = 1 << 20;

  private GammaFunction() {}

  /** Returns log |Γ(x)|; +∞ at the poles 0, −1, −2, … and at ±∞. */
  static double lgamma(double x) {
    if (Double.isInfinite(x)) {
      return Double.POSITIVE_INFINITY;
    }
    if (x > 0 || Double.isNaN(x)) {
      return positiveLgamma(x);
    }
    if (x == Math.rint(x)) {
      return Double.POSITIVE_INFINITY;
    }
    return -Math.log(Math.abs(sinPi(x)) / Math.PI) - positiveLgamma(1 - x);
  }

  private static double positiveLgamma(double x) {
    if (x >= LARGE) {
      double r = 1 / x;
      return (x - 0.5) * (Math.log(x) - 1)
          + (HALF_LOG_2PI_LESS_HALF + r * ErrorFunction.polynomial(STIRLING, r * r));
    }
    if (x < 1) {
      return x * (x - 1) * ErrorFunction.polynomial(LGAMMA, 2 * x - 1) - Math.log(x);
    }
    // Γ(x) = (x − 1)(x − 2) … Γ(y); for y < 2 < x < 3 the factor is exact, which the root needs.
    double factor = 1;
    double y = x;
    while (y > 2) {
      y -= 1;
      factor *= y;
    }
    return (y - 1) * (y - 2) * ErrorFunction.polynomial(LGAMMA, 2 * y - 3) + Math.log(factor);
  }

  /** Returns sin πx for finite x, exact where it is 0. */
  private static double sinPi(double x) {
    double r = x - 2 * Math.rint(x / 2);
    double a = Math.abs(r);
    return Math.copySign(Math.sin(Math.PI * (a > 0.5 ? 1 - a : a)), r);
  }

  /** Returns π / tan πx for finite x that is not whole. */
  private static double piCotPi(double x) {
    double r = x - Math.rint(x);
    // Near its zeros the cotangent is the tangent of what is left, which keeps its digits.
    return Math.abs(r) > 0.25
        ? Math.PI * Math.tan(Math.PI * (Math.copySign(0.5, r) - r))
        : Math.PI / Math.tan(Math.PI * r);
  }

  /** Returns ψ(x) = Γ′/Γ; ∓∞ at ±0, NaN at the other poles and at −∞. */
  static double digamma(double x) {
    if (x > 0 || Double.isNaN(x)) {
      return positiveDigamma(x);
    }
    if (x == 0) {
      return -1 / x;
    }
    return x == Math.rint(x) ? Double.NaN : positiveDigamma(1 - x) - piCotPi(x);
  }

  private static double positiveDigamma(double x) {
    double sum = 0;
    double y = x;
    if (y < 1) {
      sum = -1 / y;
      y += 1;
    } else if (y < LARGE) {
      while (y > 2) {
        y -= 1;
        sum += 1 / y;
      }
    } else {
      double r = 1 / y;
      return Math.log(y) - r * (0.5 + r * ErrorFunction.polynomial(PSI, r * r));
    }
    return sum + (y - ROOT - ROOT_LOW) * ErrorFunction.polynomial(DIGAMMA, 2 * y - 3);
  }

  /**
   * Returns ψ⁽ⁿ⁾(x), the n-th derivative of {@link #digamma}; NaN unless n is whole and 0 ≤ n ≤
   * 2²⁰. At its poles it is +∞ for odd n; for even n ∓∞ at ±0 and NaN at the others.
   */
  static double polygamma(double n, double x) {
    if (!(n >= 0 && n <= MOST) || n != Math.rint(n)) {
      return Double.NaN;
    }
    if (n == 0) {
      return digamma(x);
    }
    boolean odd = n % 2 != 0;
    if (x > 0 || Double.isNaN(x)) {
      return odd ? zeta(n, x) : -zeta(n, x);
    }
    if (x == Math.rint(x) && !Double.isInfinite(x)) {
      double atZero = x == 0 ? -1 / x : Double.NaN;
      return odd ? Double.POSITIVE_INFINITY : atZero;
    }
    // The sum over k ≥ 0 is that over all whole k, which has period 1, less that over k < 0.
    double left = zeta(n, Math.ceil(x) - x) - zeta(n, 1 - x);
    double right = zeta(n, x - Math.floor(x));
    return odd ? right + left : left - right;
  }

  /** Returns n!·ζ(n + 1, x) for x &gt; 0 and n ≥ 1. */
  private static double zeta(double n, double x) {
    double sum = 0;
    double y = x;
    while (y < LARGE + n) {
      double term = power(n, y);
      sum += term;
      if (term <= sum * 0x1p-60) {
        return sum;
      }
      y += 1;
    }
    double integral = power(n - 1, y);
    double last = integral * (n / y);
    double tail = 0;
    double product = last;
    for (int k = 1; k <= MACLAURIN.length; k++) {
      product *= (n + 2 * k - 1) / y;
      tail += MACLAURIN[k - 1] * product;
      product *= (n + 2 * k) / y;
    }
    return sum + (integral + (0.5 * last + tail));
  }

  /**
   * Returns n! / yⁿ⁺¹. On the way the product may leave the range and come back (n = 2000, y =
   * 1000), so its exponent is kept apart; where the end lies far outside of it, its logarithm says
   * so at once.
   */
  private static double power(double n, double y) {
    double log = positiveLgamma(n + 1) - (n + 1) * Math.log(y);
    if (!(log > -760)) {
      return Double.isNaN(log) ? log : 0;
    }
    if (log > 720) {
      return Double.POSITIVE_INFINITY;
    }
    double term = 1 / y;
    int exponent = 0;
    for (double j = 1; j <= n; j++) {
      term *= j / y;
      int step = term < 0x1p-500 ? -500 : term > 0x1p500 ? 500 : 0;
      if (step != 0) {
        term *= step < 0 ? 0x1p500 : 0x1p-500;
        exponent += step;
      }
    }
    return Math.scalb(term, exponent);
  }
}
