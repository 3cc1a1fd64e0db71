package org.adjoint.nn.onnx;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.nn.onnx.Onnx.ElementType;
import org.adjoint.nn.onnx.Op.Meaning;
import org.adjoint.op.TrigonometricOps;

/** What operators on each element alone compute; formulas are those of the operators' pages. */
final class ElementwiseMeanings {
  private static final double SELU_ALPHA = 1.67326319217681884765625;
  private static final double SELU_GAMMA = 1.05070102214813232421875;

  private ElementwiseMeanings() {}

  /** Returns the meanings by operator. */
  static Map<String, Meaning> all() {
    Map<String, Meaning> all = new HashMap<>();
    unary(all);
    binary(all);
    activations(all);
    all.put("Where", Meaning.one(op -> Tensor.where(op.x(0), op.x(1), op.x(2))));
    all.put("Max", Meaning.one(op -> fold(op, Tensor::maximum)));
    all.put("Min", Meaning.one(op -> fold(op, Tensor::minimum)));
    all.put("Sum", Meaning.one(op -> fold(op, Tensor::plus)));
    all.put("Cast", Meaning.one(ElementwiseMeanings::cast));
    all.put("Identity", Meaning.one(Op::x));
    all.put("Dropout", Meaning.one(Op::x));
    all.put("Clip", Meaning.one(ElementwiseMeanings::clip));
    return all;
  }

  private static void unary(Map<String, Meaning> all) {
    Map<String, UnaryOperator<Tensor>> functions = new HashMap<>();
    functions.put("Neg", Tensor::neg);
    functions.put("Abs", Tensor::abs);
    functions.put("Exp", Tensor::exp);
    functions.put("Log", Tensor::log);
    functions.put("Sqrt", Tensor::sqrt);
    functions.put("Reciprocal", Tensor::reciprocal);
    functions.put("Tanh", Tensor::tanh);
    functions.put("Sigmoid", Tensor::sigmoid);
    functions.put("Relu", Tensor::relu);
    functions.put("Sign", Tensor::sign);
    functions.put("Floor", Tensor::floor);
    functions.put("Ceil", Tensor::ceil);
    functions.put("Round", Tensor::round);
    functions.put("Sin", Tensor::sin);
    functions.put("Cos", Tensor::cos);
    functions.put("Tan", Tensor::tan);
    functions.put("Asin", Tensor::asin);
    functions.put("Acos", Tensor::acos);
    functions.put("Atan", Tensor::atan);
    functions.put("Sinh", Tensor::sinh);
    functions.put("Cosh", TrigonometricOps.COSH::apply);
    functions.put("Asinh", Tensor::asinh);
    functions.put("Acosh", Tensor::acosh);
    functions.put("Atanh", Tensor::atanh);
    functions.put("Erf", Tensor::erf);
    functions.put("Softplus", Tensor::softplus);
    functions.put("Softsign", x -> x.div(x.abs().plus(1)));
    functions.put("HardSwish", x -> x.times(x.times(1.0 / 6).plus(0.5).clamp(0, 1)));
    functions.put("Mish", Tensor::mish);
    functions.put("IsNaN", Tensor::isNan);
    functions.put("Not", Tensor::not);
    functions.forEach((name, f) -> all.put(name, Meaning.one(op -> f.apply(op.x()))));
  }

  private static void binary(Map<String, Meaning> all) {
    Map<String, BinaryOperator<Tensor>> functions = new HashMap<>();
    functions.put("Add", Tensor::plus);
    functions.put("Sub", Tensor::minus);
    functions.put("Mul", Tensor::times);
    functions.put("Div", ElementwiseMeanings::div);
    functions.put("Pow", (a, b) -> a.pow(b.cast(a.dtype())));
    functions.put("Equal", Tensor::eq);
    functions.put("Less", Tensor::lt);
    functions.put("LessOrEqual", Tensor::le);
    functions.put("Greater", Tensor::gt);
    functions.put("GreaterOrEqual", Tensor::ge);
    functions.put("And", Tensor::and);
    functions.put("Or", Tensor::or);
    functions.put("Xor", Tensor::xor);
    functions.put("PRelu", (x, slope) -> Tensor.where(x.gt(0), x, x.times(slope)));
    functions.forEach((name, f) -> all.put(name, Meaning.one(op -> f.apply(op.x(0), op.x(1)))));
  }

  private static void activations(Map<String, Meaning> all) {
    all.put("LeakyRelu", Meaning.one(op -> op.x().leakyRelu(op.real("alpha", 0.01))));
    all.put("Elu", Meaning.one(op -> op.x().elu(op.real("alpha", 1))));
    all.put(
        "Selu",
        Meaning.one(
            op -> op.x().elu(op.real("alpha", SELU_ALPHA)).times(op.real("gamma", SELU_GAMMA))));
    all.put(
        "Celu",
        Meaning.one(
            op -> {
              double alpha = op.real("alpha", 1);
              Tensor below = op.x().minimum(0).div(alpha).expm1().times(alpha);
              return op.x().relu().plus(below);
            }));
    all.put(
        "HardSigmoid",
        Meaning.one(
            op -> {
              Tensor line = op.x().times(op.real("alpha", 0.2)).plus(op.real("beta", 0.5));
              return line.clamp(0, 1);
            }));
    all.put(
        "Gelu",
        Meaning.one(
            op ->
                op.text("approximate", "none").equals("tanh") ? op.x().geluTanh() : op.x().gelu()));
  }

  private static Tensor fold(Op op, BinaryOperator<Tensor> f) {
    Tensor y = op.x();
    for (int i = 1; i < op.in().size(); i++) {
      y = f.apply(y, op.x(i));
    }
    return y;
  }

  /** Whole numbers are divided towards zero. */
  private static Tensor div(Tensor a, Tensor b) {
    if (a.dtype().isFloating()) {
      return a.div(b);
    }
    Tensor size = a.abs().floorDiv(b.abs());
    return Tensor.where(a.lt(0).xor(b.lt(0)), size.neg(), size);
  }

  private static Tensor cast(Op op) {
    long code = op.number("to", 0);
    ElementType type =
        ElementType.ofCode(code).orElseThrow(() -> op.error("to = " + code + " is no data type"));
    DType dtype = type.dtype().orElseThrow(() -> op.error("there is no dtype here for " + type));
    return op.x().cast(dtype);
  }

  private static Tensor clip(Op op) {
    Tensor y = op.x();
    Optional<Tensor> low = bound(op, "min", 1);
    Optional<Tensor> high = bound(op, "max", 2);
    y = low.isPresent() ? y.maximum(low.get()) : y;
    return high.isPresent() ? y.minimum(high.get()) : y;
  }

  /** Before operator set 11 bounds were attributes. */
  private static Optional<Tensor> bound(Op op, String name, int input) {
    return op.has(name) ? Optional.of(op.x().scalarLike(op.real(name, 0))) : op.maybe(input);
  }
}
