package org.adjoint.tails;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.op.ActivationOps;
import org.adjoint.op.SpecialOps;
import org.adjoint.op.TrigonometricOps;

/**
 * The functions that {@link Sweep} tries, each with its truth. To cover a new op, add a row.
 * Functions of several inputs stand here as functions of one, the others held fixed or made of it.
 */
public final class Tails {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final Real SELU = Real.of(1.0507009873554804934);
  private static final Real SELU_ALPHA = SELU.times(1.6732632423543772848);
  private static final Real GATE = Real.TWO.div(Real.PI).sqrt().times(2);
  private static final Real CUBIC = Real.of(44715).div(1_000_000);

  /** Of the second the slope stays in the range far beyond the value. */
  static final double[] BASES = {2.5, 1.0625};

  static final double[] ANGLE_SCALES = {1e-25, 1e-15, 1, 1e25};

  private final List<Tail> rows = new ArrayList<>();

  private Tails() {}

  /** Returns all rows. */
  public static List<Tail> all() {
    Tails tails = new Tails();
    tails.powers();
    tails.exponentials();
    tails.circular();
    tails.hyperbolic();
    tails.activations();
    tails.special();
    tails.angles();
    tails.softmax();
    tails.norms();
    return tails.rows.stream().map(t -> t.name().endsWith("of 71") ? t.asWide() : t).toList();
  }

  /**
   * Returns rows for the ops that derivatives of others are made of; what they are for tries their
   * own second derivatives.
   */
  static List<Tail> parts() {
    Tails tails = new Tails();
    tails.factors();
    return tails.rows;
  }

  private void add(Tail row) {
    rows.add(row);
  }

  @SafeVarargs
  private void add(String name, UnaryOperator<Tensor> f, UnaryOperator<Real>... truth) {
    add(Tail.of(name, f, truth));
  }

  private static Real sign(Real x) {
    return x.signum() < 0 ? Real.ONE.neg() : Real.ONE;
  }

  /** Returns a vector of one number, of x's size and dtype. */
  private static Tensor like(Tensor x, double value) {
    return Tensor.full(value, x.dtype(), x.shape().dims());
  }

  private void powers() {
    add("neg", Tensor::neg, Real::neg, x -> Real.ONE.neg());
    add("abs", Tensor::abs, Real::abs, Tails::sign);
    add("square", Tensor::square, Real::square, x -> x.times(2), x -> Real.TWO);
    add(
        "reciprocal",
        Tensor::reciprocal,
        Real::reciprocal,
        x -> x.square().reciprocal().neg(),
        x -> Real.TWO.div(x.cube()));
    add(power("sqrt", Tensor::sqrt, 0.5));
    add(power("rsqrt", Tensor::rsqrt, -0.5));
    add(root("pow 0.25", x -> x.pow(0.25), 0.25));
    add(power("pow 0.25 from 1e-22", x -> x.pow(0.25), 0.25).on(1e-22, INF));
    add(power("pow 2.5", x -> x.pow(2.5), 2.5));
    add(power("pow -1.5", x -> x.pow(-1.5), -1.5));
    add(root("pow 0.125", x -> x.pow(like(x, 0.125)), 0.125).on(1e-43, INF)); // likewise
    add(power("pow 0.125 from 1e-20", x -> x.pow(like(x, 0.125)), 0.125).on(1e-20, INF));
    for (double base : BASES) {
      Real log = Real.of(base).log();
      UnaryOperator<Real> y = x -> x.times(log).exp();
      add(
          base + "^x",
          x -> like(x, base).pow(x),
          y,
          x -> y.apply(x).times(log),
          x -> y.apply(x).times(log.square()));
    }
    add(
        "3/x",
        x -> like(x, 3).div(x),
        x -> Real.of(3).div(x),
        x -> Real.of(-3).div(x.square()),
        x -> Real.of(6).div(x.cube()));
    add("x/3", x -> x.div(like(x, 3)), x -> x.div(3), x -> Real.ONE.div(3));
    add("relu", Tensor::relu, x -> x.max(Real.ZERO), x -> x.signum() > 0 ? Real.ONE : Real.ZERO);
    add(
        "leakyRelu",
        x -> x.leakyRelu(0.125),
        x -> x.max(x.times(0.125)),
        x -> x.signum() > 0 ? Real.ONE : Real.of(0.125));
  }

