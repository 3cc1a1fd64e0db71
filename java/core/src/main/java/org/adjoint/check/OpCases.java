package org.adjoint.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.check.OpCase.Domain;
import org.adjoint.check.OpCase.Flags;
import org.adjoint.check.OpCase.Floating;
import org.adjoint.check.OpCase.Indices;
import org.adjoint.check.OpCase.Input;
import org.adjoint.check.OpCase.Keys;
import org.adjoint.op.ActivationOps;
import org.adjoint.op.OptimizerOps;
import org.adjoint.op.RangeOps;
import org.adjoint.op.ShapeOps;
import org.adjoint.op.SoftmaxOps;
import org.adjoint.op.SpecialOps;
import org.adjoint.op.TrigonometricOps;

/**
 * The table of checks: at least one row for every op. Each backend runs the same rows: value
 * against the reference, gradients against central differences, F32 against F64. To cover a new op,
 * add a row to the method of its kind; a test fails while an op of the op table has none.
 */
public final class OpCases {
  /** Why some rows have nothing to differentiate. */
  static final String INDICES = "gives indices";

  static final String TAKES_INTEGERS = "takes integers, booleans or keys";

  private static final String BOOLEANS = "gives booleans";
  private static final String STEPS = "is constant between its steps: zero by convention";
  private static final String CUT = "cuts the graph, by definition";
  private static final String NO_INPUT = "has no input";

  private static final double ULPS = 1e-6;

  /** Sizes around vector widths and a prime beyond any tile. */
  private static final long[] AWKWARD = {0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 64, 1009};

  private final List<OpCase> rows = new ArrayList<>();

  private OpCases() {}

  /** Returns all rows. */
  public static List<OpCase> all() {
    OpCases table = new OpCases();
    table.unary();
    table.binary();
    table.trigonometric();
    table.special();
    table.activations();
    table.steps();
    table.comparisons();
    table.shapes();
    table.reductions();
    table.products();
    table.indexed();
    table.softmax();
    table.optimizers();
    table.random();
    table.rows.addAll(ScanCases.rows());
    table.rows.addAll(CompositionCases.rows());
    table.rows.addAll(NormalizationCases.rows());
    table.rows.addAll(AttentionCases.rows());
    table.rows.addAll(ConvolutionCases.rows());
    table.rows.addAll(LoopCases.rows());
    table.rows.addAll(IntegerCases.rows());
    return List.copyOf(table.rows);
  }

  private void unary() {
    unary("neg", Domain.ANY, Tensor::neg);
    unary("abs", Domain.AWAY_FROM_ZERO, Tensor::abs);
    unary("exp", Domain.ANY, Tensor::exp);
    unary("log", Domain.POSITIVE, Tensor::log);
    unary("log1p", Domain.UNIT, Tensor::log1p);
    unary("expm1", Domain.ANY, Tensor::expm1);
    unary("sqrt", Domain.POSITIVE, Tensor::sqrt);
    unary("rsqrt", Domain.POSITIVE, Tensor::rsqrt);
    unary("reciprocal", Domain.AWAY_FROM_ZERO, Tensor::reciprocal);
    unary("square", Domain.ANY, Tensor::square);
    unary("tanh", Domain.ANY, Tensor::tanh);
    unary("sigmoid", Domain.ANY, Tensor::sigmoid);
    unary("relu", Domain.AWAY_FROM_ZERO, Tensor::relu);
    unary("leakyRelu", Domain.AWAY_FROM_ZERO, x -> x.leakyRelu(0.01));
    add(
        "leakyRelu",
        "slope as input",
        floats(Domain.AWAY_FROM_ZERO, s(5), s()),
        x -> org.adjoint.op.ElementwiseOps.LEAKY_RELU.apply(x.get(0), x.get(1)));
  }

