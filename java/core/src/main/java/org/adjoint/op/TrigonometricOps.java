package org.adjoint.op;

import static org.adjoint.op.Elementwise.binary;
import static org.adjoint.op.Elementwise.product;
import static org.adjoint.op.Elementwise.unary;

import java.util.List;
import org.adjoint.Tensor;

/**
 * The circular and hyperbolic functions and their inverses, as rows of the op table; tanh stands in
 * {@link ElementwiseOps}. Angles are in radians. To add one: as there.
 *
 * <p>Outside its domain an inverse function is NaN. At the ends of the domain asin, acos, acosh and
 * atanh have infinite derivatives (and 0 times one is 0); both derivatives of atan2 are 0 at (0,
 * 0).
 */
public final class TrigonometricOps {
  public static final Elementwise SIN = unary("sin", Math::sin, product(c -> c.x().cos()));

  public static final Elementwise COS = unary("cos", Math::cos, product(c -> c.x().sin().neg()));

  public static final Elementwise TAN =
      unary("tan", Math::tan, product(c -> c.y().square().plus(1)));

  public static final Elementwise ASIN =
      unary("asin", Math::asin, product(c -> lessSquare(c).rsqrt()));

  public static final Elementwise ACOS =
      unary("acos", Math::acos, product(c -> lessSquare(c).rsqrt().neg()));

  public static final Elementwise ATAN =
      unary("atan", Math::atan, product(c -> c.x().square().plus(1).reciprocal()));

  /** The angle of the point (x, y), of which y is the first input. */
  public static final Elementwise ATAN2 =
      binary(
          "atan2",
          Math::atan2,
          product(c -> c.x(1).scale(inverseSquare(c))),
          product(c -> c.x(0).neg().scale(inverseSquare(c))));

  public static final Elementwise SINH = unary("sinh", Math::sinh, product(c -> c.x().cosh()));

  public static final Elementwise COSH = unary("cosh", Math::cosh, product(c -> c.x().sinh()));

  public static final Elementwise ASINH =
      unary("asinh", TrigonometricOps::asinh, product(c -> c.x().square().plus(1).rsqrt()));

  public static final Elementwise ACOSH =
      unary(
          "acosh",
          TrigonometricOps::acosh,
          product(c -> c.x().minus(1).rsqrt().times(c.x().plus(1).rsqrt())));

  public static final Elementwise ATANH =
      unary("atanh", TrigonometricOps::atanh, product(c -> lessSquare(c).reciprocal()));

  /** All rows. */
  public static final List<Elementwise> ALL =
      List.of(SIN, COS, TAN, ASIN, ACOS, ATAN, ATAN2, SINH, COSH, ASINH, ACOSH, ATANH);

  /** Beyond this x² swallows 1. */
  private static final double LARGE = 0x1p28;

  private static final double LN2 = Math.log(2);

  private TrigonometricOps() {}

  /** 1 − x², without cancellation. */
  private static Tensor lessSquare(Call c) {
    return c.number(1).minus(c.x()).times(c.x().plus(1));
  }

  /** 1 / (x² + y²), which is infinite at (0, 0). */
  private static Tensor inverseSquare(Call c) {
    return c.x(0).square().plus(c.x(1).square()).reciprocal();
  }

  private static double asinh(double x) {
    double a = Math.abs(x);
    double y = a > LARGE ? Math.log(a) + LN2 : Math.log1p(a + a * a / (1 + Math.sqrt(a * a + 1)));
    return Math.copySign(y, x);
  }

  private static double acosh(double x) {
    double t = x - 1;
    if (t < 0) {
      return Double.NaN; // far below 1 the root would overflow to +∞
    }
    return x > LARGE ? Math.log(x) + LN2 : Math.log1p(t + Math.sqrt(t * (t + 2)));
  }

  private static double atanh(double x) {
    double a = Math.abs(x);
    return Math.copySign(0.5 * Math.log1p(2 * a / (1 - a)), x);
  }
}