  private static Tail power(String name, UnaryOperator<Tensor> f, double p) {
    return Tail.of(
            name,
            f,
            x -> x.pow(p),
            x -> x.pow(p).div(x).times(p),
            x -> x.pow(p).div(x.square()).times(p * (p - 1)))
        .on(0, INF);
  }

  /**
   * Returns a root without its second derivative p(p − 1)·xᵖ⁻²: near 0 its factor xᵖ⁻² leaves the
   * range before it does, by 1/|p(p − 1)|, which is 5 for p = ¼ and 9 for p = ⅛. The square of
   * xᵖᐟ²⁻¹ would not, but it would make 0·∞ of x²'s second derivative at 0.
   */
  private static Tail root(String name, UnaryOperator<Tensor> f, double p) {
    Tail all = power(name, f, p);
    return new Tail(name, f, 0, INF, all.truth().subList(0, 2), List.of(), false);
  }

  private void exponentials() {
    add("exp", Tensor::exp, Real::exp, Real::exp, Real::exp);
    add("expm1", Tensor::expm1, Real::expm1, Real::exp, Real::exp);
    add(
        Tail.of("log", Tensor::log, Real::log, Real::reciprocal, x -> x.square().reciprocal().neg())
            .on(0, INF));
    add(
        Tail.of(
                "log1p",
                Tensor::log1p,
                Real::log1p,
                x -> x.plus(1).reciprocal(),
                x -> x.plus(1).square().reciprocal().neg())
            .on(-1, INF));
  }

  private void circular() {
    add(
        Tail.of("sin", Tensor::sin, Real::sin, Real::cos, x -> x.sin().neg())
            .crossing(1, -1e3, 1e3, 1));
    add(
        Tail.of("cos", Tensor::cos, Real::cos, x -> x.sin().neg(), x -> x.cos().neg())
            .crossing(0, -1e3, 1e3, 1));
    add(
        "tan",
        Tensor::tan,
        x -> x.sin().div(x.cos()),
        x -> x.cos().square().reciprocal(),
        x -> x.sin().div(x.cos().cube()).times(2));
    UnaryOperator<Real> slope = x -> lessSquare(x).sqrt().reciprocal();
    UnaryOperator<Real> bend = x -> x.div(lessSquare(x).sqrt().cube());
    add(
        Tail.of("asin", Tensor::asin, x -> x.div(lessSquare(x).sqrt()).atan(), slope, bend)
            .on(-1, 1));
    add(
        Tail.of(
                "acos",
                Tensor::acos,
                x -> Real.ONE.minus(x).div(x.plus(1)).sqrt().atan().times(2),
                x -> slope.apply(x).neg(),
                x -> bend.apply(x).neg())
            .on(-1, 1));
    add(
        "atan",
        Tensor::atan,
        Real::atan,
        x -> x.square().plus(1).reciprocal(),
        x -> x.div(x.square().plus(1).square()).times(-2));
  }

  /** 1 − x². */
  private static Real lessSquare(Real x) {
    return Real.ONE.minus(x).times(x.plus(1));
  }

  private static Real sechSquare(Real x) {
    return x.cosh().square().reciprocal();
  }