  private void binary() {
    binary("plus", Domain.ANY, Tensor::plus);
    binary("minus", Domain.ANY, Tensor::minus);
    binary("times", Domain.ANY, Tensor::times);
    binary("div", Domain.AWAY_FROM_ZERO, Tensor::div);
    binary("pow", Domain.POSITIVE, Tensor::pow);
    binary("maximum", Domain.ANY, Tensor::maximum);
    binary("minimum", Domain.ANY, Tensor::minimum);
    binary("scale", Domain.AWAY_FROM_ZERO, Tensor::scale);
    add(
        "pow",
        "negative base, whole exponent",
        floats(Domain.AWAY_FROM_ZERO, s(9)),
        x -> x.get(0).pow(3));
    for (Shape[] shapes :
        List.of(new Shape[] {s(7), s(7), s(7)}, new Shape[] {s(3, 1), s(4), s(2, 3, 4)})) {
      List<Input> in =
          List.of(
              new Flags(shapes[0]),
              new Floating(Domain.ANY, shapes[1]),
              new Floating(Domain.ANY, shapes[2]));
      add("where", "", in, x -> Tensor.where(x.get(0), x.get(1), x.get(2)));
    }
  }

  private void trigonometric() {
    unary("sin", Domain.ANY, Tensor::sin);
    unary("cos", Domain.ANY, Tensor::cos);
    unary("tan", Domain.UNIT, Tensor::tan);
    unary("asin", Domain.UNIT, Tensor::asin);
    unary("acos", Domain.UNIT, Tensor::acos);
    unary("atan", Domain.ANY, Tensor::atan);
    binary("atan2", Domain.AWAY_FROM_ZERO, Tensor::atan2);
    unary("sinh", Domain.ANY, Tensor::sinh);
    unary("cosh", Domain.ANY, Tensor::cosh);
    unary("asinh", Domain.ANY, Tensor::asinh);
    unary("acosh", Domain.ABOVE_ONE, Tensor::acosh);
    unary("atanh", Domain.UNIT, Tensor::atanh);
    unary("sech", Domain.ANY, x -> TrigonometricOps.SECH.apply(x));
    unary("sechSquare", Domain.ANY, x -> TrigonometricOps.SECH_SQUARE.apply(x));
    unary("lessSquare", Domain.ANY, x -> TrigonometricOps.LESS_SQUARE.apply(x));
    binary("rhypot", Domain.AWAY_FROM_ZERO, (a, b) -> TrigonometricOps.RHYPOT.apply(a, b));
    binary(
        "overSquares", Domain.AWAY_FROM_ZERO, (a, b) -> TrigonometricOps.OVER_SQUARES.apply(a, b));
  }

  private void special() {
    unary("erf", Domain.ANY, Tensor::erf);
    unary("erfc", Domain.ANY, Tensor::erfc);
    for (double c : new double[] {0.25, 0.5}) {
      UnaryOperator<Tensor> bell = x -> SpecialOps.BELL.apply(Tensor.scalar(c, x.dtype()), x);
      unary("bell", Domain.ANY, bell);
    }
    unary("lgamma", Domain.POSITIVE, Tensor::lgamma);
    unary("digamma", Domain.POSITIVE, Tensor::digamma);
    unary("polygamma", Domain.POSITIVE, x -> x.polygamma(1));
    for (Domain domain : List.of(Domain.POSITIVE, Domain.BETWEEN_POLES)) {
      List<Input> in = floats(domain, s(17));
      add("lgamma", "" + domain, in, x -> x.get(0).lgamma());
      add("digamma", "" + domain, in, x -> x.get(0).digamma());
      for (int n = 1; n <= 4; n++) {
        int order = n;
        add("polygamma", n + " " + domain, in, x -> x.get(0).polygamma(order));
      }
    }
  }

