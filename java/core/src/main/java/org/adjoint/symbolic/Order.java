package org.adjoint.symbolic;

import java.util.List;
import org.adjoint.symbolic.Expression.Constant;
import org.adjoint.symbolic.Expression.Function;
import org.adjoint.symbolic.Expression.Head;
import org.adjoint.symbolic.Expression.Number;
import org.adjoint.symbolic.Expression.Operator;
import org.adjoint.symbolic.Expression.Variable;

/**
 * The order in which factors and terms are written: numbers, variables by name, functions, sums,
 * and expressions with fewer levels first; of terms those of higher degree first. Total on the
 * expressions of one algebra, because equal expressions are one object. A comparison descends along
 * the first difference only, so shared parts are not visited twice.
 */
final class Order {
  private Order() {}

  /** Returns the degree of an expression as a polynomial. */
  static double degree(Head head, List<Expression> operands) {
    if (head == Operator.PRODUCT) {
      return operands.stream().mapToDouble(Expression::degree).sum();
    }
    if (head == Operator.POWER && operands.get(1).head() instanceof Number n) {
      return n.value().value() * operands.get(0).degree();
    }
    boolean varies = operands.stream().anyMatch(x -> x.degree() != 0);
    return head instanceof Variable || varies ? 1 : 0;
  }

  /** Compares two terms without their coefficients. */
  static int compareTerms(Expression a, Expression b) {
    int degrees = Double.compare(b.degree(), a.degree());
    return degrees != 0 ? degrees : compare(a, b);
  }

  /** Compares two expressions as sequences of powers, each by its base and then its exponent. */
  static int compare(Expression first, Expression second) {
    Expression a = first;
    Expression b = second;
    while (a != b) {
      List<Expression> left = factors(a);
      List<Expression> right = factors(b);
      int at = difference(left, right);
      if (at == Math.min(left.size(), right.size())) {
        return Integer.compare(left.size(), right.size());
      }
      a = left.get(at);
      b = right.get(at);
      Expression p = base(a);
      Expression q = base(b);
      if (p == q) {
        if (p == a || q == b) {
          return p == a ? -1 : 1;
        }
        a = a.operands().get(1);
        b = b.operands().get(1);
        continue;
      }
      int heads = compareHeads(p, q);
      if (heads != 0) {
        return heads;
      }
      at = difference(p.operands(), q.operands());
      a = p.operands().get(at);
      b = q.operands().get(at);
    }
    return 0;
  }

  private static int difference(List<Expression> a, List<Expression> b) {
    int at = 0;
    while (at < a.size() && at < b.size() && a.get(at) == b.get(at)) {
      at++;
    }
    return at;
  }

  private static List<Expression> factors(Expression e) {
    return e.is(Operator.PRODUCT) ? e.operands() : List.of(e);
  }

  private static boolean isExponential(Expression e) {
    return e.is(Operator.POWER) && e.operands().get(0).head() == Constant.E;
  }

  /** Returns what a power is ordered by: its base, but of e to the x and 2 to the x itself. */
  private static Expression base(Expression e) {
    boolean opens = e.is(Operator.POWER) && e.operands().get(0).degree() != 0;
    return opens ? e.operands().get(0) : e;
  }

  /** Compares what stands above the operands, and how many there are. */
  private static int compareHeads(Expression a, Expression b) {
    int heads = Integer.compare(rank(a), rank(b));
    if (heads != 0) {
      return heads;
    }
    // Of two long chains the height tells at once what only their ends would.
    int heights = Integer.compare(a.height(), b.height());
    int sizes = Integer.compare(a.operands().size(), b.operands().size());
    int same = sizes != 0 ? sizes : heights;
    if (a.head() instanceof Number x && b.head() instanceof Number y) {
      same = Double.compare(x.value().value(), y.value().value());
      same = same != 0 ? same : Boolean.compare(x.value().isExact(), y.value().isExact());
    } else if (a.head() instanceof Variable x && b.head() instanceof Variable y) {
      same = x.name().compareTo(y.name());
    } else if (a.head() instanceof Constant x && b.head() instanceof Constant y) {
      same = x.compareTo(y);
    } else if (a.head() instanceof Function x && b.head() instanceof Function y) {
      int names = x.name().compareTo(y.name());
      same = names != 0 ? names : same;
    }
    return same;
  }

  private static int rank(Expression e) {
    Head head = e.head();
    if (head instanceof Number) {
      return 0;
    } else if (head instanceof Constant) {
      return 1;
    } else if (head instanceof Variable) {
      return 2;
    } else if (head instanceof Function || isExponential(e)) {
      return head instanceof Function ? 3 : 4;
    }
    return 5 + ((Operator) head).ordinal();
  }
}
