package org.adjoint.symbolic;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.symbolic.Expression.Number;
import org.adjoint.symbolic.Expression.Operator;
import org.adjoint.symbolic.Expression.Variable;

/**
 * The factors that all terms of a sum have: what the chain rule leaves in each term. Functions,
 * exponentials and sums count; variables do not, so that polynomials stay polynomials.
 */
final class CommonFactors {
  private final Algebra algebra;
  private final Map<Expression, Expression> exponents = new LinkedHashMap<>();

  /** Finds the factors that two terms or more have in common. */
  CommonFactors(Algebra algebra, List<Expression> terms) {
    this.algebra = algebra;
    exponents.putAll(powers(terms.get(0)));
    for (Expression term : terms.subList(1, terms.size())) {
      if (exponents.isEmpty()) {
        return;
      }
      Map<Expression, Expression> others = powers(term);
      exponents.keySet().retainAll(others.keySet());
      for (Expression base : List.copyOf(exponents.keySet())) {
        Optional<Expression> least = least(exponents.get(base), others.get(base));
        least.ifPresent(e -> exponents.put(base, e));
        if (least.isEmpty()) {
          exponents.remove(base);
        }
      }
    }
  }

  boolean isEmpty() {
    return exponents.isEmpty();
  }

  /** Returns the common factors. */
  List<Expression> factors() {
    List<Expression> factors = new ArrayList<>();
    exponents.forEach((base, exponent) -> factors.add(algebra.power(base, exponent)));
    return factors;
  }

  /** Returns a term without them. */
  Expression rest(Expression term) {
    List<Expression> rest = new ArrayList<>();
    for (Expression factor : factorsOf(term)) {
      Expression common = exponents.get(base(factor));
      if (common == null) {
        rest.add(factor);
      } else if (exponent(factor) != common) { // the difference of an infinite one would be NaN
        rest.add(algebra.power(base(factor), algebra.minus(exponent(factor), common)));
      }
    }
    return algebra.product(rest);
  }

  private Map<Expression, Expression> powers(Expression term) {
    Map<Expression, Expression> powers = new LinkedHashMap<>();
    for (Expression factor : factorsOf(term)) {
      Expression base = base(factor);
      boolean atom = base.head() instanceof Number || base.head() instanceof Variable;
      if (!atom) {
        powers.put(base, exponent(factor));
      }
    }
    return powers;
  }

  /** Returns the exponent that both have at least, empty if there is none. */
  private static Optional<Expression> least(Expression a, Expression b) {
    if (a == b) {
      return Optional.of(a);
    }
    boolean positive =
        a.head() instanceof Number m
            && b.head() instanceof Number n
            && m.value().value() > 0
            && n.value().value() > 0;
    return positive ? Optional.of(Order.compare(a, b) < 0 ? a : b) : Optional.empty();
  }

  private static List<Expression> factorsOf(Expression term) {
    return term.is(Operator.PRODUCT) ? term.operands() : List.of(term);
  }

  private static Expression base(Expression factor) {
    return factor.is(Operator.POWER) ? factor.operands().get(0) : factor;
  }

  private Expression exponent(Expression factor) {
    return factor.is(Operator.POWER) ? factor.operands().get(1) : algebra.number(1);
  }
}