  private void activations() {
    unary("gelu", Domain.ANY, Tensor::gelu);
    unary("geluTanh", Domain.ANY, Tensor::geluTanh);
    unary("silu", Domain.ANY, Tensor::silu);
    unary("elu", Domain.AWAY_FROM_ZERO, x -> x.elu(0.7));
    add(
        "elu",
        "alpha as input",
        floats(Domain.AWAY_FROM_ZERO, s(5), s()),
        x -> ActivationOps.ELU.apply(x.get(0), x.get(1)));
    unary("softplus", Domain.ANY, Tensor::softplus);
    unary("mish", Domain.ANY, Tensor::mish);
    unary("geluTanhSech", Domain.ANY, x -> ActivationOps.GELU_TANH_SECH.apply(x));
    binary("sigmoidCrossEntropy", Domain.ANY, Tensor::sigmoidCrossEntropy);
    composed("neg", "logSigmoid", "", floats(Domain.ANY, s(33)), x -> x.get(0).logSigmoid());
    composed("elu", "selu", "", floats(Domain.AWAY_FROM_ZERO, s(9)), x -> x.get(0).selu());
    composed("where", "clamp", "", floats(Domain.ANY, s(33)), x -> x.get(0).clamp(-0.7, 1.1));
    composed("where", "hardTanh", "", floats(Domain.ANY, s(33)), x -> x.get(0).hardTanh());
    composed(
        "where",
        "clamp",
        "between tensors",
        floats(Domain.ANY, s(3, 7), s(7), s(3, 1)),
        x -> x.get(0).clamp(x.get(1), x.get(1).plus(x.get(2).square())));
    List<Input> masked = List.of(new Flags(s(7)), new Floating(Domain.ANY, s(3, 7)));
    composed("where", "maskedFill", "", masked, x -> x.get(1).maskedFill(x.get(0), -1));
  }

  private void steps() {
    for (Domain domain : List.of(Domain.ANY, Domain.HALVES)) {
      for (long n : AWKWARD) {
        List<Input> in = floats(domain, s(n));
        still("sign", "" + domain, in, STEPS, x -> x.get(0).sign());
        still("floor", "" + domain, in, STEPS, x -> x.get(0).floor());
        still("ceil", "" + domain, in, STEPS, x -> x.get(0).ceil());
        still("round", "" + domain, in, STEPS, x -> x.get(0).round());
      }
    }
    List<Input> in = floats(Domain.ANY, s(33));
    rows.add(new OpCase("notEqual", "isNan", "", in, x -> x.get(0).log().isNan(), BOOLEANS, 0));
    rows.add(new OpCase("less", "isFinite", "", in, x -> x.get(0).log().isFinite(), BOOLEANS, 0));
  }

  private void comparisons() {
    compare("equal", Tensor::eq);
    compare("notEqual", Tensor::ne);
    compare("less", Tensor::lt);
    compare("lessEqual", Tensor::le);
    compare("greater", Tensor::gt);
    compare("greaterEqual", Tensor::ge);
  }

  private void shapes() {
    one("reshape", s(2, 6), x -> x.reshape(3, -1));
    one("reshape", "of a transposed view", s(3, 4), x -> x.transpose().reshape(2, 6));
    one("broadcastTo", s(3, 1), x -> x.broadcastTo(2, 3, 4));
    one("permute", s(2, 3, 4), x -> x.permute(2, 0, 1));
    one("slice", s(5, 7), x -> x.slice(1, 1, 6, 2));
    one("unslice", s(3, 2), x -> ShapeOps.UNSLICE.apply(new long[] {1, 0, 2, 1, 7, 2}, x).get(0));
    still("detach", "", floats(Domain.ANY, s(4)), CUT, x -> x.get(0).detach());
    one("barrier", s(4), x -> ShapeOps.barrier(1, x, Tensor.scalar(0.0)).square());
    add(
        "concat",
        "",
        floats(Domain.ANY, s(2, 3), s(2, 1), s(2, 0)),
        x -> Tensor.concat(-1, x.toArray(new Tensor[0])));
    one(
        "cast",
        "to F64 and back",
        s(9),
        x -> x.cast(DType.F64).times(x.cast(DType.F64)).cast(x.dtype()));
    row(
        "cast",
        "to BF16 and back",
        floats(Domain.ANY, s(33)),
        x -> x.get(0).cast(DType.BF16).cast(x.get(0).dtype()),
        OpCase.BF16_TOLERANCE);
    List<Input> many = floats(Domain.ANY, s(33));
    still("cast", "to I32", many, "gives integers", x -> x.get(0).times(3).cast(DType.I32));
    still("cast", "to BOOL", many, BOOLEANS, x -> x.get(0).cast(DType.BOOL));
    List<Input> whole = List.of(new Indices(100, DType.I64, s(19)));
    still("cast", "I64 to I32", whole, TAKES_INTEGERS, x -> x.get(0).cast(DType.I32));
  }

