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
 * <p>Five rows are here for the derivatives of others, which composed of simpler ones would lose
 * digits or leave the range on the way: {@link #SECH}, {@link #SECH_SQUARE}, {@link #LESS_SQUARE},
 * {@link #RHYPOT}, {@link #OVER_SQUARES}.
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

  /**
   * 1 − x², rounded once; the derivative −2x of (1 − x)(1 + x) would be the sum of what cancels.
   */
  public static final Elementwise LESS_SQUARE =
      unary("lessSquare", x -> Math.fma(-x, x, 1), product(c -> c.x().times(-2)));

  /**
   * 1/√(a² + b²) wherever that is in the range, whether the squares are or not; +∞ at (0, 0). The
   * derivative by a is −a/√(a² + b²)³, as a product whose factors stay in the range.
   */
  public static final Elementwise RHYPOT =
      binary("rhypot", TrigonometricOps::rhypot, acrossHypot(0), acrossHypot(1));

  /** 1 / cosh x; the derivative is −sech·tanh. */
  public static final Elementwise SECH =
      unary(
          "sech",
          x -> {
            double e = Math.exp(-Math.abs(x));
            return 2 * e / (1 + e * e);
          },
          product(c -> c.y().times(c.x().tanh()).neg()));

  /**
   * 1 / cosh² x, which is tanh′; the derivative is −2·sech²·tanh, of values that tanh″ needs
   * anyway.
   */
  public static final Elementwise SECH_SQUARE =
      unary(
          "sechSquare",
          x -> {
            double e = Math.exp(-2 * Math.abs(x));
            return 4 * e / ((1 + e) * (1 + e));
          },
          product(c -> c.y().times(c.x().tanh()).times(-2)));

  public static final Elementwise ASIN =
      unary("asin", Math::asin, product(c -> LESS_SQUARE.apply(c.x()).rsqrt()));

  public static final Elementwise ACOS =
      unary("acos", Math::acos, product(c -> LESS_SQUARE.apply(c.x()).rsqrt().neg()));

  public static final Elementwise ATAN =
      unary("atan", Math::atan, product(c -> RHYPOT.apply(c.x(), c.number(1)).square()));

  /**
   * a/(a² + b²), 0 at (0, 0) and where either is infinite: the slope of an angle. By a it is (b² −
   * a²)/(a² + b²)², by b −2ab/(a² + b²)², as products with 1/√(a² + b²) whose factors leave the
   * range only where the result does; halves keep a sum of two large numbers in it.
   */
  public static final Elementwise OVER_SQUARES =
      binary(
          "overSquares",
          TrigonometricOps::overSquares,
          product(
              c -> {
                Tensor a = c.x(0).times(0.5);
                Tensor b = c.x(1).times(0.5);
                Tensor r = RHYPOT.apply(c.x(0), c.x(1));
                Tensor apart = b.minus(a).scale(r).times(b.plus(a).scale(r));
                return apart.times(4).scale(r).scale(r);
              }),
          product(
              c -> {
                Tensor r = RHYPOT.apply(c.x(0), c.x(1));
                Tensor both = c.x(0).scale(r).times(c.x(1).scale(r));
                return both.times(-2).scale(r).scale(r);
              }));

  /** The angle of the point (x, y), of which y is the first input. */
  public static final Elementwise ATAN2 =
      binary(
          "atan2",
          Math::atan2,
          product(c -> OVER_SQUARES.apply(c.x(1), c.x(0))),
          product(c -> OVER_SQUARES.apply(c.x(0), c.x(1)).neg()));

  public static final Elementwise SINH = unary("sinh", Math::sinh, product(c -> c.x().cosh()));

  public static final Elementwise COSH = unary("cosh", Math::cosh, product(c -> c.x().sinh()));

  public static final Elementwise ASINH =
      unary("asinh", TrigonometricOps::asinh, product(c -> RHYPOT.apply(c.x(), c.number(1))));

  public static final Elementwise ACOSH =
      unary(
          "acosh",
          TrigonometricOps::acosh,
          product(c -> c.x().minus(1).rsqrt().times(c.x().plus(1).rsqrt())));

  public static final Elementwise ATANH =
      unary("atanh", TrigonometricOps::atanh, product(c -> LESS_SQUARE.apply(c.x()).reciprocal()));

  /** All rows. */
  public static final List<Elementwise> ALL =
      List.of(
          SIN,
          COS,
          TAN,
          ASIN,
          ACOS,
          ATAN,
          ATAN2,
          SINH,
          COSH,
          ASINH,
          ACOSH,
          ATANH,
          SECH,
          SECH_SQUARE,
          LESS_SQUARE,
          RHYPOT,
          OVER_SQUARES);

  /** Beyond this x² swallows 1. */
  private static final double LARGE = 0x1p28;

  private static final double LN2 = Math.log(2);

  private TrigonometricOps() {}

  /** Returns 1 / cosh x. */
  static Tensor sech(Tensor x) {
    return SECH.apply(x);
  }

  /** Returns 1 / cosh² x. */
  static Tensor sechSquare(Tensor x) {
    return SECH_SQUARE.apply(x);
  }

  /** Returns the partial of {@link #RHYPOT} by input i. */
  private static Elementwise.Partial acrossHypot(int i) {
    return (c, g) -> g.scale(c.x(i).scale(c.y())).scale(c.y()).scale(c.y()).neg();
  }

  private static double rhypot(double a, double b) {
    double m = Math.max(Math.abs(a), Math.abs(b));
    double unit = m > 0x1p500 ? 0x1p-600 : m < 0x1p-500 ? 0x1p600 : 1;
    double x = a * unit;
    double y = b * unit;
    return unit / Math.sqrt(x * x + y * y);
  }

  private static double overSquares(double a, double b) {
    if (Double.isNaN(a) || Double.isNaN(b)) {
      return Double.NaN;
    }
    double m = Math.max(Math.abs(a), Math.abs(b));
    if (m == 0 || Double.isInfinite(m)) {
      return 0;
    }
    double unit = m > 0x1p500 ? 0x1p-600 : m < 0x1p-500 ? 0x1p600 : 1;
    double x = a * unit;
    double y = b * unit;
    return x / (x * x + y * y) * unit;
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
