package org.adjoint.tails;

import static java.lang.Math.abs;
import static java.lang.Math.cosh;
import static java.lang.Math.exp;
import static java.lang.Math.expm1;
import static java.lang.Math.log;
import static java.lang.Math.log1p;
import static java.lang.Math.pow;
import static java.lang.Math.sqrt;
import static java.lang.Math.tanh;

import java.util.HashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/**
 * Value and derivative of the elementwise rows of {@link Tails} once more, in F64 and for arguments
 * in F32: fast enough for every float. {@link EveryFloat} holds them against the truths in 220 bits
 * first. Like those they cancel nowhere, but nothing on the way can leave the range of F64.
 *
 * <p>Sources: as {@link Real}'s, and {@code erfc} beyond 2 by the continued fraction DLMF 7.9.1;
 * lgamma and its derivatives by the formulas of DLMF 5 that stand beside them.
 */
final class Formulas {
  /** A function and its derivative. */
  record Formula(DoubleUnaryOperator value, DoubleUnaryOperator slope) {}

  private static final double SELU = 1.0507009873554804934;
  private static final double SELU_ALPHA = SELU * 1.6732632423543772848;
  private static final double GATE = 2 * sqrt(2 / Math.PI);
  private static final double CUBIC = 0.044715;

  /** From here on the series of lgamma and its derivatives are right to the last digits. */
  private static final double SERIES = 20;

  /** B₂, B₄, … (DLMF table 24.2.1). */
  private static final double[] BERNOULLI = {
    1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6
  };

  private final Map<String, Formula> all = new HashMap<>();

  private Formulas() {}

  /** Returns the formulas by the names of the rows. */
  static Map<String, Formula> all() {
    Formulas formulas = new Formulas();
    formulas.powers();
    formulas.exponentials();
    formulas.circular();
    formulas.hyperbolic();
    formulas.activations();
    formulas.special();
    formulas.angles();
    return Map.copyOf(formulas.all);
  }

  private void add(String name, DoubleUnaryOperator value, DoubleUnaryOperator slope) {
    all.put(name, new Formula(value, slope));
  }

  private void powers() {
    add("neg", x -> -x, x -> -1);
    add("abs", Math::abs, Math::signum);
    add("square", x -> x * x, x -> 2 * x);
    add("lessSquare", x -> (1 - x) * (1 + x), x -> -2 * x);
    add("reciprocal", x -> 1 / x, x -> -1 / (x * x));
    add("sqrt", Math::sqrt, x -> 0.5 / sqrt(x));
    add("rsqrt", x -> 1 / sqrt(x), x -> -0.5 / (x * sqrt(x)));
    for (double p : new double[] {0.25, 2.5, -1.5, 0.125}) {
      add("pow " + p, x -> pow(x, p), x -> p * pow(x, p - 1));
    }
    for (double base : Tails.BASES) {
      add(base + "^x", x -> pow(base, x), x -> pow(base, x) * log(base));
    }
    add("3/x", x -> 3 / x, x -> -3 / (x * x));
    add("x/3", x -> x / 3, x -> 1.0 / 3);
    add("relu", x -> x > 0 ? x : 0, x -> x > 0 ? 1 : 0);
    add("leakyRelu", x -> x > 0 ? x : x / 8, x -> x > 0 ? 1 : 0.125);
  }

  private void exponentials() {
    add("exp", Math::exp, Math::exp);
    add("expm1", Math::expm1, Math::exp);
    add("log", Math::log, x -> 1 / x);
    add("log1p", Math::log1p, x -> 1 / (1 + x));
  }

  private void circular() {
    add("sin", Math::sin, Math::cos);
    add("cos", Math::cos, x -> -Math.sin(x));
    add("tan", Math::tan, x -> 1 / (Math.cos(x) * Math.cos(x)));
    add("asin", Math::asin, x -> 1 / sqrt((1 - x) * (1 + x)));
    add("acos", Math::acos, x -> -1 / sqrt((1 - x) * (1 + x)));
    add("atan", Math::atan, x -> 1 / (1 + x * x));
  }