  private void reductions() {
    for (int[] axes : new int[][] {{}, {0}, {1}, {2}, {0, 2}, {1, 2}}) {
      String about = "over " + Arrays.toString(axes);
      one("sum", about, s(3, 5, 4), x -> x.sum(axes));
      one("max", about, s(3, 5, 4), x -> x.max(axes));
      one("min", about, s(3, 5, 4), x -> x.min(axes));
    }
    for (long n : AWKWARD) {
      one("sum", "rows", s(3, n), x -> x.sum(1));
      one("sum", "columns", s(n, 3), x -> x.sum(0));
      if (n > 0) {
        one("max", "rows", s(2, n), x -> x.max(1));
        one("min", "columns", s(n, 2), x -> x.min(0));
        still("argmax", "", floats(Domain.ANY, s(3, n)), INDICES, x -> x.get(0).argmax(1));
      }
    }
    still("argmax", "first axis", floats(Domain.ANY, s(5, 3)), INDICES, x -> x.get(0).argmax(0));
    one("sum", "of a scalar", s(), Tensor::sum);
    one("max", "of a scalar", s(), Tensor::max);
    one("min", "of a scalar", s(), Tensor::min);
  }

  private void products() {
    long[][] sizes = {
      {1, 1, 1}, {2, 3, 4}, {7, 9, 8}, {16, 17, 33}, {5, 1, 6}, {0, 3, 2}, {3, 0, 2}, {65, 31, 70}
    };
    for (long[] m : sizes) {
      Shape a = s(m[0], m[1]);
      Shape b = s(m[1], m[2]);
      Shape aT = s(m[1], m[0]);
      Shape bT = s(m[2], m[1]);
      // A gradient of Σ y² sums n terms that are themselves sums of k.
      double tolerance = 4 * ULPS * (1 + (m[0] + m[1] + m[2]) / 32.0);
      row("matmul", "", floats(Domain.ANY, a, b), x -> x.get(0).matmul(x.get(1)), tolerance);
      row(
          "matmul",
          "NT",
          floats(Domain.ANY, a, bT),
          x -> x.get(0).matmul(x.get(1).transpose()),
          tolerance);
      row(
          "matmul",
          "TN",
          floats(Domain.ANY, aT, b),
          x -> x.get(0).transpose().matmul(x.get(1)),
          tolerance);
    }
    add(
        "matmul",
        "batched",
        floats(Domain.ANY, s(2, 1, 3, 4), s(5, 4, 2)),
        x -> x.get(0).matmul(x.get(1)));
    add("matmul", "vectors", floats(Domain.ANY, s(4), s(4)), x -> x.get(0).matmul(x.get(1)));
    add(
        "matmul",
        "matrix and vector",
        floats(Domain.ANY, s(3, 4), s(4)),
        x -> x.get(0).matmul(x.get(1)));
    add(
        "matmul",
        "of a strided view",
        floats(Domain.ANY, s(3, 8), s(4, 2)),
        x -> x.get(0).slice(1, 0, 8, 2).matmul(x.get(1)));
    bf16();
    for (String name : List.of("relu", "tanh", "sigmoid", "none")) {
      add(
          "matmul",
          "with bias and " + name,
          floats(Domain.ANY, s(5, 7), s(7, 18), s(18)),
          x -> {
            Tensor z = x.get(0).matmul(x.get(1)).plus(x.get(2));
            return switch (name) {
              case "relu" -> z.relu();
              case "tanh" -> z.tanh();
              case "sigmoid" -> z.sigmoid();
              default -> z;
            };
          });
    }
  }

