package org.adjoint.symbolic;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.symbolic.Expression.Constant;
import org.adjoint.symbolic.Expression.Number;
import org.adjoint.symbolic.Expression.Operator;

/**
 * A product as it is written: a number times factors over others.
 *
 * @param coefficient the number, empty where none is written
 * @param numerator the factors above the bar
 * @param denominator those below it
 */
record Split(Optional<Numeral> coefficient, List<Factor> numerator, List<Factor> denominator) {

  /** A factor: a base to a positive exponent. */
  record Factor(Expression base, Numeral exponent) {
    boolean isPlain() {
      return exponent.equals(Numeral.ONE);
    }
  }

  /** Returns a product, a power with a number for its exponent, or a number in this form. */
  static Split of(Expression e) {
    List<Expression> factors = e.is(Operator.PRODUCT) ? e.operands() : List.of(e);
    Optional<Numeral> coefficient = Optional.empty();
    List<Factor> numerator = new ArrayList<>();
    List<Factor> denominator = new ArrayList<>();
    for (int i = 0; i < factors.size(); i++) {
      Expression factor = factors.get(i);
      if (i == 0 && factor.head() instanceof Number n) {
        coefficient = Optional.of(n.value());
        continue;
      }
      Optional<Numeral> exponent = numericExponent(factor);
      if (exponent.isPresent() && exponent.get().isNegative()) {
        denominator.add(new Factor(factor.operands().get(0), exponent.get().negate()));
      } else if (exponent.isPresent() && factor == e) {
        numerator.add(new Factor(factor.operands().get(0), exponent.get()));
      } else {
        numerator.add(new Factor(factor, Numeral.ONE));
      }
    }
    return new Split(coefficient, numerator, denominator);
  }

  boolean isNegative() {
    return coefficient.isPresent() && coefficient.get().isNegative();
  }

  /** Returns whether an expression is a power of e, which is written as a function. */
  static boolean isExponential(Expression e) {
    return e.is(Operator.POWER) && e.operands().get(0).head() == Constant.E;
  }

  /** Returns the exponent of a power that has a number for one. */
  static Optional<Numeral> numericExponent(Expression e) {
    return e.is(Operator.POWER)
            && !isExponential(e)
            && e.operands().get(1).head() instanceof Number n
        ? Optional.of(n.value())
        : Optional.empty();
  }
}
