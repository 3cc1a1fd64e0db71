package org.adjoint.symbolic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.adjoint.symbolic.Expression.Function;
import org.junit.jupiter.api.Test;

/** What is simplified, what is left alone, and that numbers stay exact. */
class SimplifierTest {
  private final Algebra a = Algebra.simplifying();
  private final Expression x = a.variable("x");
  private final Expression y = a.variable("y");
  private final Function f = new Function("f", false, v -> Math.sin(v[0]));

  private Expression n(double value) {
    return a.number(value);
  }

  private Expression plus(Expression... terms) {
    return a.sum(List.of(terms));
  }

  private Expression times(Expression... factors) {
    return a.product(List.of(factors));
  }

  @Test
  void likeTermsAndLikeFactorsAreCollected() {
    assertEquals("2*x", plus(x, x).infix());
    assertEquals("x^2", times(x, x).infix());
    assertEquals("5*x + y + 3", plus(x, n(1), times(n(4), x), y, n(2)).infix());
    assertEquals("0", a.minus(plus(x, y), plus(y, x)).infix());
    assertEquals("1", a.divide(times(x, y), times(y, x)).infix());
    assertEquals("x^3*y", times(x, y, times(x, x)).infix());
    assertEquals("x^(y + 1)", times(x, a.power(x, y)).infix());
    assertEquals("exp(x + y)", times(a.exp(x), a.exp(y)).infix());
    assertEquals("x", a.negate(a.negate(x)).infix());
    assertEquals("x - y", a.minus(x, y).infix());
    assertEquals("1 - x^2", a.minus(n(1), times(x, x)).infix());
    assertEquals("2*y", a.minus(plus(x, y), a.minus(x, y)).infix());
    assertSame(plus(x, y), plus(y, x));
    assertSame(times(plus(x, y), x), times(x, plus(y, x)));
  }

  @Test
  void whatTheChainRuleLeavesInEveryTermIsTakenOut() {
    Expression sine = a.apply(f, List.of(x));
    assertEquals("f(x)*(x + y)", plus(times(x, sine), times(sine, y)).infix());
    assertEquals("f(x)*(x + f(x))", plus(times(sine, sine), times(x, sine)).infix());
    assertEquals("x*y + x", plus(times(x, y), x).infix());
  }

  @Test
  void powersFollowOnlyRulesThatAlwaysHold() {
    Expression half = n(0.5);
    assertEquals("x", a.power(a.power(x, half), n(2)).infix());
    assertEquals("sqrt(x^2)", a.power(a.power(x, n(2)), half).infix());
    assertEquals("x^6", a.power(a.power(x, n(2)), n(3)).infix());
    assertEquals("x^2*y^2/4", a.power(times(x, y, half), n(2)).infix());
    assertEquals("sqrt(x*y)", a.power(times(x, y), half).infix());
    assertEquals("exp(3*x)", a.power(a.exp(x), n(3)).infix());
    assertEquals("1", a.power(x, n(0)).infix());
    assertEquals("x", a.power(x, n(1)).infix());
    assertEquals("1/0", a.power(n(0), n(-1)).infix());
  }

  @Test
  void numbersAreFractionsWhereTheyAreShort() {
    assertEquals("0.3", plus(n(0.1), n(0.2)).infix());
    assertEquals("1/2", plus(a.divide(n(1), n(3)), a.divide(n(1), n(6))).infix());
    assertEquals("x/3", a.divide(x, n(3)).infix());
    assertEquals("0.01*x", times(n(0.01), x).infix());
    assertEquals("-3*x/2", times(n(-1.5), x).infix());
    assertEquals("2", a.power(n(4), n(0.5)).infix());
    assertEquals("2/3", a.power(n(2.25), n(-0.5)).infix());
    assertEquals("sqrt(2)", a.power(n(2), n(0.5)).infix());
    assertEquals("2", times(a.power(n(2), n(0.5)), a.power(n(2), n(0.5))).infix());
    assertEquals("-1/8", a.power(n(-2), n(-3)).infix());
    assertEquals("9007199254740992", n(0x1p53).infix());
    assertEquals(Math.PI, n(Math.PI).evaluate(Map.of()));
    for (double value : new double[] {0.1, 1e-9, -0.7071, 123456.789, 1e300, Double.MIN_VALUE}) {
      assertEquals(value, n(value).evaluate(Map.of()));
    }
  }