  /** Products of matrices rounded to BF16; with a bias, as layers that compute in it have them. */
  private void bf16() {
    for (Shape[] shapes :
        List.of(
            new Shape[] {s(5, 7), s(7, 18), s(18)},
            new Shape[] {s(33, 65), s(65, 17), s(17)},
            new Shape[] {s(2, 1, 3, 4), s(5, 4, 2), s(2)})) {
      row(
          "matmul",
          "in BF16",
          floats(Domain.ANY, shapes[0], shapes[1]),
          x -> bf16(x.get(0)).matmul(bf16(x.get(1))).cast(x.get(0).dtype()),
          OpCase.BF16_TOLERANCE);
      row(
          "matmul",
          "in BF16 with bias and relu",
          floats(Domain.ANY, shapes),
          x -> {
            Tensor bias = x.get(2).cast(DType.F32);
            Tensor z = bf16(x.get(0)).matmul(bf16(x.get(1))).plus(bias);
            return z.relu().cast(x.get(0).dtype());
          },
          OpCase.BF16_TOLERANCE);
    }
    row(
        "matmul",
        "in BF16, transposed",
        floats(Domain.ANY, s(9, 6), s(11, 9)),
        x -> bf16(x.get(0)).transpose().matmul(bf16(x.get(1)).transpose()).cast(x.get(0).dtype()),
        OpCase.BF16_TOLERANCE);
  }

  private static Tensor bf16(Tensor x) {
    return x.cast(DType.BF16);
  }

  private void indexed() {
    for (DType dtype : List.of(DType.I32, DType.I64)) {
      List<Input> in = List.of(new Floating(Domain.ANY, s(5, 6)), new Indices(5, dtype, s(2, 4)));
      add("gather", "axis 0, " + dtype, in, x -> x.get(0).gather(0, x.get(1)));
      List<Input> scatter = List.of(new Indices(6, dtype, s(9)), new Floating(Domain.ANY, s(3, 9)));
      add(
          "scatterAdd",
          "axis 1, " + dtype,
          scatter,
          x -> Tensor.scatterAdd(s(3, 6), 1, x.get(0), x.get(1)));
    }
    for (long n : AWKWARD) {
      still("iota", "I64", List.of(), NO_INPUT, x -> Tensor.arange(-5, 3 * n - 5, 3));
      for (DType dtype : List.of(DType.F32, DType.F64)) {
        still(
            "iota",
            "linspace " + dtype,
            List.of(),
            NO_INPUT,
            x -> Tensor.linspace(-1, 3, n, dtype));
        still("iota", "" + dtype, List.of(), NO_INPUT, x -> iota(dtype, n));
      }
    }
    still("iota", "I32", List.of(), NO_INPUT, x -> iota(DType.I32, 1009));
    List<Input> last = List.of(new Floating(Domain.ANY, s(3, 6)), new Indices(6, DType.I32, s(0)));
    add("gather", "no indices", last, x -> x.get(0).gather(-1, x.get(1)));
  }

  private static Tensor iota(DType dtype, long n) {
    return RangeOps.IOTA.apply(new long[] {dtype.code(), n, 1000, -7}).get(0);
  }

  private void softmax() {
    for (long n : new long[] {1, 2, 7, 10, 16, 17, 33, 1009}) {
      long rows = n > 64 ? 2 : 3;
      one("softmax", "", s(rows, n), x -> x.softmax(-1));
      one("logSoftmax", "", s(rows, n), x -> x.logSoftmax(-1));
      one("logSumExp", "", s(rows, n), x -> x.logSumExp(-1));
      crossEntropy(rows, (int) n);
    }
    one("softmax", "first axis", s(5, 3), x -> x.softmax(0));
    one("logSoftmax", "middle axis", s(2, 3, 4), x -> x.logSoftmax(1));
    one("logSumExp", "first axis", s(5, 3), x -> x.logSumExp(0));
    one("logSumExp", "of nothing", s(3, 0), x -> x.logSumExp(1));
  }