  private void hyperbolic() {
    add("sinh", Tensor::sinh, Real::sinh, Real::cosh, Real::sinh);
    add("cosh", Tensor::cosh, Real::cosh, Real::sinh, Real::cosh);
    add(
        "tanh",
        Tensor::tanh,
        Real::tanh,
        Tails::sechSquare,
        x -> sechSquare(x).times(x.tanh()).times(-2));
    add(
        "asinh",
        Tensor::asinh,
        x -> {
          Real a = x.abs();
          Real square = a.square();
          Real y = a.plus(square.div(square.plus(1).sqrt().plus(1))).log1p();
          return x.signum() < 0 ? y.neg() : y;
        },
        x -> x.square().plus(1).sqrt().reciprocal(),
        x -> x.div(x.square().plus(1).sqrt().cube()).neg());
    add(
        Tail.of(
                "acosh",
                Tensor::acosh,
                x -> x.minus(1).plus(x.minus(1).times(x.plus(1)).sqrt()).log1p(),
                x -> x.minus(1).times(x.plus(1)).sqrt().reciprocal(),
                x -> x.div(x.minus(1).times(x.plus(1)).sqrt().cube()).neg())
            .on(1, INF));
    add(
        Tail.of(
                "atanh",
                Tensor::atanh,
                x -> {
                  Real y = x.abs().times(2).div(Real.ONE.minus(x.abs())).log1p().div(2);
                  return x.signum() < 0 ? y.neg() : y;
                },
                x -> lessSquare(x).reciprocal(),
                x -> x.times(2).div(lessSquare(x).square()))
            .on(-1, 1));
  }

  /** σ(x)·σ(−x). */
  private static Real logistic(Real x) {
    return x.sigmoid().times(x.neg().sigmoid());
  }

  /** logistic′ = −logistic·tanh(x/2). */
  private static Real logisticSlope(Real x) {
    return logistic(x).times(x.div(2).tanh()).neg();
  }

  /** The slopes of silu, gelu, geluTanh and mish are 0 once, below 0; their size is 1. */
  private void activations() {
    add("sigmoid", Tensor::sigmoid, Real::sigmoid, Tails::logistic, Tails::logisticSlope);
    add(
        "logSigmoid",
        Tensor::logSigmoid,
        x -> x.neg().softplus().neg(),
        x -> x.neg().sigmoid(),
        x -> logistic(x).neg());
    for (double t : new double[] {0, 0.25, 1}) {
      Tail row =
          Tail.of(
              "sigmoidCrossEntropy for " + t,
              x -> x.sigmoidCrossEntropy(like(x, t)),
              x -> x.softplus().times(1 - t).plus(x.neg().softplus().times(t)),
              x -> x.sigmoid().times(1 - t).minus(x.neg().sigmoid().times(t)),
              Tails::logistic);
      add(t == 0.25 ? row.crossing(1, -2, 0, 0.25) : row);
    }
    add("softplus", Tensor::softplus, Real::softplus, Real::sigmoid, Tails::logistic);
    add(
        Tail.of(
                "silu",
                Tensor::silu,
                x -> x.times(x.sigmoid()),
                x -> x.sigmoid().plus(x.times(logistic(x))),
                x -> logistic(x).times(2).plus(x.times(logisticSlope(x))))
            .crossing(1, -2.5, -0.5, 1)
            .crossing(2, 1.5, 3.5, 0.2)
            .crossing(2, -3.5, -1.5, 0.2));
    add(
        Tail.of(
                "gelu",
                Tensor::gelu,
                x -> x.times(x.normal()),
                x -> x.normal().plus(x.times(x.density())),
                x -> x.density().times(Real.TWO.minus(x.square())))
            .crossing(1, -1.5, -0.3, 1)
            .crossing(2, 0.7, 2.2, 0.8)
            .crossing(2, -2.2, -0.7, 0.8));
    geluTanh();
    mish();
    add(
        "elu",
        x -> x.elu(0.5),
        x -> x.signum() > 0 ? x : x.expm1().div(2),
        x -> x.signum() > 0 ? Real.ONE : x.exp().div(2),
        x -> x.signum() > 0 ? Real.ZERO : x.exp().div(2));
    add(
        Tail.of(
            "selu",
            Tensor::selu,
            x -> x.signum() > 0 ? x.times(SELU) : x.expm1().times(SELU_ALPHA),
            x -> x.signum() > 0 ? SELU : x.exp().times(SELU_ALPHA)));
  }