  @Test
  void whatWouldOverflowOrIsInfiniteStays() {
    Expression large = times(n(1e308), x);
    assertEquals(2e307, plus(large, large).evaluate(Map.of("x", 0.1)), 1e292);
    assertEquals(1, times(n(1e-300), n(1e-300), n(1e300), n(1e300), x).evaluate(Map.of("x", 1.0)));
    assertTrue(Double.isNaN(times(n(0), n(Double.POSITIVE_INFINITY)).evaluate(Map.of())));
    assertTrue(Double.isNaN(times(n(0), n(Double.NaN)).evaluate(Map.of())));
    Expression infinity = n(Double.NEGATIVE_INFINITY);
    assertEquals("-inf", infinity.infix());
    assertTrue(Double.isNaN(a.minus(infinity, infinity).evaluate(Map.of())));
    assertEquals("0", times(n(0), x).infix());
  }

  @Test
  void choicesThatAreMadeDisappear() {
    Function greater = new Function(">", true, v -> v[0] > v[1] ? 1 : 0);
    Expression condition = a.apply(greater, List.of(x, y));
    assertEquals("x", a.where(a.apply(greater, List.of(n(2), n(1))), x, y).infix());
    assertEquals("x", a.where(condition, x, x).infix());
    assertEquals(
        "where(x > y, x, 1)",
        a.where(condition, a.where(condition, x, y), a.where(condition, y, n(1))).infix());
    Function tanh = new Function("tanh", false, v -> Math.tanh(v[0]));
    assertEquals("0", a.apply(tanh, List.of(n(0))).infix());
    assertEquals("tanh(1)", a.apply(tanh, List.of(n(1))).infix());
    assertEquals("tanh(20)", a.apply(tanh, List.of(n(20))).infix());
  }

  @Test
  void theOrderIsTotal() {
    SplittableRandom random = new SplittableRandom(3);
    List<Expression> made = new ArrayList<>(List.of(x, y, n(2), n(Math.PI), a.variable("z")));
    for (int i = 0; i < 120; i++) {
      Expression p = made.get(random.nextInt(made.size()));
      Expression q = made.get(random.nextInt(made.size()));
      made.add(
          switch (random.nextInt(6)) {
            case 0 -> plus(p, q);
            case 1 -> times(p, q);
            case 2 -> a.power(p, n(random.nextInt(4) - 1.5));
            case 3 -> a.exp(p);
            case 4 -> a.power(p, q);
            default -> a.apply(f, List.of(p));
          });
    }
    for (Expression p : made) {
      for (Expression q : made) {
        int order = Order.compare(p, q);
        assertEquals(-Integer.signum(Order.compare(q, p)), Integer.signum(order));
        assertEquals(p == q, order == 0);
        for (Expression r : made) {
          if (order < 0 && Order.compare(q, r) < 0) {
            assertTrue(
                Order.compare(p, r) < 0, () -> p.infix() + ", " + q.infix() + ", " + r.infix());
          }
        }
      }
    }
  }

  @Test
  void literalKeepsWhatItIsGivenAndStillSharesIt() {
    Algebra literal = Algebra.literal();
    Expression z = literal.variable("z");
    Expression sum = literal.sum(List.of(z, literal.number(0)));
    assertEquals("z + 0", sum.infix());
    assertEquals("1*(z + 0)", literal.product(List.of(literal.number(1), sum)).infix());
    assertSame(sum, literal.sum(List.of(z, literal.number(0))));
    assertNotSame(sum, literal.sum(List.of(literal.number(0), z)));
  }
}
