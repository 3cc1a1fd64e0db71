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
  private static final double TWICE_SQRT_2_OVER_PI = 2 * Math.sqrt(2 / Math.PI);
  private static final double CUBIC = 0.044715;

  /** Below this x·eˣ rounds to 0. */
  private static final double FAR = -800;

  /** x·Φ(x), Φ the normal distribution function (Hendrycks and Gimpel 2016); Φ + x·φ. */
  public static final Elementwise GELU =
      unary(
          "gelu",
          ErrorFunction::gelu,
          product(
              c -> {
                Tensor phi = c.x().square().times(-0.5).exp().times(ONE_OVER_SQRT_2PI);
                return c.x().times(-SQRT_HALF).erfc().times(0.5).plus(phi.scale(c.x()));
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
                Tensor square = c.x().square();
                Tensor u = square.times(CUBIC).plus(1).times(c.x());
                Tensor du = square.times(3 * CUBIC).plus(1).times(TWICE_SQRT_2_OVER_PI);
                Tensor s = u.times(TWICE_SQRT_2_OVER_PI).sigmoid();
                return s.plus(s.times(c.number(1).minus(s)).scale(c.x().times(du)));
              }));

  /** x·σ(x), also called swish (Elfwing, Uchibe, Doya 2017); σ + y(1 − σ). */
  public static final Elementwise SILU =
      unary(
          "silu",
          ActivationOps::silu,
          product(
              c -> {
                Tensor s = c.x().sigmoid();
                return s.plus(c.number(1).minus(s).scale(c.y()));
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

  /** x·tanh(softplus(x)) (Misra 2019); t + x·σ(x)·(1 − t²) with t the tanh. */
  public static final Elementwise MISH =
      unary(
          "mish",
          ActivationOps::mish,
          product(
              c -> {
                Tensor t = c.x().softplus().tanh();
                Tensor slope = c.x().sigmoid().times(c.number(1).minus(t.square()));
                return t.plus(slope.scale(c.x()));
              }));

  /** All rows. */
  public static final List<Elementwise> ALL = List.of(GELU, GELU_TANH, SILU, ELU, SOFTPLUS, MISH);

  private ActivationOps() {}

  /** x where it is negative, else 0: what stands in an exponential must not overflow. */
  private static Tensor negativePart(Call c) {
    return Tensor.where(c.x().gt(0), c.number(0), c.x());
  }

  /** x / (1 + exp(−u)) for u of the sign of x. */
  private static double gated(double x, double u) {
    double e = Math.exp(-Math.abs(u));
    return x < 0 ? Math.max(x, FAR) * e / (1 + e) : x / (1 + e);
  }

  private static double silu(double x) {
    return gated(x, x);
  }

  private static double geluTanh(double x) {
    return gated(x, TWICE_SQRT_2_OVER_PI * (x + CUBIC * x * x * x));
  }

  private static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  /** tanh(log(1 + e)) is ((1 + e)² − 1) / ((1 + e)² + 1). */
  private static double mish(double x) {
    double e = Math.exp(-Math.abs(x));
    if (x < 0) {
      double n = e * (e + 2);
      return Math.max(x, FAR) * n / (n + 2);
    }
    return x * ((1 + 2 * e) / (1 + 2 * e * (1 + e)));
  }
}
