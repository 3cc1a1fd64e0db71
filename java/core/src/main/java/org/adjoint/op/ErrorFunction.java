package org.adjoint.op;

/**
 * erf, erfc and the normal distribution's Φ on one number, to a few units in the last place, erfc
 * and Φ in their tails too: what {@link java.lang.Math} lacks. The native kernels use the same
 * approximations.
 *
 * <p>Sources: definitions in DLMF 7.2; (1 + 2a)·exp(a²)·erfc(a) as a polynomial in (a − 4)/(a + 4),
 * an idea of Shepherd and Laframboise, "Chebyshev approximation of (1 + 2x)exp(x²)erfc x in 0 ≤ x
 * &lt; ∞", Math. Comp. 36 (1981). The coefficients were computed for this file, by interpolation at
 * Chebyshev points in 50 digits.
 */
final class ErrorFunction {
  /** erf(x)/x in powers of x², for |x| ≤ 1. */
  private static final double[] NEAR_ZERO = {
    1.1283791670955126,
    -0.37612638903183543,
    0.11283791670945006,
    -0.02686617064323777,
    0.0052239776071164225,
    -0.0008548325975389692,
    0.00012055294904839707,
    -1.492473690741966e-05,
    1.6447424703317362e-06,
    -1.6208483801871705e-07,
    1.3720064546777686e-08,
    -7.795898827002142e-10
  };

  /** (1 + 2a)·exp(a²)·erfc(a) in powers of (a − 4)/(a + 4), for a ≥ 0. */
  private static final double[] SCALED = {
    1.2329951186255526,
    -0.1396211168405625,
    0.015379652102610162,
    0.0680970542546862,
    -0.10103906603585294,
    0.09373283499865172,
    -0.06633036582050367,
    0.0371675155318432,
    -0.01619773397992426,
    0.005031970032548695,
    -0.0007577737141838885,
    -0.00019925700412184815,
    0.0001506231178516207,
    -2.439811794207995e-05,
    -1.1225140354449658e-05,
    5.707239573693257e-06,
    2.980596055322769e-07,
    -8.218020654813044e-07,
    7.111912428010423e-08,
    1.0683442926744586e-07,
    -1.6357383982124768e-08,
    -1.2544825403855518e-08,
    1.5712153638319064e-09,
    9.655408225482863e-10
  };

  /** From here on erfc and the tail of Φ round to 0. */
  private static final double FAR = 40;

  private static final double SQRT_HALF = Math.sqrt(0.5);

  private ErrorFunction() {}

  static double erf(double x) {
    double a = Math.abs(x);
    return a < 1 ? x * polynomial(NEAR_ZERO, x * x) : Math.copySign(1 - scaled(a) * decay(a, 1), x);
  }

  static double erfc(double x) {
    double a = Math.abs(x);
    if (a < 0.5) {
      return 1 - x * polynomial(NEAR_ZERO, x * x);
    }
    double tail = scaled(a) * decay(a, 1);
    return x < 0 ? 2 - tail : tail;
  }

  /** Returns x·Φ(x), with its limit 0 at −∞. */
  static double gelu(double x) {
    double a = Math.min(Math.abs(x), FAR);
    double tail = 0.5 * scaled(a * SQRT_HALF) * decay(a, 0.5);
    return x < 0 ? -a * tail : x * (1 - tail);
  }

  /** Returns exp(a²)·erfc(a) for a ≥ 0. */
  private static double scaled(double a) {
    double b = Math.min(a, FAR);
    return polynomial(SCALED, (b - 4) / (b + 4)) / (1 + 2 * b);
  }

  /** Returns exp(−c·x²) for c &gt; 0, else NaN. */
  static double bell(double c, double x) {
    if (!(c > 0)) {
      return Double.NaN;
    }
    double a = Math.abs(x);
    return c * a * a > 800 ? 0 : split(a, c);
  }

  /** Returns exp(−c·a²) for c = 1 or ½. */
  private static double decay(double a, double c) {
    return split(Math.min(a, FAR), c);
  }

  /** Returns exp(−c·b²), with b² in two parts of which the larger is exact. */
  private static double split(double b, double c) {
    double high = Double.longBitsToDouble(Double.doubleToRawLongBits(b) & ~0x7FFFFFFL);
    return Math.exp(-c * high * high) * Math.exp(-c * (b - high) * (b + high));
  }

  /** Returns c₀ + c₁x + c₂x² + …. */
  static double polynomial(double[] c, double x) {
    double y = c[c.length - 1];
    for (int i = c.length - 2; i >= 0; i--) {
      y = y * x + c[i];
    }
    return y;
  }
}
