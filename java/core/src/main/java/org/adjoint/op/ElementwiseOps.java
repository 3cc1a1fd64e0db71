package org.adjoint.op;

import static org.adjoint.op.Elementwise.binary;
import static org.adjoint.op.Elementwise.comparison;
import static org.adjoint.op.Elementwise.numeric;
import static org.adjoint.op.Elementwise.product;
import static org.adjoint.op.Elementwise.select;
import static org.adjoint.op.Elementwise.step;
import static org.adjoint.op.Elementwise.unary;

import java.util.List;
import org.adjoint.Tensor;

/**
 * The elementwise rows of the op table: name, scalar function, a partial derivative an input. To
 * add one, add a row here and to {@link #ALL}, a functor to native/src/kernels, and a row to {@code
 * OpCases}.
 *
 * <p>Conventions where a derivative does not exist: relu′(0) = 0, abs′(0) = 0, maximum and minimum
 * give ½ each at a tie, sqrt′(0) = +∞ (and 0 times it is 0), 0ᵇ by limits; sign, floor, ceil and
 * round have the derivative 0, at their steps too.
 */
public final class ElementwiseOps {
  /** −x. */
  public static final Elementwise NEG = numeric("neg", x -> -x, x -> -x, (c, g) -> g.neg());

  /** |x|; abs′(0) = 0, the middle of its subdifferential. */
  public static final Elementwise ABS =
      numeric(
          "abs",
          Math::abs,
          Math::abs,
          (c, g) -> pick(c.x().gt(0), g, pick(c.x().lt(0), g.neg(), c.number(0))));

  /** eˣ, its own derivative. */
  public static final Elementwise EXP = unary("exp", Math::exp, product(Call::y));

  /** The natural logarithm; the derivative is 1/x. */
  public static final Elementwise LOG =
      unary("log", Math::log, product(c -> c.number(1).div(c.x())));

  /** log(1 + x), accurate for small x. */
  public static final Elementwise LOG1P =
      unary("log1p", Math::log1p, product(c -> c.x().plus(1).reciprocal()));

  /** eˣ − 1, accurate for small x. */
  public static final Elementwise EXPM1 = unary("expm1", Math::expm1, product(c -> c.x().exp()));

  /** √x; the derivative ½/√x is +∞ at 0. */
  public static final Elementwise SQRT =
      unary("sqrt", Math::sqrt, product(c -> c.number(0.5).div(c.y())));

  /** 1/√x; the derivative at 0 is −∞. */
  public static final Elementwise RSQRT =
      unary("rsqrt", x -> 1 / Math.sqrt(x), product(c -> c.y().times(-0.5).div(c.x())));

  /** 1/x; the derivative at ±0 is −∞. */
  public static final Elementwise RECIPROCAL =
      unary("reciprocal", x -> 1 / x, product(c -> c.y().square().neg()));

  /** x². */
  public static final Elementwise SQUARE =
      numeric("square", x -> x * x, x -> x * x, product(c -> c.x().times(2)));

  /**
   * The hyperbolic tangent. The derivative is sech², because 1 − tanh² has lost its last digit
   * where tanh rounds to 1.
   */
  public static final Elementwise TANH =
      unary("tanh", Math::tanh, product(c -> TrigonometricOps.sechSquare(c.x())));

  /**
   * The logistic function 1 / (1 + e⁻ˣ), computed without overflow. The derivative is sech²(x/2)/4,
   * which is σ(1 − σ) with all digits where σ is near 1.
   */
  public static final Elementwise SIGMOID =
      unary(
          "sigmoid",
          ElementwiseOps::sigmoid,
          product(c -> TrigonometricOps.sechSquare(c.x().times(0.5)).times(0.25)));

  /** max(x, 0); relu′(0) = 0. */
  public static final Elementwise RELU =
      unary("relu", x -> x <= 0 ? 0 : x, (c, g) -> pick(c.y().gt(0), g, c.number(0)));

  /** x where x &gt; 0, else s·x; the derivative at 0 is s. */
  public static final Elementwise LEAKY_RELU =
      binary(
          "leakyRelu",
          (x, s) -> x > 0 ? x : s * x,
          (c, g) -> pick(c.x().gt(0), g, g.scale(c.x(1))),
          (c, g) -> pick(c.x().gt(0), c.number(0), g.scale(c.x())));

  /** −1, ±0 or 1, and NaN of NaN. */
  public static final Elementwise SIGN = step("sign", Math::signum);

  public static final Elementwise FLOOR = step("floor", Math::floor);

  public static final Elementwise CEIL = step("ceil", Math::ceil);

  /** The nearest whole number, halves to the even one: IEEE 754's roundTiesToEven. */
  public static final Elementwise ROUND = step("round", Math::rint);

  /** a + b. */
  public static final Elementwise PLUS =
      numeric("plus", Double::sum, Long::sum, (c, g) -> g, (c, g) -> g);

  /** a − b. */
  public static final Elementwise MINUS =
      numeric("minus", (a, b) -> a - b, (a, b) -> a - b, (c, g) -> g, (c, g) -> g.neg());

  /** a · b. */
  public static final Elementwise TIMES =
      numeric(
          "times", (a, b) -> a * b, (a, b) -> a * b, product(c -> c.x(1)), product(c -> c.x(0)));

