package org.adjoint.nn.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** The line search alone, on functions of one variable with their derivatives by hand. */
class StrongWolfeTest {

  private record Curve(String name, DoubleUnaryOperator f, DoubleUnaryOperator slope) {
    StrongWolfe.Trial at(double a) {
      double slope = this.slope.applyAsDouble(a);
      return new StrongWolfe.Trial(
          a, slope, new FlatLoss.Point(new double[] {a}, f.applyAsDouble(a), new double[] {slope}));
    }
  }

  /**
   * The first two functions of J. J. Moré, D. J. Thuente, "Line Search Algorithms with Guaranteed
   * Sufficient Decrease", ACM TOMS 20 (1994), and a few that are awkward in other ways.
   */
  private static final List<Curve> CURVES =
      List.of(
          new Curve(
              "Moré-Thuente 1",
              a -> -a / (a * a + 2),
              a -> (a * a - 2) / ((a * a + 2) * (a * a + 2))),
          new Curve(
              "Moré-Thuente 2",
              a -> Math.pow(a + 0.004, 5) - 2 * Math.pow(a + 0.004, 4),
              a -> 5 * Math.pow(a + 0.004, 4) - 8 * Math.pow(a + 0.004, 3)),
          new Curve("parabola", a -> (a - 3) * (a - 3), a -> 2 * (a - 3)),
          new Curve("quartic", a -> Math.pow(a - 1, 4), a -> 4 * Math.pow(a - 1, 3)),
          new Curve("waves", a -> Math.cos(5 * a) - a / 9, a -> -5 * Math.sin(5 * a) - 1 / 9.0),
          new Curve("wall", a -> a - Math.log(a + 1) * 2, a -> 1 - 2 / (a + 1)),
          new Curve(
              "nothing beyond 2",
              a -> a < 2 ? -Math.sqrt(4 - a * a) - 4 * a : Double.NaN,
              a -> a < 2 ? a / Math.sqrt(4 - a * a) - 4 : Double.NaN));

  @Test
  void whatIsAcceptedSatisfiesBothConditions() {
    for (Curve curve : CURVES) {
      for (double first = 1e-4; first < 1e5; first *= 10) {
        StrongWolfe.Trial origin = curve.at(0);
        StrongWolfe.Outcome found = new StrongWolfe(curve::at, origin, 1000).search(first);
        String where = curve.name() + " from " + first + ": " + found;
        double a = found.trial().step();
        assertTrue(found.accepted(), where);
        assertTrue(curve.f().applyAsDouble(a) <= origin.loss() + 1e-4 * a * origin.slope(), where);
        assertTrue(Math.abs(curve.slope().applyAsDouble(a)) <= 0.9 * -origin.slope(), where);
      }
    }
  }

  @Test
  void aStepThatIsGoodAtOnceIsTaken() {
    Curve parabola = CURVES.get(2);
    List<Double> tried = new ArrayList<>();
    StrongWolfe.Line line =
        step -> {
          tried.add(step);
          return parabola.at(step);
        };
    assertTrue(new StrongWolfe(line, parabola.at(0), 1000).search(1).accepted());
    assertEquals(List.of(1.0), tried);
  }

  @Test
  void theMinimumOfACubicIsHitByInterpolation() {
    // a³ − 3a from 0: the minimum is at 1, and 1.9 is too far
    Curve cubic = new Curve("cubic", a -> a * a * a - 3 * a, a -> 3 * a * a - 3);
    StrongWolfe.Outcome found = new StrongWolfe(cubic::at, cubic.at(0), 2).search(1.9);
    assertTrue(found.accepted());
    assertEquals(1, found.trial().step(), 1e-14);
  }

  @Test
  void withoutAnyGoodStepTheBestOneIsReturned() {
    Curve line = new Curve("falls for ever", a -> -a, a -> -1);
    StrongWolfe.Outcome down = new StrongWolfe(line::at, line.at(0), 7).search(1);
    assertFalse(down.accepted());
    assertTrue(down.trial().step() >= 64, down.toString());

    Curve lie = new Curve("rises against its slope", a -> a, a -> -1);
    StrongWolfe.Trial origin = lie.at(0);
    StrongWolfe.Outcome up = new StrongWolfe(lie::at, origin, 1000).search(1);
    assertFalse(up.accepted());
    assertSame(origin, up.trial());
  }

  @Test
  void nothingFiniteBesideTheOriginLeavesItThere() {
    Curve cliff = new Curve("cliff", a -> a > 0 ? Double.NaN : 0, a -> -1);
    StrongWolfe.Trial origin = cliff.at(0);
    StrongWolfe.Outcome found = new StrongWolfe(cliff::at, origin, 1000).search(1);
    assertFalse(found.accepted());
    assertSame(origin, found.trial());
  }
}
