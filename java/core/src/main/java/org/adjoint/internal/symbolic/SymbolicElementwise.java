package org.adjoint.internal.symbolic;

import static java.util.Map.entry;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.adjoint.internal.ir.ScalarFunction;
import org.adjoint.op.Elementwise;
import org.adjoint.op.ElementwiseOps;
import org.adjoint.op.Op;
import org.adjoint.op.Ops;
import org.adjoint.op.TrigonometricOps;
import org.adjoint.symbolic.Algebra;
import org.adjoint.symbolic.Expression;
import org.adjoint.symbolic.Expression.Function;
import org.adjoint.symbolic.Expression.Operator;

/**
 * The formulas of elementwise ops. Arithmetic has a notation of its own; any other row of the op
 * table is a function under its name, with the row's scalar function as its value.
 */
public final class SymbolicElementwise {
  /** The formula of one element. */
  private interface Rule {
    Expression of(Algebra algebra, List<Expression> x);
  }

  private static final Map<String, String> NAMES =
      Map.of(
          "equal", "=",
          "notEqual", "!=",
          "less", "<",
          "lessEqual", "<=",
          "greater", ">",
          "greaterEqual", ">=",
          "maximum", "max",
          "minimum", "min");

  /** Functions whose values at fractions need no rounding; relations are so too. */
  private static final Set<String> EXACT =
      Set.of("abs", "sign", "floor", "ceil", "round", "relu", "maximum", "minimum");

  /** One function a row, so that its uses are equal. */
  private static final Map<Op, Function> FUNCTIONS = functions();

  private static final Map<Op, Rule> RULES = rules();

  private SymbolicElementwise() {}

  private static Map<Op, Function> functions() {
    Map<Op, Function> functions = new HashMap<>();
    for (Op op : Ops.ALL) {
      if (op instanceof Elementwise e && e.takesFloating() && op != ElementwiseOps.WHERE) {
        functions.put(e, made(e));
      }
    }
    return functions;
  }

  /** Returns a row as a function of expressions. */
  public static Function function(Op op) {
    return FUNCTIONS.get(op);
  }

  private static Map<Op, Rule> rules() {
    Map<Op, Rule> rules = new HashMap<>();
    FUNCTIONS.forEach((op, function) -> rules.put(op, (a, x) -> a.apply(function, x)));
    rules.putAll(
        Map.ofEntries(
            entry(ElementwiseOps.PLUS, (a, x) -> a.sum(x)),
            entry(ElementwiseOps.MINUS, (a, x) -> a.minus(x.get(0), x.get(1))),
            entry(ElementwiseOps.TIMES, (a, x) -> a.product(x)),
            entry(ElementwiseOps.SCALE, (a, x) -> a.product(x)),
            entry(ElementwiseOps.DIV, (a, x) -> a.divide(x.get(0), x.get(1))),
            entry(ElementwiseOps.NEG, (a, x) -> a.negate(x.get(0))),
            entry(ElementwiseOps.POW, (a, x) -> a.power(x.get(0), x.get(1))),
            entry(ElementwiseOps.SQUARE, (a, x) -> a.power(x.get(0), a.number(2))),
            entry(ElementwiseOps.SQRT, (a, x) -> a.power(x.get(0), a.number(0.5))),
            entry(ElementwiseOps.RSQRT, (a, x) -> a.power(x.get(0), a.number(-0.5))),
            entry(ElementwiseOps.RECIPROCAL, (a, x) -> a.power(x.get(0), a.number(-1))),
            entry(TrigonometricOps.SECH, (a, x) -> a.power(sechSquare(a, x), a.number(0.5))),
            entry(TrigonometricOps.SECH_SQUARE, SymbolicElementwise::sechSquare),
            entry(TrigonometricOps.LESS_SQUARE, (a, x) -> lessSquare(a, x.get(0))),
            entry(TrigonometricOps.RHYPOT, (a, x) -> a.power(squares(a, x), a.number(-0.5))),
            entry(TrigonometricOps.OVER_SQUARES, (a, x) -> a.divide(x.get(0), squares(a, x))),
            entry(ElementwiseOps.EXP, (a, x) -> a.exp(x.get(0))),
            entry(ElementwiseOps.WHERE, (a, x) -> a.where(x.get(0), x.get(1), x.get(2)))));
    return Map.copyOf(rules);
  }

  /** x² + y². */
  private static Expression squares(Algebra a, List<Expression> x) {
    return a.sum(List.of(a.power(x.get(0), a.number(2)), a.power(x.get(1), a.number(2))));
  }

  /** 1 − tanh² x; of z/2 it is 4·σ′(z), which is what had a rule take the half. */
  private static Expression sechSquare(Algebra a, List<Expression> x) {
    List<Expression> factors = new ArrayList<>(x.get(0).operands());
    if (x.get(0).head() == Operator.PRODUCT && factors.remove(a.number(0.5))) {
      Expression s = a.apply(FUNCTIONS.get(ElementwiseOps.SIGMOID), List.of(a.product(factors)));
      return a.product(List.of(a.number(4), s, a.minus(a.number(1), s)));
    }
    return lessSquare(a, a.apply(FUNCTIONS.get(ElementwiseOps.TANH), x));
  }

  private static Expression lessSquare(Algebra a, Expression x) {
    return a.minus(a.number(1), a.power(x, a.number(2)));
  }

  private static Function made(Elementwise op) {
    ScalarFunction scalar = op.primitive().kernel().scalar();
    boolean relation = scalar instanceof ScalarFunction.Comparison;
    String name = NAMES.getOrDefault(op.name(), op.name());
    return new Function(name, relation || EXACT.contains(op.name()), value(scalar, op.name()));
  }

  private static ToDoubleFunction<double[]> value(ScalarFunction scalar, String name) {
    if (scalar instanceof ScalarFunction.Unary u) {
      return x -> u.f().applyAsDouble(x[0]);
    } else if (scalar instanceof ScalarFunction.Binary b) {
      return x -> b.f().applyAsDouble(x[0], x[1]);
    } else if (scalar instanceof ScalarFunction.Comparison c) {
      return x -> c.f().test(x[0], x[1]) ? 1 : 0;
    }
    throw new IllegalStateException("symbolic: " + name + " has no scalar function");
  }

  /** Returns the elements of the output; empty for an op of another kind. */
  public static Optional<Expression[]> apply(SymbolicCall call) {
    Rule rule = RULES.get(call.op());
    if (rule == null) {
      return Optional.empty();
    }
    int arity = call.inputs().length;
    int[][] places = new int[arity][];
    for (int i = 0; i < arity; i++) {
      places[i] = SymbolicCall.broadcast(call.types()[i].shape(), call.type().shape());
    }
    Expression[] entries = new Expression[call.size()];
    Expression[] x = new Expression[arity];
    for (int at = 0; at < entries.length; at++) {
      for (int i = 0; i < arity; i++) {
        x[i] = call.inputs()[i][places[i][at]];
      }
      entries[at] = rule.of(call.algebra(), List.of(x));
    }
    return Optional.of(entries);
  }
}