  private void special() {
    add("erf", Tensor::erf, Real::erf, x -> bell(x), x -> bell(x).times(x).times(-2));
    add("erfc", Tensor::erfc, Real::erfc, x -> bell(x).neg(), x -> bell(x).times(x).times(2));
    gamma("lgamma", Tensor::lgamma, Real::lgamma, 0);
    gamma("digamma", Tensor::digamma, x -> x.polygamma(0), 1);
    gamma("polygamma 1", x -> x.polygamma(1), x -> x.polygamma(1), 2);
  }

  /**
   * Adds a function whose derivative is ψ⁽ⁿ⁾; of negative numbers {@link Formulas} has the truth.
   */
  private void gamma(String name, UnaryOperator<Tensor> f, UnaryOperator<Real> value, int n) {
    Tail row = Tail.of(name, f, value, x -> x.polygamma(n), x -> x.polygamma(n + 1)).on(0, INF);
    Tail below = Tail.of(name + " below 0", f).on(-INF, 0);
    // The largest of what cancels: log Γ(1 − x), ψ(1 − x) or their mirrored parts.
    for (int order = 0; order < 2; order++) {
      below = below.crossing(order, -20, 0, 4).crossing(order, -1e7, -20, 16);
    }
    add(row.crossing(0, 1, 1, 1).crossing(0, 2, 2, 1).asWide());
    add(below);
  }

  private static Real bell(Real x) {
    return x.bell(1).times(2).div(Real.PI.sqrt());
  }

  /** 2√(2/π)·(x + 0.044715x³). */
  private static Real gate(Real x) {
    return x.plus(x.cube().times(CUBIC)).times(GATE);
  }

  private static Real gateSlope(Real x) {
    return x.square().times(CUBIC).times(3).plus(1).times(GATE);
  }

  private void geluTanh() {
    UnaryOperator<Real> v = Tails::gate;
    UnaryOperator<Real> dv = Tails::gateSlope;
    UnaryOperator<Real> ddv = x -> x.times(CUBIC).times(6).times(GATE);
    add(
        Tail.of(
                "geluTanh",
                Tensor::geluTanh,
                x -> x.times(v.apply(x).sigmoid()),
                x -> {
                  Real u = v.apply(x);
                  return u.sigmoid().plus(x.times(logistic(u)).times(dv.apply(x)));
                },
                x -> {
                  Real u = v.apply(x);
                  Real twice = logistic(u).times(dv.apply(x)).times(2);
                  Real bend = logisticSlope(u).times(dv.apply(x).square());
                  return twice.plus(x.times(bend.plus(logistic(u).times(ddv.apply(x)))));
                })
            .crossing(1, -1.5, -0.3, 1)
            .crossing(2, 0.7, 2.2, 0.8)
            .crossing(2, -2.2, -0.7, 0.8));
  }

  private void mish() {
    // With w = eˣ the tanh is n / (n + 2), n = w² + 2w; where w is large all is over by itself.
    UnaryOperator<Real> n = x -> x.exp().square().plus(x.exp().times(2));
    UnaryOperator<Real> gate = x -> n.apply(x).div(n.apply(x).plus(2));
    UnaryOperator<Real> slope =
        x ->
            x.exp().times(x.exp().plus(1)).times(4).div(n.apply(x).plus(2)).div(n.apply(x).plus(2));
    UnaryOperator<Real> rate =
        x -> {
          Real w = x.exp();
          Real rise = w.times(2).plus(1).div(w.plus(1));
          return rise.minus(w.times(w.plus(1)).times(4).div(n.apply(x).plus(2)));
        };
    add(
        Tail.of(
                "mish",
                Tensor::mish,
                x -> x.times(gate.apply(x)),
                x -> gate.apply(x).plus(x.times(slope.apply(x))),
                x -> slope.apply(x).times(x.times(rate.apply(x)).plus(2)))
            .crossing(1, -2.5, -0.5, 1)
            .crossing(2, 1, 3, 0.4)
            .crossing(2, -4, -1.5, 0.2));
  }