  private void hyperbolic() {
    add("sinh", Math::sinh, Math::cosh);
    add("cosh", Math::cosh, Math::sinh);
    add("tanh", Math::tanh, x -> sech(x) * sech(x));
    add("sech", Formulas::sech, x -> -sech(x) * tanh(x));
    add("sechSquare", x -> sech(x) * sech(x), x -> -2 * sech(x) * sech(x) * tanh(x));
    add(
        "asinh",
        x -> {
          double a = abs(x);
          return Math.copySign(log1p(a + a * a / (sqrt(a * a + 1) + 1)), x);
        },
        x -> 1 / sqrt(x * x + 1));
    add("acosh", x -> log1p(x - 1 + sqrt((x - 1) * (x + 1))), x -> 1 / sqrt((x - 1) * (x + 1)));
    add(
        "atanh",
        x -> Math.copySign(0.5 * log1p(2 * abs(x) / (1 - abs(x))), x),
        x -> 1 / ((1 - x) * (1 + x)));
  }

  private static double sech(double x) {
    return 1 / cosh(x);
  }

  private static double sigmoid(double x) {
    double e = exp(-abs(x));
    return (x < 0 ? e : 1) / (1 + e);
  }

  /** σ(x)·σ(−x). */
  private static double logistic(double x) {
    double e = exp(-abs(x));
    return e / ((1 + e) * (1 + e));
  }

  private static double softplus(double x) {
    return Math.max(x, 0) + log1p(exp(-abs(x)));
  }

  private void activations() {
    add("sigmoid", Formulas::sigmoid, Formulas::logistic);
    add("logSigmoid", x -> -softplus(-x), x -> sigmoid(-x));
    for (double t : new double[] {0, 0.25, 1}) {
      add(
          "sigmoidCrossEntropy for " + t,
          x -> (1 - t) * softplus(x) + t * softplus(-x),
          x -> (1 - t) * sigmoid(x) - t * sigmoid(-x));
    }
    add("softplus", Formulas::softplus, Formulas::sigmoid);
    add("silu", x -> x * sigmoid(x), x -> sigmoid(x) + x * logistic(x));
    add("gelu", x -> x * normal(x), x -> normal(x) + x * exp(-x * x / 2) / sqrt(2 * Math.PI));
    add(
        "geluTanh",
        x -> x * sigmoid(twiceU(x)),
        x -> sigmoid(twiceU(x)) + x * logistic(twiceU(x)) * GATE * (1 + 3 * CUBIC * x * x));
    add(
        "geluTanhSech",
        x -> sech(twiceU(x) / 2),
        x -> {
          double u = twiceU(x) / 2;
          return -sech(u) * tanh(u) * GATE / 2 * (1 + 3 * CUBIC * x * x);
        });
    add(
        "mish",
        x -> x * mishGate(x),
        x -> {
          // tanh′ of softplus is sech², and sech(log v) is 2v/(v² + 1).
          double e = exp(-abs(x));
          double v =
              x > 0 ? 2 * e * (1 + e) / (1 + 2 * e * (1 + e)) : 2 * (1 + e) / (e * (e + 2) + 2);
          return mishGate(x) + x * v * v * sigmoid(x);
        });
    add("elu", x -> x > 0 ? x : 0.5 * expm1(x), x -> x > 0 ? 1 : 0.5 * exp(x));
    add(
        "selu",
        x -> x > 0 ? SELU * x : SELU_ALPHA * expm1(x),
        x -> x > 0 ? SELU : SELU_ALPHA * exp(x));
  }

  private static double twiceU(double x) {
    return GATE * x * (1 + CUBIC * x * x);
  }

  /** tanh(softplus(x)). */
  private static double mishGate(double x) {
    double e = exp(-abs(x));
    double n = x < 0 ? e * (e + 2) : 1 + 2 * e;
    return n / (x < 0 ? n + 2 : n + 2 * e * e);
  }

