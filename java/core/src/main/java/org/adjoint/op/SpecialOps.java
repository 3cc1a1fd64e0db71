package org.adjoint.op;

import static org.adjoint.op.Elementwise.parametric;
import static org.adjoint.op.Elementwise.product;
import static org.adjoint.op.Elementwise.unary;

import java.util.List;
import org.adjoint.Tensor;

/**
 * The error function and the gamma function's logarithm with its derivatives, as rows of the op
 * table. To add one: as in {@link ElementwiseOps}. The numbers come from {@link ErrorFunction} and
 * {@link GammaFunction}, which name their sources.
 */
public final class SpecialOps {
  private static final double TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

  /** 2/√π · ∫₀ˣ exp(−t²) dt. */
  public static final Elementwise ERF =
      unary("erf", ErrorFunction::erf, product(c -> bell(c, TWO_OVER_SQRT_PI)));

  /** 1 − erf(x), with all its digits for large x. */
  public static final Elementwise ERFC =
      unary("erfc", ErrorFunction::erfc, product(c -> bell(c, -TWO_OVER_SQRT_PI)));

  /**
   * exp(−c·x²) for a c &gt; 0, the first input, with all digits in its tails, where an error of x²
   * before the exponential would grow.
   */
  public static final Elementwise BELL =
      parametric(
          "bell", ErrorFunction::bell, product(c -> c.y().scale(c.x(0).times(-2).times(c.x(1)))));

  /** log |Γ(x)|. */
  public static final Elementwise LGAMMA =
      unary("lgamma", GammaFunction::lgamma, product(c -> c.x().digamma()));

  /** ψ(x), the derivative of lgamma. */
  public static final Elementwise DIGAMMA =
      unary("digamma", GammaFunction::digamma, product(c -> c.x().polygamma(1)));

  /** ψ⁽ⁿ⁾(x), the n-th derivative of digamma; n, the first input, is a whole number. */
  public static final Elementwise POLYGAMMA =
      parametric(
          "polygamma",
          GammaFunction::polygamma,
          product(c -> polygamma().apply(c.x(0).plus(1), c.x(1))));

  /** All rows. */
  public static final List<Elementwise> ALL = List.of(ERF, ERFC, BELL, LGAMMA, DIGAMMA, POLYGAMMA);

  private SpecialOps() {}

  /** Returns {@link #POLYGAMMA}; its own rule cannot name it. */
  private static Elementwise polygamma() {
    return POLYGAMMA;
  }

  /**
   * Returns scale·exp(−x²), as a square: its root is far from the end of the range where exp(−x²)
   * is so small that it has few digits, but not its product with x².
   */
  private static Tensor bell(Call c, double scale) {
    return BELL.apply(c.number(0.5), c.x()).square().times(scale);
  }
}