  private void angles() {
    for (double c : ANGLE_SCALES) {
      Real k = Real.of((float) c);
      UnaryOperator<Real> slope = x -> k.div(x.square().plus(k.square()));
      UnaryOperator<Real> bend =
          x -> x.times(k).div(x.square().plus(k.square()).square()).times(-2);
      UnaryOperator<Tensor> y = x -> x.atan2(like(x, (float) c));
      UnaryOperator<Tensor> x = z -> like(z, (float) c).atan2(z);
      UnaryOperator<Real> ofY = z -> z.div(k).atan();
      UnaryOperator<Real> ofX =
          z -> z.signum() > 0 ? k.div(z).atan() : Real.PI.plus(k.div(z).atan());
      UnaryOperator<Real> back = z -> slope.apply(z).neg();
      add("atan2(x, " + c + ")", y, ofY, slope, bend);
      add("atan2(" + c + ", x)", x, ofX, back, z -> bend.apply(z).neg());
    }
  }

  private void factors() {
    add(
        "lessSquare",
        x -> TrigonometricOps.LESS_SQUARE.apply(x),
        Tails::lessSquare,
        x -> x.times(-2));
    add(
        "sech",
        x -> TrigonometricOps.SECH.apply(x),
        x -> x.cosh().reciprocal(),
        x -> x.tanh().div(x.cosh()).neg());
    add(
        "sechSquare",
        x -> TrigonometricOps.SECH_SQUARE.apply(x),
        Tails::sechSquare,
        x -> sechSquare(x).times(x.tanh()).times(-2));
    add(
        "bell",
        x -> SpecialOps.BELL.apply(like(x, 0.5), x),
        x -> x.bell(0.5),
        x -> x.bell(0.5).times(x).neg());
    // Beyond, it is subnormal, and its derivative has no more digits; geluTanh squares it.
    Tail gelu =
        Tail.of(
            "geluTanhSech",
            x -> ActivationOps.GELU_TANH_SECH.apply(x),
            x -> gate(x).div(2).cosh().reciprocal(),
            x -> gate(x).div(2).tanh().times(gateSlope(x)).div(gate(x).div(2).cosh()).div(-2));
    add(gelu.on(-13, 13));
    for (double c : ANGLE_SCALES) {
      Real k = Real.of((float) c);
      add(
          "rhypot(x, " + c + ")",
          z -> TrigonometricOps.RHYPOT.apply(z, like(z, (float) c)),
          z -> z.hypot(k).reciprocal(),
          z -> z.div(z.hypot(k).cube()).neg());
    }
  }

  private static Tensor rows(Tensor x, double... others) {
    Tensor[] columns = new Tensor[others.length + 1];
    columns[0] = x;
    for (int i = 0; i < others.length; i++) {
      columns[i + 1] = like(x, others[i]);
    }
    return Tensor.stack(1, columns);
  }

  private static Tensor column(Tensor y, int at) {
    return y.slice(1, at, at + 1).reshape(y.dim(0));
  }