  /** a / b. */
  public static final Elementwise DIV =
      binary(
          "div",
          (a, b) -> a / b,
          product(c -> c.number(1).div(c.x(1))),
          product(c -> c.y().div(c.x(1)).neg()));

  /**
   * aᵇ as IEEE 754 has it: 1ᵇ is 1 for any b, NaN included, and (−1)^±∞ is 1. By limits: the
   * derivative by a of a⁰ is 0 everywhere; the derivative by b of 0ᵇ is 0 for b ≥ 0.
   */
  public static final Elementwise POW =
      binary(
          "pow",
          ElementwiseOps::pow,
          product(c -> pick(c.x(1).eq(0), c.number(0), c.x(1).times(c.x(0).pow(c.x(1).minus(1))))),
          product(
              c -> {
                // aᵇ as a square: where log a is small, the slope is finite where aᵇ no longer is.
                Tensor root = c.x(0).pow(c.x(1).times(0.5));
                Tensor slope = root.times(c.x(0).log()).times(root);
                Tensor atZero = pick(c.x(1).ge(0), c.number(0), slope);
                return pick(c.x(0).eq(0), atZero, slope);
              }));

  /** The larger of two, NaN if either is; at a tie each has the derivative ½. */
  public static final Elementwise MAXIMUM =
      numeric("maximum", Math::max, Math::max, larger(0, 1), larger(1, 0));

  /** The smaller of two, NaN if either is; at a tie each has the derivative ½. */
  public static final Elementwise MINIMUM =
      numeric("minimum", Math::min, Math::min, larger(1, 0), larger(0, 1));

  /**
   * 0 where g or d is 0, else g·d: what multiplies by a derivative that may be infinite. Linear in
   * both, and a chain of such products is the same from either end: forward and reverse mode agree.
   */
  public static final Elementwise SCALE =
      binary(
          "scale",
          (g, d) -> g == 0 || d == 0 ? 0 : g * d,
          (c, t) -> t.scale(c.x(1)),
          (c, t) -> c.x(0).scale(t));

  /** Whether a = b. */
  public static final Elementwise EQUAL = comparison("equal", (a, b) -> a == b, (a, b) -> a == b);

  /** Whether a ≠ b. */
  public static final Elementwise NOT_EQUAL =
      comparison("notEqual", (a, b) -> a != b, (a, b) -> a != b);

  /** Whether a &lt; b. */
  public static final Elementwise LESS = comparison("less", (a, b) -> a < b, (a, b) -> a < b);

  /** Whether a ≤ b. */
  public static final Elementwise LESS_EQUAL =
      comparison("lessEqual", (a, b) -> a <= b, (a, b) -> a <= b);

  /** Whether a &gt; b. */
  public static final Elementwise GREATER = comparison("greater", (a, b) -> a > b, (a, b) -> a > b);

  /** Whether a ≥ b. */
  public static final Elementwise GREATER_EQUAL =
      comparison("greaterEqual", (a, b) -> a >= b, (a, b) -> a >= b);

  /**
   * a where the condition holds, else b; nothing of the branch not taken reaches the result or a
   * gradient, but for what {@link Tensor#where} names.
   */
  public static final Elementwise WHERE =
      select(
          "where", (c, g) -> pick(c.x(0), g, c.number(0)), (c, g) -> pick(c.x(0), c.number(0), g));

  /** The rows in the order of their names' groups. */
  public static final List<Elementwise> ALL =
      List.of(
          NEG,
          ABS,
          EXP,
          LOG,
          LOG1P,
          EXPM1,
          SQRT,
          RSQRT,
          RECIPROCAL,
          SQUARE,
          TANH,
          SIGMOID,
          RELU,
          LEAKY_RELU,
          SIGN,
          FLOOR,
          CEIL,
          ROUND,
          PLUS,
          MINUS,
          TIMES,
          DIV,
          POW,
          MAXIMUM,
          MINIMUM,
          SCALE,
          EQUAL,
          NOT_EQUAL,
          LESS,
          LESS_EQUAL,
          GREATER,
          GREATER_EQUAL,
          WHERE);

  private ElementwiseOps() {}

  private static Tensor pick(Tensor condition, Tensor a, Tensor b) {
    return Tensor.where(condition, a, b);
  }

  /**
   * Returns the partial that is 1 where input {@code mine} exceeds {@code other}, ½ at a tie, else
   * 0.
   */
  private static Elementwise.Partial larger(int a, int b) {
    return (c, g) -> {
      // At a call of maximum the gradient goes to the larger input; of minimum, the indices come
      // swapped.
      Tensor tie = pick(c.x(a).eq(c.x(b)), g.times(0.5), c.number(0));
      return pick(c.x(a).gt(c.x(b)), g, tie);
    };
  }

  private static double pow(double a, double b) {
    boolean one = a == 1 || (a == -1 && Double.isInfinite(b)); // where Math.pow gives NaN
    return one ? 1 : Math.pow(a, b);
  }

  private static double sigmoid(double x) {
    if (x >= 0) {
      return 1 / (1 + Math.exp(-x));
    }
    double e = Math.exp(x);
    return e / (1 + e);
  }
}
