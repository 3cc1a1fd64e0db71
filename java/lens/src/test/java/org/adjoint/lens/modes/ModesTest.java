package org.adjoint.lens.modes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Tensor;
import org.adjoint.op.Op;
import org.junit.jupiter.api.Test;

/** What a comparison counts and measures, against counts and derivatives by hand. */
class ModesTest {
  private static Comparison compare(String formula, double... at) {
    return Modes.of(Formula.of(formula), at).compare();
  }

  /** f = a·b·c: ∂f/∂a = b·c, and so on. */
  @Test
  void allFourWaysGiveTheGradient() {
    Comparison c = compare("a*b*c", 2, 3, 5);
    List<Double> expected = List.of(15.0, 10.0, 6.0);
    assertEquals(30, c.value());
    assertEquals(expected, c.forward().gradient());
    assertEquals(expected, c.reverse().gradient());
    assertEquals(expected, c.symbolic().orElseThrow().gradient());
    for (int i = 0; i < 3; i++) {
      assertEquals(expected.get(i), c.numerical().gradient().get(i), 1e-9);
      assertEquals(expected.get(i), c.truth().orElseThrow().get(i).doubleValue());
    }
  }

  @Test
  void operationsAreTheGraphsOwn() {
    Comparison c = compare("a*b*c", 2, 3, 5);
    assertEquals(2, c.work());
    assertEquals(3, c.forward().passes());
    assertEquals(1, c.reverse().passes());
    assertEquals(3, c.symbolic().orElseThrow().operations(), "b*c, a*c and a*b");
    assertEquals(6, c.numerical().passes());
    assertEquals(6 * 2, c.numerical().operations());
    assertTrue(c.reverse().operations() < c.forward().operations(), c.toString());
  }

  /**
   * The product of a 2×3 matrix with a vector: 2·2·3 operations, then two squares and their sum.
   */
  @Test
  void aProductOfMatricesCountsItsPairs() {
    Comparison c =
        Modes.of(xs -> xs.get(0).matmul(xs.get(1)).square().sum())
            .at("W", Key.of(1).normal(DType.F64, 2, 3))
            .at("v", Key.of(2).normal(DType.F64, 3))
            .compare();
    assertEquals(12 + 2 + 2, c.work());
    assertEquals("W_1_2", c.subject().names().get(5));
    assertEquals(9, c.forward().passes());
  }

  /** Squire and Trapp's value, from their table, by complex steps. */
  @Test
  void theTruthHasMoreDigitsThanADouble() {
    Comparison c = compare("exp(x)/sqrt(sin(x)^3 + cos(x)^3)", 1.5);
    BigDecimal truth = c.truth().orElseThrow().get(0);
    assertEquals(4.05342789389862, truth.doubleValue(), 1e-14);
    assertTrue(c.reverse().error() < 1e-15, c.reverse().toString());
    assertTrue(c.forward().error() < 1e-15, c.forward().toString());
  }

  @Test
  void theErrorOfDifferencesIsAV() {
    Differences d = compare("exp(x)/sqrt(sin(x)^3 + cos(x)^3)", 1.5).differences();
    Differences.Point central = d.bestCentral();
    Differences.Point forward = d.bestForward();
    assertTrue(central.step() > 1e-7 && central.step() < 1e-4, central.toString());
    assertTrue(forward.step() > 1e-10 && forward.step() < 1e-6, forward.toString());
    assertTrue(central.central() < forward.forward() / 10, central + " " + forward);
    Differences.Point smallest = d.points().get(d.points().size() - 1);
    assertEquals(1, smallest.forward(), 1e-9, "nothing moves, so the difference is 0");
    assertTrue(Double.isNaN(d.points().get(0).forward()), "the root of a negative number");
  }

  /** The measure knows no rule, so it sees one that is wrong: x² for 3x². */
  @Test
  void aWrongRuleIsSeen() {
    Comparison c =
        Modes.of(
                xs ->
                    Op.custom("cube", x -> x.pow(3), (x, y, g) -> g.times(x.square()))
                        .apply(xs.get(0)))
            .at("x", 2)
            .compare();
    assertEquals(12, c.truth().orElseThrow().get(0).doubleValue());
    assertEquals(2 / 3.0, c.reverse().error(), 1e-12);
    assertTrue(c.numerical().error() < 1e-8, c.numerical().toString());
  }