  private void softmax() {
    for (int n : new int[] {1, 70}) {
      double[] others = new double[n];
      String of = " of " + (n + 1);
      Real log = Real.of(n).log();
      UnaryOperator<Real> margin = x -> x.minus(log);
      UnaryOperator<Real> slope = x -> logistic(margin.apply(x));
      double at = Math.log(n);
      add(
          Tail.of(
                  "softmax" + of,
                  x -> column(rows(x, others).softmax(1), 0),
                  x -> margin.apply(x).sigmoid(),
                  slope,
                  x -> logisticSlope(margin.apply(x)))
              .crossing(2, at - 1, at + 1, 0.25));
      add(
          Tail.of(
                  "softmax's other" + of,
                  x -> column(rows(x, others).softmax(1), 1),
                  x -> margin.apply(x).neg().sigmoid().div(n),
                  x -> slope.apply(x).div(n).neg(),
                  x -> logisticSlope(margin.apply(x)).div(n).neg())
              .crossing(2, at - 1, at + 1, 0.25 / n));
      entropy("logSoftmax" + of, at, log, x -> column(rows(x, others).logSoftmax(1), 0).neg());
      entropy(
          "cross-entropy" + of, at, log, x -> rows(x, others).softmaxCrossEntropy(labels(x, 0)));
      UnaryOperator<Tensor> wrong = x -> rows(x, others).softmaxCrossEntropy(labels(x, 1));
      UnaryOperator<Real> total = x -> margin.apply(x).softplus().plus(log);
      UnaryOperator<Real> share = x -> margin.apply(x).sigmoid();
      add("wrong cross-entropy" + of, wrong, total, share, slope);
      add(
          "wrong logSoftmax" + of,
          x -> column(rows(x, others).logSoftmax(1), 1).neg(),
          total,
          share,
          slope);
      add("logSumExp" + of, x -> rows(x, others).logSumExp(1), total, share, slope);
    }
  }

  /** Adds −log σ(x − log n). */
  private void entropy(String name, double at, Real log, UnaryOperator<Tensor> f) {
    add(
        name,
        f,
        x -> x.minus(log).neg().softplus(),
        x -> x.minus(log).neg().sigmoid().neg(),
        x -> logistic(x.minus(log)));
  }

  private static Tensor labels(Tensor x, int label) {
    return Tensor.full(label, DType.I32, x.shape().dims());
  }

  private void norms() {
    UnaryOperator<Real> length = x -> x.hypot(Real.ONE);
    add(
        "norm of (x, 1)",
        x -> rows(x, 1).norm(2, 1),
        length,
        x -> x.div(length.apply(x)),
        x -> length.apply(x).cube().reciprocal());
    Real root = Real.of(14).sqrt();
    add(
        Tail.of(
                "norm of (x, 2x, -3x)",
                x -> Tensor.stack(1, x, x.times(2), x.times(-3)).norm(2, 1),
                x -> x.abs().times(root),
                x -> sign(x).times(root))
            .on(-1e38, 1e38));
    UnaryOperator<Real> cube = x -> cubeRoot(x.abs().cube().plus(1));
    add(
        "norm 3 of (x, 1)",
        x -> rows(x, 1).norm(3, 1),
        cube,
        x -> x.square().times(sign(x)).div(cube.apply(x).square()),
        x -> x.abs().times(2).div(cube.apply(x).square()).div(cube.apply(x).cube()));
    Real rootThree = Real.of(3).sqrt();
    // Nearer to 0 the mean, which says what is farthest from it, has no digits.
    add(
        Tail.of(
                "std of (x, 0, 0)",
                x -> rows(x, 0, 0).std(1, 1),
                x -> x.abs().div(rootThree),
                x -> sign(x).div(rootThree))
            .on(1e-44, INF));
    UnaryOperator<Real> spread = x -> x.square().div(3).plus(1).sqrt();
    add(
        Tail.of(
                "std of (x, 1, -1)",
                x -> rows(x, 1, -1).std(1, 1),
                spread,
                x -> x.div(3).div(spread.apply(x)),
                x -> spread.apply(x).cube().times(3).reciprocal())
            .crossing(1, -1, 1, 0.6));
  }

  private static Real cubeRoot(Real x) {
    return x.log().div(3).exp();
  }
}
