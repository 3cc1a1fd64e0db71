package org.adjoint.lens.modes;

import static org.adjoint.lens.modes.Decimal.ONE;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.symbolic.Expression;
import org.adjoint.symbolic.Expression.Constant;
import org.adjoint.symbolic.Expression.Function;
import org.adjoint.symbolic.Expression.Number;
import org.adjoint.symbolic.Expression.Operator;
import org.adjoint.symbolic.Expression.Variable;

/**
 * The derivatives of a formula to more than twice the digits of a double, without a rule of
 * differentiation: central differences with a step of 10⁻²⁰ in arithmetic of 80 digits, which err
 * by about 10⁻⁴⁰. What all ways of differentiating are measured against; so a wrong rule would be
 * seen. At a kink, where no derivative exists, a difference is the mean of both slopes.
 */
final class Truth {
  private static final BigDecimal STEP = ONE.movePointLeft(20);

  private final List<Expression> parts;

  private Truth(Expression formula) {
    this.parts = Parts.of(formula);
  }

  /**
   * Returns the partial derivatives by each of these variables.
   *
   * @param formula as its graph has it, so that its numbers are the graph's own
   * @param at the values of all its variables
   * @return empty if the formula has a function that is not known in decimals, or a value that does
   *     not exist
   */
  static Optional<List<BigDecimal>> gradient(
      Expression formula, List<String> variables, Map<String, Double> at) {
    Map<String, BigDecimal> exact = new HashMap<>();
    try {
      at.forEach((name, value) -> exact.put(name, new BigDecimal(value)));
      Truth truth = new Truth(formula);
      List<BigDecimal> gradient = new ArrayList<>();
      for (String variable : variables) {
        gradient.add(truth.slope(variable, exact));
      }
      return Optional.of(gradient);
    } catch (ArithmeticException | NumberFormatException e) {
      return Optional.empty(); // such as the logarithm of 0, or a NaN
    }
  }

  private BigDecimal slope(String variable, Map<String, BigDecimal> at) {
    BigDecimal x = at.get(variable);
    BigDecimal step = STEP.multiply(x.abs().max(ONE), Decimal.MATH);
    Map<String, BigDecimal> moved = new HashMap<>(at);
    moved.put(variable, x.add(step));
    BigDecimal above = value(moved);
    moved.put(variable, x.subtract(step));
    return Decimal.divide(above.subtract(value(moved)), step.add(step));
  }

  private BigDecimal value(Map<String, BigDecimal> at) {
    Map<Expression, BigDecimal> known = new HashMap<>();
    BigDecimal last = BigDecimal.ZERO;
    for (Expression part : parts) {
      List<BigDecimal> x = part.operands().stream().map(known::get).toList();
      last = value(part, x, at);
      known.put(part, last);
    }
    return last;
  }

  private static BigDecimal value(Expression part, List<BigDecimal> x, Map<String, BigDecimal> at) {
    if (part.head() instanceof Number number) {
      return new BigDecimal(number.value().value());
    } else if (part.head() instanceof Variable variable) {
      return at.get(variable.name());
    } else if (part.head() instanceof Constant constant) {
      if (constant != Constant.E) {
        throw new ArithmeticException("no finite number: " + constant);
      }
      return Decimal.exp(ONE);
    } else if (part.head() instanceof Function function) {
      return x.size() == 1 ? apply(function.name(), x.get(0)) : apply(function.name(), x);
    }
    return switch ((Operator) part.head()) {
      case SUM -> x.stream().reduce(BigDecimal.ZERO, (a, b) -> a.add(b, Decimal.MATH));
      case PRODUCT -> x.stream().reduce(ONE, Decimal::times);
      case POWER ->
          part.operands().get(0).head() == Constant.E
              ? Decimal.exp(x.get(1))
              : Decimal.power(x.get(0), x.get(1));
    };
  }

  private static BigDecimal apply(String name, BigDecimal x) {
    return switch (name) {
      case "exp" -> Decimal.exp(x);
      case "expm1" -> Decimal.exp(x).subtract(ONE);
      case "log" -> Decimal.log(x);
      case "log1p" -> Decimal.log(ONE.add(x));
      case "sin" -> Decimal.sin(x);
      case "cos" -> Decimal.cos(x);
      case "tan" -> Decimal.tan(x);
      case "asin" -> Decimal.asin(x);
      case "acos" -> Decimal.times(Decimal.HALF, Decimal.PI).subtract(Decimal.asin(x));
      case "atan" -> Decimal.atan(x);
      case "sinh" -> Decimal.sinh(x);
      case "cosh" -> Decimal.cosh(x);
      case "tanh" -> Decimal.tanh(x);
      case "sigmoid" -> Decimal.sigmoid(x);
      case "softplus" -> Decimal.softplus(x);
      case "silu" -> Decimal.times(x, Decimal.sigmoid(x));
      case "mish" -> Decimal.times(x, Decimal.tanh(Decimal.softplus(x)));
      case "gelu" ->
          Decimal.times(
              Decimal.times(x, Decimal.HALF),
              ONE.add(Decimal.erf(Decimal.divide(x, Decimal.sqrt(Decimal.TWO)))));
      case "erf" -> Decimal.erf(x);
      case "erfc" -> ONE.subtract(Decimal.erf(x));
      case "relu" -> x.max(BigDecimal.ZERO);
      case "abs" -> x.abs();
      case "sign" -> BigDecimal.valueOf(x.signum());
      case "floor" -> x.setScale(0, RoundingMode.FLOOR);
      case "ceil" -> x.setScale(0, RoundingMode.CEILING);
      case "round" -> x.setScale(0, RoundingMode.HALF_EVEN);
      default -> throw new ArithmeticException("not known in decimals: " + name);
    };
  }

  private static BigDecimal apply(String name, List<BigDecimal> x) {
    int order = x.get(0).compareTo(x.get(1));
    return switch (name) {
      case "max" -> x.get(0).max(x.get(1));
      case "min" -> x.get(0).min(x.get(1));
      case "where" -> x.get(0).signum() != 0 ? x.get(1) : x.get(2);
      case "=" -> truth(order == 0);
      case "!=" -> truth(order != 0);
      case "<" -> truth(order < 0);
      case "<=" -> truth(order <= 0);
      case ">" -> truth(order > 0);
      case ">=" -> truth(order >= 0);
      default -> throw new ArithmeticException("not known in decimals: " + name);
    };
  }

  private static BigDecimal truth(boolean holds) {
    return holds ? ONE : BigDecimal.ZERO;
  }
}
