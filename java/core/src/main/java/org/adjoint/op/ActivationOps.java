package org.adjoint.op;

import static org.adjoint.op.Elementwise.binary;
import static org.adjoint.op.Elementwise.product;
import static org.adjoint.op.Elementwise.unary;

import java.util.List;
import org.adjoint.Tensor;

/**
 * The smooth activations of neural networks, as rows of the op table; relu, leakyRelu, tanh and
 * sigmoid stand in {@link ElementwiseOps}. To add one: as there.
 *
 * <p>None overflows, and all take their limits at ±∞, derivatives too: where a factor that vanishes
 * meets one that may be infinite, a rule writes {@code vanishing.scale(infinite)}.
 */
public final class ActivationOps {
  private static final double SQRT_HALF = Math.sqrt(0.5);
  private static final double ONE_OVER_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);
  private static final double TWICE_SQRT_2_OVER_PI = 1.5957691216057308;
  private static final double CUBIC = 0.044715;

  /** What the two constants lack. */
  private static final double TWICE_SQRT_2_OVER_PI_LOW = -9.96930880911092e-17;

  private static final double CUBIC_LOW = 2.1960211427085595e-18;

  /** Below this x·eˣ rounds to 0. */
  private static final double FAR = -800;

  /** x·Φ(x), Φ the normal distribution function (Hendrycks and Gimpel 2016); Φ + x·φ. */
  public static final Elementwise GELU =
      unary(
          "gelu",
          ErrorFunction::gelu,
          product(
              c -> {
                // φ as a square: where φ has few digits left, its root still has all of them.
                Tensor root = SpecialOps.BELL.apply(c.number(0.25), c.x());
                Tensor slope = root.scale(c.x()).times(root).times(ONE_OVER_SQRT_2PI);
                return c.x().times(-SQRT_HALF).erfc().times(0.5).plus(slope);
              }));

  /**
   * gelu's approximation ½x(1 + tanh u), u = √(2/π)·(x + 0.044715x³) (Hendrycks and Gimpel 2016),
   * computed as x·σ(2u).
   */
  public static final Elementwise GELU_TANH =
      unary(
          "geluTanh",
          ActivationOps::geluTanh,
          product(
              c -> {
                // Beyond ±64 the slope is 0 or 1, and x³ may overflow.
                Tensor x = c.x().clamp(-64, 64);
                Tensor half = geluTanhSech(x).times(0.5);
                Tensor gate = twiceU(x).sigmoid();
                return gate.plus(half.scale(x.times(twiceSlope(x))).times(half));
              }));

  /** x·σ(x), also called swish (Elfwing, Uchibe, Doya 2017); σ + x·σ′. */
  public static final Elementwise SILU =
      unary(
          "silu",
          ActivationOps::silu,
          product(
              c -> {
                Tensor half = TrigonometricOps.sech(c.x().times(0.5)).times(0.5);
                return c.x().sigmoid().plus(half.scale(c.x()).times(half));
              }));

  /**
   * x where x &gt; 0, else α(eˣ − 1) (Clevert, Unterthiner, Hochreiter 2015); α is the second
   * input; the derivative at 0 is α.
   */
  public static final Elementwise ELU =
      binary(
          "elu",
          (x, a) -> x > 0 ? x : a * Math.expm1(x),
          (c, g) -> Tensor.where(c.x().gt(0), g, g.scale(c.x(1).times(negativePart(c).exp()))),
          (c, g) -> g.scale(negativePart(c).expm1()));

  /** log(1 + eˣ); σ. */
  public static final Elementwise SOFTPLUS =
      unary("softplus", ActivationOps::softplus, product(c -> c.x().sigmoid()));

  /**
   * x·tanh(softplus(x)) (Misra 2019); t + x·t′ with t the tanh. With q = σ(−x), t is (1 − q²)/(1 +
   * q²), and t′ is 4q·σ′(x)/(1 + q²)².
   */
  public static final Elementwise MISH =
      unary(
          "mish",
          ActivationOps::mish,
          product(
              c -> {
                Tensor s = c.x().sigmoid();
                Tensor q = c.x().neg().sigmoid();
                Tensor square = q.square();
                Tensor below = square.plus(1);
                // Two forms of t: each has a derivative that does not cancel where it is taken.
                Tensor high = c.number(1).minus(square.times(2).div(below));
                Tensor low = s.times(q.plus(1)).div(below);
                Tensor t = Tensor.where(c.x().gt(0), high, low);
                Tensor half = TrigonometricOps.sech(c.x().times(0.5)).times(0.5);
                Tensor rest = q.times(4).div(below.square());
                return t.plus(half.scale(c.x()).times(rest).times(half));
              }));

  /** sech u for the u of {@link #GELU_TANH}, with all digits in its tails; −sech·tanh(u)·u′. */
  public static final Elementwise GELU_TANH_SECH =
      unary(
          "geluTanhSech",
          x -> {
            double e = geluTanhDecay(x, 0.5);
            return 2 * e / (1 + e * e);
          },
          product(
              c -> {
                Tensor slope = twiceU(c.x()).times(0.5).tanh().times(twiceSlope(c.x())).times(0.5);
                return c.y().scale(slope.neg());
              }));

  /**
   * The cross-entropy of two classes by the margin x of the first one's logit, t being its
   * probability: −t·log σ(x) − (1 − t)·log σ(−x). A class of probability 0 adds nothing, however
   * far off the margin. By x it is (1 − t)·σ(x) − t·σ(−x), by t it is −x.
   */
  public static final Elementwise SIGMOID_CROSS_ENTROPY =
      binary(
          "sigmoidCrossEntropy",
          ActivationOps::sigmoidCrossEntropy,
          product(
              c -> {
                Tensor other = c.number(1).minus(c.x(1)).times(c.x(0).sigmoid());
                return other.minus(c.x(1).times(c.x(0).neg().sigmoid()));
              }),
          (c, g) -> g.scale(c.x(0)).neg());

  /** All rows. */
  public static final List<Elementwise> ALL =
      List.of(GELU, GELU_TANH, SILU, ELU, SOFTPLUS, MISH, GELU_TANH_SECH, SIGMOID_CROSS_ENTROPY);

  private ActivationOps() {}

  /** x where it is negative, else 0: what stands in an exponential must not overflow. */
  private static Tensor negativePart(Call c) {
    return Tensor.where(c.x().gt(0), c.number(0), c.x());
  }

  /** Returns {@link #GELU_TANH_SECH}; rows above it cannot name it. */
  private static Tensor geluTanhSech(Tensor x) {
    return GELU_TANH_SECH.apply(x);
  }

  /** 2u(x) = 2√(2/π)·(x + 0.044715x³). */
  private static Tensor twiceU(Tensor x) {
    return x.square().times(CUBIC).plus(1).times(x).times(TWICE_SQRT_2_OVER_PI);
  }

  /** 2u′(x). */
  private static Tensor twiceSlope(Tensor x) {
    return x.square().times(3 * CUBIC).plus(1).times(TWICE_SQRT_2_OVER_PI);
  }

  /**
   * x·e/(1 + e) for x &lt; 0, else x/(1 + e), with e = root². The root has all its digits where e
   * has few, but x·e has them.
   */
  private static double gated(double x, double root) {
    double e = root * root;
    return x < 0 ? Math.max(x, FAR) * root * (root / (1 + e)) : x / (1 + e);
  }

  private static double silu(double x) {
    return gated(x, Math.exp(-0.5 * Math.abs(x)));
  }

  private static double geluTanh(double x) {
    return gated(x, geluTanhDecay(x, 0.5));
  }

  /**
   * Returns exp(−c·|2u(x)|). 2u is computed in two parts (Dekker 1971), because in the tails an
   * error of it is one of the result many times as large.
   */
  private static double geluTanhDecay(double x, double c) {
    double a = Math.min(Math.abs(x), 64); // from here on the result is 0
    double square = a * a;
    double squareLow = Math.fma(a, a, -square);
    double cubic = CUBIC * square;
    double cubicLow = Math.fma(CUBIC, square, -cubic) + CUBIC * squareLow + CUBIC_LOW * square;
    double factor = 1 + cubic;
    double factorLow = (cubic < 1 ? cubic - (factor - 1) : 1 - (factor - cubic)) + cubicLow;
    double z = factor * a;
    double zLow = Math.fma(factor, a, -z) + factorLow * a;
    double u = z * TWICE_SQRT_2_OVER_PI;
    double low =
        Math.fma(z, TWICE_SQRT_2_OVER_PI, -u)
            + z * TWICE_SQRT_2_OVER_PI_LOW
            + zLow * TWICE_SQRT_2_OVER_PI;
    return Math.exp(-c * u) * (1 - c * low);
  }

  private static double sigmoidCrossEntropy(double x, double t) {
    double far = x > 0 ? 1 - t : -t;
    return (far == 0 ? 0 : far * x) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  private static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  /** tanh(log(1 + e)) is ((1 + e)² − 1) / ((1 + e)² + 1). */
  private static double mish(double x) {
    double e = Math.exp(-Math.abs(x));
    if (x < 0) {
      double n = e * (e + 2);
      double root = Math.exp(0.5 * x);
      return Math.max(x, FAR) * root * (root * ((e + 2) / (n + 2)));
    }
    return x * ((1 + 2 * e) / (1 + 2 * e * (1 + e)));
  }
}
