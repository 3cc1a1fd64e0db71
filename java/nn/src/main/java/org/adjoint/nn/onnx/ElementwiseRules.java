package org.adjoint.nn.onnx;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.adjoint.DType;
import org.adjoint.nn.onnx.Call.Rule;
import org.adjoint.nn.onnx.Onnx.Attribute;
import org.adjoint.op.ActivationOps;
import org.adjoint.op.ElementwiseOps;
import org.adjoint.op.IntegerOps;
import org.adjoint.op.Op;
import org.adjoint.op.SpecialOps;
import org.adjoint.op.TrigonometricOps;

/**
 * How operations on each element alone are written. Those that operator set 17 lacks are made of
 * others by the formulas in the Javadoc of their rows: {@code log1p} and {@code expm1} have no more
 * digits near 0 there than the sum or difference has.
 */
final class ElementwiseRules {
  private static final double SQRT_HALF = Math.sqrt(0.5);
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
  private static final double CUBIC = 0.044715;

  private ElementwiseRules() {}

  /** Returns the rules by operation. */
  static Map<Op, Rule> all() {
    Map<Op, Rule> rules = new HashMap<>();
    same(rules);
    flags(rules);
    composed(rules);
    activations(rules);
    return rules;
  }

  private static void same(Map<Op, Rule> rules) {
    rules.put(ElementwiseOps.NEG, Rule.same("Neg"));
    rules.put(ElementwiseOps.ABS, Rule.same("Abs"));
    rules.put(ElementwiseOps.EXP, Rule.same("Exp"));
    rules.put(ElementwiseOps.LOG, Rule.same("Log"));
    rules.put(ElementwiseOps.SQRT, Rule.same("Sqrt"));
    rules.put(ElementwiseOps.RECIPROCAL, Rule.same("Reciprocal"));
    rules.put(ElementwiseOps.TANH, Rule.same("Tanh"));
    rules.put(ElementwiseOps.SIGMOID, Rule.same("Sigmoid"));
    rules.put(ElementwiseOps.RELU, Rule.same("Relu"));
    rules.put(ElementwiseOps.SIGN, Rule.same("Sign"));
    rules.put(ElementwiseOps.FLOOR, Rule.same("Floor"));
    rules.put(ElementwiseOps.CEIL, Rule.same("Ceil"));
    rules.put(ElementwiseOps.ROUND, Rule.same("Round"));
    rules.put(ElementwiseOps.PLUS, Rule.same("Add"));
    rules.put(ElementwiseOps.MINUS, Rule.same("Sub"));
    rules.put(ElementwiseOps.TIMES, Rule.same("Mul"));
    rules.put(ElementwiseOps.DIV, Rule.same("Div"));
    rules.put(ElementwiseOps.POW, Rule.same("Pow"));
    rules.put(ElementwiseOps.MAXIMUM, Rule.same("Max"));
    rules.put(ElementwiseOps.MINIMUM, Rule.same("Min"));
    rules.put(ElementwiseOps.WHERE, Rule.same("Where"));
    rules.put(TrigonometricOps.SIN, Rule.same("Sin"));
    rules.put(TrigonometricOps.COS, Rule.same("Cos"));
    rules.put(TrigonometricOps.TAN, Rule.same("Tan"));
    rules.put(TrigonometricOps.ASIN, Rule.same("Asin"));
    rules.put(TrigonometricOps.ACOS, Rule.same("Acos"));
    rules.put(TrigonometricOps.ATAN, Rule.same("Atan"));
    rules.put(TrigonometricOps.SINH, Rule.same("Sinh"));
    rules.put(TrigonometricOps.COSH, Rule.same("Cosh"));
    rules.put(TrigonometricOps.ASINH, Rule.same("Asinh"));
    rules.put(TrigonometricOps.ACOSH, Rule.same("Acosh"));
    rules.put(TrigonometricOps.ATANH, Rule.same("Atanh"));
    rules.put(SpecialOps.ERF, Rule.same("Erf"));
    rules.put(ActivationOps.SOFTPLUS, Rule.same("Softplus"));
  }

