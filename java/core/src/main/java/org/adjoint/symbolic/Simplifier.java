package org.adjoint.symbolic;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.symbolic.Expression.Constant;
import org.adjoint.symbolic.Expression.Function;
import org.adjoint.symbolic.Expression.Number;
import org.adjoint.symbolic.Expression.Operator;

/**
 * The algebra that simplifies. Each method takes simplified operands and looks one level into them;
 * sums in products are left as they stand, so a formula never grows by being multiplied out.
 */
final class Simplifier extends Algebra {
  /** Longer sums and products are not flattened into others: a chain of them would cost squares. */
  private static final int MOST_OPERANDS = 64;

  private final Expression zero = number(0);
  private final Expression one = number(1);

  // ---- sums ----

  @Override
  public Expression sum(List<Expression> terms) {
    List<Expression> rest = terms.stream().filter(term -> term != zero).toList();
    if (rest.size() < 2) {
      return rest.isEmpty() ? zero : rest.get(0);
    }
    Map<Expression, Numeral> coefficients = new LinkedHashMap<>();
    List<Expression> apart = new ArrayList<>();
    for (Expression term : rest) {
      Expression body = body(term);
      if (body.is(Operator.SUM) && body.operands().size() <= MOST_OPERANDS) {
        for (Expression inner : body.operands()) {
          add(inner, coefficient(term), coefficients, apart);
        }
      } else {
        add(term, Numeral.ONE, coefficients, apart);
      }
    }
    coefficients.forEach((body, k) -> scaled(k, body).ifPresent(apart::add));
    apart.removeIf(term -> term == zero);
    if (apart.size() > 1) {
      CommonFactors common = new CommonFactors(this, apart);
      if (!common.isEmpty()) {
        List<Expression> factors = common.factors();
        factors.add(sum(apart.stream().map(common::rest).toList()));
        return product(factors);
      }
    }
    apart.sort((a, b) -> Order.compareTerms(body(a), body(b)));
    moveFirstPositiveToFront(apart);
    return apart.isEmpty() ? zero : super.sum(apart);
  }

  private void add(
      Expression term,
      Numeral factor,
      Map<Expression, Numeral> coefficients,
      List<Expression> apart) {
    Expression body = body(term);
    Optional<Numeral> k = coefficient(term).times(factor);
    Optional<Numeral> all = k.flatMap(x -> x.plus(coefficients.getOrDefault(body, Numeral.ZERO)));
    if (all.isPresent()) {
      coefficients.put(body, all.get());
    } else {
      apart.add(factor.equals(Numeral.ONE) ? term : product(List.of(number(factor), term)));
    }
  }

  /** Returns the number that a term is multiplied by. */
  private static Numeral coefficient(Expression term) {
    boolean isProduct = term.is(Operator.PRODUCT);
    Expression first = isProduct ? term.operands().get(0) : term;
    return first.head() instanceof Number n ? n.value() : Numeral.ONE;
  }

  /** Returns the term without that number. */
  private Expression body(Expression term) {
    if (term.head() instanceof Number) {
      return one;
    }
    boolean scaled = term.is(Operator.PRODUCT) && term.operands().get(0).head() instanceof Number;
    return scaled ? super.product(term.operands().subList(1, term.operands().size())) : term;
  }

  /** Returns k times a body, empty if that is 0. */
  private Optional<Expression> scaled(Numeral k, Expression body) {
    if (k.isZero() && flattened(List.of(body)).stream().noneMatch(Expression::isInfinite)) {
      return Optional.empty();
    }
    if (body == one) {
      return Optional.of(number(k));
    }
    if (k.equals(Numeral.ONE)) {
      return Optional.of(body);
    }
    List<Expression> factors = new ArrayList<>();
    factors.add(number(k));
    factors.addAll(body.is(Operator.PRODUCT) ? body.operands() : List.of(body));
    return Optional.of(make(Operator.PRODUCT, factors));
  }

  /** What begins with a plus needs none: 1 − x², not −x² + 1. */
  private static void moveFirstPositiveToFront(List<Expression> terms) {
    for (int i = 0; i < terms.size(); i++) {
      if (!coefficient(terms.get(i)).isNegative()) {
        terms.add(0, terms.remove(i));
        return;
      }
    }
  }

  // ---- products and powers ----