  private void crossEntropy(long rows, int n) {
    for (DType dtype : List.of(DType.I32, DType.I64)) {
      List<Input> in =
          List.of(new Floating(Domain.ANY, s(rows, n)), new Indices(n, dtype, s(rows)));
      add("softmaxCrossEntropy", "" + dtype, in, x -> x.get(0).softmaxCrossEntropy(x.get(1)));
      List<Input> back =
          List.of(
              new Floating(Domain.ANY, s(rows, n)),
              new Indices(n, dtype, s(rows)),
              new Floating(Domain.ANY, s(rows)));
      add(
          "softmaxCrossEntropyGrad",
          "" + dtype,
          back,
          x -> SoftmaxOps.SOFTMAX_CROSS_ENTROPY_GRAD.apply(x.get(0), x.get(1), x.get(2)));
    }
  }

  private void optimizers() {
    Tensor count = Tensor.scalar(2.0);
    OptimizerOps.AdamRates adam = OptimizerOps.AdamRates.of(0.1, 0.9, 0.99, 1e-8, 0.05);
    OptimizerOps.SgdRates sgd = OptimizerOps.SgdRates.of(0.1, 0.9, 0.05);
    // One parameter of each size around the vector width, and several at once.
    for (long[] sizes : new long[][] {{0}, {1}, {7}, {16}, {33}, {3, 0, 5}}) {
      List<Input> three = new ArrayList<>();
      for (int list = 0; list < 3; list++) {
        for (long n : sizes) {
          three.add(new Floating(Domain.ANY, s(n)));
        }
      }
      List<Input> four = new ArrayList<>(three);
      for (long n : sizes) {
        four.add(new Floating(Domain.POSITIVE, s(n)));
      }
      for (double maxNorm : new double[] {0, 0.1, 1e6}) {
        boolean clips = maxNorm > 0;
        Optional<Tensor> max = clips ? Optional.of(Tensor.scalar(maxNorm)) : Optional.empty();
        String to = clips ? "to " + maxNorm : "";
        add(
            clips ? "clippedAdam" : "adam",
            to,
            four,
            x -> all(OptimizerOps.adam(lists(x, sizes.length), count, adam, max)));
        for (boolean nesterov : new boolean[] {false, true}) {
          add(
              clips ? "clippedSgd" : "sgd",
              (nesterov ? "nesterov " : "") + to,
              three,
              x -> all(OptimizerOps.sgd(lists(x, sizes.length), sgd, nesterov, max)));
        }
      }
    }
  }

  private static List<List<Tensor>> lists(List<Tensor> all, int length) {
    List<List<Tensor>> lists = new ArrayList<>();
    for (int from = 0; from < all.size(); from += length) {
      lists.add(all.subList(from, from + length));
    }
    return lists;
  }

  /** Returns all that a step gives, in one tensor. */
  private static Tensor all(OptimizerOps.Stepped step) {
    List<Tensor> parts = new ArrayList<>();
    step.lists().forEach(parts::addAll);
    DType dtype = parts.get(0).dtype();
    step.norm().ifPresent(norm -> parts.add(norm.cast(dtype).reshape(1)));
    step.count().ifPresent(count -> parts.add(count.cast(dtype).reshape(1)));
    return Tensor.concat(0, parts.toArray(new Tensor[0]));
  }

  private void random() {
    for (Shape keys : List.of(s(), s(3))) {
      List<Input> in = List.of(new Keys(keys));
      draw("randomBits", "", in, 0, x -> Key.of(x.get(0)).bits(5, 7));
      draw("randomUniform", "F32", in, 0, x -> Key.of(x.get(0)).uniform(DType.F32, 37));
      draw("randomUniform", "F64", in, 0, x -> Key.of(x.get(0)).uniform(DType.F64, 37));
      draw("randomNormal", "F32", in, ULPS, x -> Key.of(x.get(0)).normal(DType.F32, 1009));
      draw("randomNormal", "F64", in, ULPS, x -> Key.of(x.get(0)).normal(DType.F64, 1009));
      draw("randomSplit", "", in, 0, x -> Key.of(x.get(0)).split(3).get(2).bits());
      draw("randomFold", "", in, 0, x -> Key.of(x.get(0)).fold(7).bits());
    }
  }