  @Test
  void formulasSwell() {
    List<Swell.Order> orders =
        compare("exp(x)/sqrt(sin(x)^3 + cos(x)^3)", 1.5).swell().orElseThrow().orders();
    assertEquals(13, orders.get(0).literal());
    assertEquals("exp(x)/sqrt(cos(x)³ + sin(x)³)", orders.get(0).text());
    for (int i = 1; i < orders.size(); i++) {
      assertTrue(orders.get(i).literal() > 4 * orders.get(i - 1).literal(), orders.toString());
      assertTrue(orders.get(i).nodes() < 6 * orders.get(i - 1).nodes(), orders.toString());
    }
  }

  @Test
  void floatsHaveAVOfTheirOwn() {
    Comparison c = Modes.of(Formula.of("sin(x)*x")).at("x", Tensor.scalar(1.25f)).compare();
    assertEquals(1e-8, c.differences().points().get(32).step(), 1e-20);
    assertTrue(
        c.differences().bestCentral().step() > 1e-3, c.differences().bestCentral().toString());
    assertTrue(c.reverse().error() < 1e-6 && c.reverse().error() > 1e-10, c.reverse().toString());
  }

  @Test
  void aFunctionWithoutAFormulaIsMeasuredAgainstReverseMode() {
    Comparison c =
        Modes.of(xs -> xs.get(0).times(Key.of(5).normal(DType.F64)).exp()).at("x", 0.5).compare();
    assertFalse(c.truth().isPresent());
    assertFalse(c.symbolic().isPresent());
    assertEquals(0, c.reverse().error());
    assertTrue(c.numerical().error() < 1e-8 && c.numerical().error() > 0, c.numerical().toString());
  }

  @Test
  void badInputIsOneLine() {
    Modes f = Modes.of(xs -> xs.get(0).log());
    assertMessage("modes: nothing to differentiate by; name a point: .at(\"x\", 1.5)", f::html);
    assertMessage(
        "modes: at {x=-1.0} the function is NaN with the gradient [-1.0];"
            + " choose a point at which both are finite",
        f.at("x", -1)::html);
    assertMessage(
        "modes: 'x' is no name or is used already; [x] are", () -> f.at("x", 1).at("x", 2));
    assertMessage("modes: '2x' is no name or is used already; [] are", () -> f.at("2x", 1));
    assertMessage(
        "modes: arguments should be all F64 or all F32, got [F64, F32]",
        () -> f.at("x", 1).at("y", Tensor.scalar(1f)));
    assertMessage(
        "modes: the function depends on 33 numbers, of which the page shows 32 at most;"
            + " hold some of them fixed",
        () -> f.at("x", Tensor.zeros(DType.F64, 33)));
    assertMessage(
        "modes: the function should return a floating scalar, got F64[2]",
        f.at("x", Tensor.ones(DType.F64, 2))::html);
    assertMessage(
        "modes: two of the numbers would have one name: [x_0, x_1, x_0]; rename an argument",
        f.at("x", Tensor.ones(DType.F64, 2)).at("x_0", 1)::html);
    assertMessage(
        "modes: the function has the variables [x, y], got 1 values",
        () -> Modes.of(Formula.of("x*y"), 1));
  }

  private static void assertMessage(String expected, Runnable call) {
    Exception e = assertThrows(IllegalArgumentException.class, call::run);
    assertEquals(expected, e.getMessage());
  }

  @Test
  void wrongDigitsAreMarked() {
    BigDecimal third = new BigDecimal("0.333333333333333333333333");
    assertEquals("0.312<u>5</u>", Notation.marked(0.3125, new BigDecimal("0.3124")));
    assertEquals("<u>−2.5</u>", Notation.marked(-2.5, third));
    assertEquals("0.5", Notation.marked(0.5, new BigDecimal("0.5")));
    assertEquals("1.1·10⁻¹⁶", Notation.rough(1.1e-16));
    assertEquals("1\u202f304", Notation.count(1304));
  }
}