  private static void flags(Map<Op, Rule> rules) {
    rules.put(ElementwiseOps.EQUAL, Rule.same("Equal"));
    rules.put(ElementwiseOps.LESS, Rule.same("Less"));
    rules.put(ElementwiseOps.LESS_EQUAL, Rule.same("LessOrEqual"));
    rules.put(ElementwiseOps.GREATER, Rule.same("Greater"));
    rules.put(ElementwiseOps.GREATER_EQUAL, Rule.same("GreaterOrEqual"));
    rules.put(ElementwiseOps.NOT_EQUAL, Rule.one(c -> c.add("Not", c.add("Equal", c.x(), c.x(1)))));
    rules.put(IntegerOps.AND, ofFlags("And"));
    rules.put(IntegerOps.OR, ofFlags("Or"));
    rules.put(IntegerOps.XOR, ofFlags("Xor"));
    rules.put(IntegerOps.NOT, ofFlags("Not"));
  }

  private static Rule ofFlags(String op) {
    return call -> {
      if (call.dtype() != DType.BOOL) {
        throw call.refused("operator set 17 has it for BOOL alone, got " + call.dtype());
      }
      return Rule.same(op).write(call);
    };
  }

  private static void composed(Map<Op, Rule> rules) {
    rules.put(ElementwiseOps.SQUARE, Rule.one(c -> c.add("Mul", c.x(), c.x())));
    rules.put(ElementwiseOps.RSQRT, Rule.one(c -> c.add("Reciprocal", c.add("Sqrt", c.x()))));
    rules.put(ElementwiseOps.LOG1P, Rule.one(c -> c.add("Log", c.add("Add", c.x(), c.number(1)))));
    rules.put(ElementwiseOps.EXPM1, Rule.one(c -> c.add("Sub", c.add("Exp", c.x()), c.number(1))));
    rules.put(SpecialOps.ERFC, Rule.one(c -> c.add("Sub", c.number(1), c.add("Erf", c.x()))));
    rules.put(TrigonometricOps.SECH, Rule.one(c -> c.add("Reciprocal", c.add("Cosh", c.x()))));
    rules.put(
        ElementwiseOps.SCALE,
        Rule.one(
            c -> {
              String none =
                  c.add(
                      "Or",
                      c.add("Equal", c.x(0), c.number(0)),
                      c.add("Equal", c.x(1), c.number(0)));
              return c.add("Where", none, c.number(0), c.add("Mul", c.x(0), c.x(1)));
            }));
  }

  private static void activations(Map<Op, Rule> rules) {
    rules.put(ElementwiseOps.LEAKY_RELU, Rule.one(ElementwiseRules::leakyRelu));
    rules.put(ActivationOps.ELU, Rule.one(ElementwiseRules::elu));
    rules.put(ActivationOps.SILU, Rule.one(c -> c.add("Mul", c.x(), c.add("Sigmoid", c.x()))));
    rules.put(
        ActivationOps.MISH,
        Rule.one(c -> c.add("Mul", c.x(), c.add("Tanh", c.add("Softplus", c.x())))));
    rules.put(
        ActivationOps.GELU,
        Rule.one(
            c -> {
              String erf = c.add("Erf", c.add("Mul", c.x(), c.number(SQRT_HALF)));
              String half = c.add("Mul", c.x(), c.number(0.5));
              return c.add("Mul", half, c.add("Add", erf, c.number(1)));
            }));
    rules.put(
        ActivationOps.GELU_TANH,
        Rule.one(
            c -> {
              String square = c.add("Mul", c.add("Mul", c.x(), c.x()), c.number(CUBIC));
              String u = c.add("Mul", c.x(), c.add("Add", square, c.number(1)));
              String gate = c.add("Sigmoid", c.add("Mul", u, c.number(2 * SQRT_2_OVER_PI)));
              return c.add("Mul", c.x(), gate);
            }));
  }

  private static String leakyRelu(Call c) {
    OptionalDouble slope = c.given(1);
    if (slope.isPresent()) {
      Attribute alpha = new Attribute.Real((float) slope.getAsDouble());
      return c.graph().add("LeakyRelu", Map.of("alpha", alpha), c.x());
    }
    String positive = c.add("Greater", c.x(), c.number(0));
    return c.add("Where", positive, c.x(), c.add("Mul", c.x(), c.x(1)));
  }

  private static String elu(Call c) {
    OptionalDouble alpha = c.given(1);
    if (alpha.isPresent()) {
      Attribute value = new Attribute.Real((float) alpha.getAsDouble());
      return c.graph().add("Elu", Map.of("alpha", value), c.x());
    }
    String positive = c.add("Greater", c.x(), c.number(0));
    String below = c.add("Elu", c.x());
    return c.add("Where", positive, c.x(), c.add("Mul", below, c.x(1)));
  }
}