  @Override
  public Expression product(List<Expression> factors) {
    List<Expression> flat = flattened(factors);
    for (; ; ) {
      List<Expression> collected = flattened(collected(flat));
      if (collected.equals(flat)) {
        break;
      }
      flat = collected;
    }
    if (flat.contains(zero) && flat.stream().noneMatch(Expression::isInfinite)) {
      return zero;
    }
    flat.sort(Order::compare);
    return flat.isEmpty() ? one : super.product(flat);
  }

  private static List<Expression> flattened(List<Expression> factors) {
    List<Expression> flat = new ArrayList<>();
    for (Expression factor : factors) {
      boolean opens =
          factor.is(Operator.PRODUCT)
              && (factors.size() == 1 || factor.operands().size() <= MOST_OPERANDS);
      flat.addAll(opens ? factor.operands() : List.of(factor));
    }
    return flat;
  }

  /** Returns the numbers as one, then each base once, with the sum of its exponents. */
  private List<Expression> collected(List<Expression> factors) {
    Numeral coefficient = Numeral.ONE;
    List<Expression> result = new ArrayList<>();
    Map<Expression, List<Expression>> exponents = new LinkedHashMap<>();
    for (Expression factor : factors) {
      if (factor.head() instanceof Number n) {
        Optional<Numeral> product = coefficient.times(n.value());
        if (product.isEmpty()) {
          result.add(factor);
        }
        coefficient = product.orElse(coefficient);
      } else {
        boolean power = factor.is(Operator.POWER);
        Expression base = power ? factor.operands().get(0) : factor;
        exponents
            .computeIfAbsent(base, b -> new ArrayList<>())
            .add(power ? factor.operands().get(1) : one);
      }
    }
    if (!coefficient.equals(Numeral.ONE)) {
      result.add(0, number(coefficient));
    }
    exponents.forEach((base, all) -> result.add(power(base, sum(all))));
    return result;
  }

  @Override
  public Expression power(Expression base, Expression exponent) {
    if (base == one || (exponent == zero && !base.isInfinite())) {
      return one;
    }
    if (exponent == one) {
      return base;
    }
    if (exponent.head() instanceof Number n) {
      if (base.head() instanceof Number b) {
        Optional<Numeral> value = b.value().power(n.value());
        return value.map(this::number).orElseGet(() -> super.power(base, exponent));
      }
      if (base.is(Operator.PRODUCT) && n.value().isWhole()) {
        return product(base.operands().stream().map(x -> power(x, exponent)).toList());
      }
    }
    if (base.is(Operator.POWER)) {
      boolean whole = exponent.head() instanceof Number n && n.value().isWhole();
      Expression inner = base.operands().get(0);
      if (whole || inner.head() == Constant.E) {
        return power(inner, product(List.of(base.operands().get(1), exponent)));
      }
    }
    return super.power(base, exponent);
  }

  // ---- functions ----

  @Override
  public Expression apply(Function function, List<Expression> operands) {
    double[] x = new double[operands.size()];
    boolean numbers = true;
    boolean small = true;
    for (int i = 0; i < x.length && numbers; i++) {
      numbers = operands.get(i).head() instanceof Number;
      if (operands.get(i).head() instanceof Number n) {
        x[i] = n.value().value();
        small &= x[i] == 0 || Math.abs(x[i]) == 1;
      }
    }
    if (numbers && (function.exact() || small)) {
      double value = function.value().applyAsDouble(x);
      // tanh(0) is 0 and cos(0) is 1, but tanh(1) has no short form.
      if (function.exact() || 2 * value == Math.rint(2 * value)) {
        return number(value);
      }
    }
    boolean isPositive = function.name().equals(">") && operands.get(1) == zero;
    if (isPositive && operands.get(0).head() instanceof Function f && f.name().equals("relu")) {
      return apply(function, List.of(operands.get(0).operands().get(0), zero));
    }
    boolean extreme = function.name().equals("max") || function.name().equals("min");
    if (extreme && operands.get(0) == operands.get(1)) {
      return operands.get(0);
    }
    return super.apply(function, operands);
  }

  @Override
  public Expression where(Expression condition, Expression a, Expression b) {
    if (condition.head() instanceof Number n) {
      return n.value().isZero() ? b : a;
    }
    Expression then = decided(condition, a, 1);
    Expression otherwise = decided(condition, b, 2);
    return then == otherwise ? then : super.where(condition, then, otherwise);
  }

  /** Returns a branch, without a choice by the same condition in it. */
  private static Expression decided(Expression condition, Expression branch, int way) {
    boolean again =
        branch.head() instanceof Function f
            && f.name().equals("where")
            && branch.operands().get(0) == condition;
    return again ? branch.operands().get(way) : branch;
  }
}
