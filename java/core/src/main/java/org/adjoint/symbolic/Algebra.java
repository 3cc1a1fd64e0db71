package org.adjoint.symbolic;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.symbolic.Expression.Constant;
import org.adjoint.symbolic.Expression.Function;
import org.adjoint.symbolic.Expression.Head;
import org.adjoint.symbolic.Expression.Number;
import org.adjoint.symbolic.Expression.Operator;
import org.adjoint.symbolic.Expression.Variable;

/**
 * Makes expressions; equal expressions of one algebra are one object. {@link #literal} makes each
 * as written, {@link #simplifying} simplifies while it builds. Expressions of two algebras must not
 * be mixed; one thread uses an algebra at a time.
 */
public sealed class Algebra permits Simplifier {
  private record Key(Head head, List<Expression> operands) {}

  private static final Function WHERE = new Function("where", true, x -> x[0] != 0 ? x[1] : x[2]);

  private final Map<Key, Expression> known = new HashMap<>();

  Algebra() {}

  /** Returns an algebra that writes everything down as it comes. */
  public static Algebra literal() {
    return new Algebra();
  }

  /**
   * Returns an algebra that simplifies: numbers are folded where the result is exact or an ordinary
   * double, sums and products flattened, ordered, and their like terms and like factors collected;
   * x + 0, x·1, x·0, x − x, x/x, nested powers and choices already made disappear.
   *
   * <p>A simplified expression has the value of the literal expression, up to rounding, wherever
   * the literal one and its parts are finite; it may have a value at more points, as x for x²/x.
   */
  public static Algebra simplifying() {
    return new Simplifier();
  }

  /** Returns the one expression of this head and these operands. */
  final Expression make(Head head, List<Expression> operands) {
    return known.computeIfAbsent(
        new Key(head, List.copyOf(operands)),
        k -> new Expression(head, k.operands(), known.size()));
  }

  /** Returns a number, infinite ones and NaN included. */
  public final Expression number(double value) {
    if (Double.isNaN(value)) {
      return make(Constant.NAN, List.of());
    } else if (Double.isInfinite(value)) {
      Expression infinity = make(Constant.INFINITY, List.of());
      return value > 0 ? infinity : make(Operator.PRODUCT, List.of(number(-1), infinity));
    }
    return number(Numeral.of(value));
  }

  final Expression number(Numeral value) {
    return make(new Number(value), List.of());
  }

  /** Returns the variable of that name. */
  public final Expression variable(String name) {
    return make(new Variable(name), List.of());
  }

  /** Returns the sum of one term or more. */
  public Expression sum(List<Expression> terms) {
    return terms.size() == 1 ? terms.get(0) : make(Operator.SUM, terms);
  }

  /** Returns the product of one factor or more. */
  public Expression product(List<Expression> factors) {
    return factors.size() == 1 ? factors.get(0) : make(Operator.PRODUCT, factors);
  }

  /** Returns a base to an exponent. */
  public Expression power(Expression base, Expression exponent) {
    return make(Operator.POWER, List.of(base, exponent));
  }

  /** Returns a function of its operands. */
  public Expression apply(Function function, List<Expression> operands) {
    return make(function, operands);
  }

  /** Returns {@code a} where the condition holds, else {@code b}. */
  public Expression where(Expression condition, Expression a, Expression b) {
    return make(WHERE, List.of(condition, a, b));
  }

  /** Returns −x. */
  public final Expression negate(Expression x) {
    return product(List.of(number(-1), x));
  }

  /** Returns a − b. */
  public final Expression minus(Expression a, Expression b) {
    return sum(List.of(a, negate(b)));
  }

  /** Returns a / b. */
  public final Expression divide(Expression a, Expression b) {
    return product(List.of(a, power(b, number(-1))));
  }

  /** Returns eˣ. */
  public final Expression exp(Expression x) {
    return power(make(Constant.E, List.of()), x);
  }
}