  private void special() {
    double scale = 2 / sqrt(Math.PI);
    add(
        "erf",
        x -> abs(x) < 2 ? erfSeries(x) : Math.copySign(1 - erfc(abs(x)), x),
        x -> scale * exp(-x * x));
    add("erfc", Formulas::erfc, x -> -scale * exp(-x * x));
    add("bell", x -> exp(-0.5 * x * x), x -> -x * exp(-0.5 * x * x));
    for (String where : new String[] {"", " below 0"}) {
      add("lgamma" + where, Formulas::lgamma, x -> polygamma(0, x));
      add("digamma" + where, x -> polygamma(0, x), x -> polygamma(1, x));
      add("polygamma 1" + where, x -> polygamma(1, x), x -> polygamma(2, x));
    }
  }

  private static double normal(double x) {
    return 0.5 * erfc(-x * sqrt(0.5));
  }

  private static double erfSeries(double x) {
    double sum = 0;
    double term = x;
    for (int k = 3; abs(term) > 1e-17 * abs(sum); k += 2) {
      sum += term;
      term *= 2 * x * x / k;
    }
    return sum * exp(-x * x) * 2 / sqrt(Math.PI);
  }

  private static double erfc(double x) {
    if (x < 2) {
      return x < -2 ? 2 - erfc(-x) : 1 - erfSeries(x);
    }
    if (x > 28) {
      return 0;
    }
    double square = x * x;
    double tail = 1;
    for (int k = 80; k > 0; k--) {
      tail = 1 + 0.5 * k / square / tail;
    }
    return exp(-square) / (x * sqrt(Math.PI) * tail);
  }

  /**
   * Returns log |Γ(x)|, NaN at its poles: from x on by 5.5.1, beyond 20 by 5.11.1, below 0 by
   * 5.5.3.
   */
  private static double lgamma(double x) {
    if (x <= 0) {
      return log(Math.PI / abs(Math.sin(Math.PI * fraction(x)))) - lgamma(1 - x);
    }
    double product = 1;
    double y = x;
    for (; y < SERIES; y++) {
      product *= y;
    }
    double sum = 0;
    double power = y;
    for (int k = 1; k <= BERNOULLI.length; k++, power *= y * y) {
      sum += BERNOULLI[k - 1] / (2 * k * (2 * k - 1) * power);
    }
    return (y - 0.5) * log(y) - y + 0.5 * log(2 * Math.PI) + sum - log(product);
  }

  /** Returns what x has beyond the nearest whole number, NaN for none. */
  private static double fraction(double x) {
    double r = x - Math.rint(x);
    return r == 0 ? Double.NaN : r;
  }

  /** Returns ψ⁽ⁿ⁾(x) for n ≤ 2, NaN at its poles: by 5.15.5, 5.15.8, 5.15.9, below 0 by 5.15.6. */
  private static double polygamma(int n, double x) {
    if (x <= 0) {
      double t = Math.PI * fraction(x);
      double sin = Math.sin(t);
      double cot = Math.cos(t) / sin;
      double[] mirrored = {-cot, Math.PI / (sin * sin), -2 * Math.PI * Math.PI * cot / (sin * sin)};
      return Math.PI * mirrored[n] + (n == 1 ? -1 : 1) * polygamma(n, 1 - x);
    }
    double sum = 0;
    double y = x;
    for (; y < SERIES; y++) {
      sum += (n == 2 ? 2 : 1) / pow(y, n + 1);
    }
    sum += (n == 0 ? -log(y) : 1 / pow(y, n)) + (n == 2 ? 2 : 1) / (2 * pow(y, n + 1));
    double[] rising = {1, 1, 1}; // (2k + n − 1)! / (2k)!
    for (int k = 1; k <= BERNOULLI.length; k++) {
      rising[0] = 1.0 / (2 * k);
      rising[2] = 2 * k + 1;
      sum += BERNOULLI[k - 1] * rising[n] / pow(y, 2 * k + n);
    }
    return n == 1 ? sum : -sum;
  }

  private void angles() {
    for (double c : Tails.ANGLE_SCALES) {
      double k = (float) c;
      add("atan2(x, " + c + ")", x -> Math.atan2(x, k), x -> k / (x * x + k * k));
      add("atan2(" + c + ", x)", x -> Math.atan2(k, x), x -> -k / (x * x + k * k));
      add(
          "rhypot(x, " + c + ")",
          x -> 1 / sqrt(x * x + k * k),
          x -> -x / (x * x + k * k) / sqrt(x * x + k * k));
    }
  }
}