  // ---- how rows are written ----

  private static Shape s(long... dims) {
    return Shape.of(dims);
  }

  private static List<Input> floats(Domain domain, Shape... shapes) {
    List<Input> inputs = new ArrayList<>();
    for (Shape shape : shapes) {
      inputs.add(new Floating(domain, shape));
    }
    return inputs;
  }

  private void row(
      String op, String about, List<Input> in, Function<List<Tensor>, Tensor> f, double tolerance) {
    rows.add(new OpCase(op, op, about, in, f, "", tolerance));
  }

  private void add(String op, String about, List<Input> in, Function<List<Tensor>, Tensor> f) {
    row(op, about, in, f, 4 * ULPS);
  }

  private void composed(
      String op, String name, String about, List<Input> in, Function<List<Tensor>, Tensor> f) {
    rows.add(new OpCase(op, name, about, in, f, "", 4 * ULPS));
  }

  private void still(
      String op, String about, List<Input> in, String why, Function<List<Tensor>, Tensor> f) {
    rows.add(new OpCase(op, op, about, in, f, why, 0));
  }

  private void draw(
      String op, String about, List<Input> in, double tolerance, Function<List<Tensor>, Tensor> f) {
    rows.add(new OpCase(op, op, about, in, f, TAKES_INTEGERS, tolerance));
  }

  private void one(String op, Shape shape, UnaryOperator<Tensor> f) {
    one(op, "", shape, f);
  }

  private void one(String op, String about, Shape shape, UnaryOperator<Tensor> f) {
    add(op, about, floats(Domain.ANY, shape), x -> f.apply(x.get(0)));
  }

  private void unary(String op, Domain domain, UnaryOperator<Tensor> f) {
    for (long n : AWKWARD) {
      add(op, "", floats(domain, s(n)), x -> f.apply(x.get(0)));
    }
    add(op, "scalar", floats(domain, s()), x -> f.apply(x.get(0)));
    add(op, "transposed", floats(domain, s(5, 9)), x -> f.apply(x.get(0).transpose()));
  }

  private void binary(String op, Domain domain, BinaryOperator<Tensor> f) {
    for (long n : AWKWARD) {
      add(op, "", floats(domain, s(n), s(n)), x -> f.apply(x.get(0), x.get(1)));
    }
    add(op, "row", floats(domain, s(3, 17), s(17)), x -> f.apply(x.get(0), x.get(1)));
    add(op, "column", floats(domain, s(3, 1), s(3, 17)), x -> f.apply(x.get(0), x.get(1)));
    add(op, "outer", floats(domain, s(4, 1), s(2, 1, 5)), x -> f.apply(x.get(0), x.get(1)));
    add(op, "scalar", floats(domain, s(), s(9)), x -> f.apply(x.get(0), x.get(1)));
    add(
        op,
        "transposed",
        floats(domain, s(5, 9), s(9, 5)),
        x -> f.apply(x.get(0).transpose(), x.get(1)));
  }

  private void compare(String op, BinaryOperator<Tensor> f) {
    Function<List<Tensor>, Tensor> both = x -> f.apply(x.get(0), x.get(1));
    for (long n : AWKWARD) {
      still(op, "", floats(Domain.ANY, s(n), s(n)), BOOLEANS, both);
    }
    for (DType dtype : List.of(DType.I32, DType.I64)) {
      List<Input> in = List.of(new Indices(3, dtype, s(33)), new Indices(3, dtype, s(33)));
      still(op, "" + dtype, in, BOOLEANS, both);
    }
    still(op, "broadcast", floats(Domain.ANY, s(5, 1), s(7)), BOOLEANS, both);
  }
}
