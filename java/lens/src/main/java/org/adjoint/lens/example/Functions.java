package org.adjoint.lens.example;

import java.util.List;
import java.util.function.Supplier;
import org.adjoint.Tensor;
import org.adjoint.lens.modes.Formula;
import org.adjoint.lens.modes.Modes;

/**
 * A function that is worth differentiating in four ways. To add one, write a line here.
 *
 * @param name what the command line calls it
 * @param summary what it shows, in one line
 * @param modes builds its comparison
 */
public record Functions(String name, String summary, Supplier<Modes> modes) {
  /** Returns all functions, the simplest first. */
  public static List<Functions> all() {
    return List.of(
        new Functions(
            "quotient", "a function of one number, and the V of the step", Functions::quotient),
        new Functions("product", "eight factors: one pass against eight", Functions::product),
        new Functions(
            "network", "the 1-2-1 network's loss by its seven parameters", Functions::network),
        new Functions(
            "logistic", "a map applied four times: formulas that swell", Functions::logistic),
        new Functions(
            "cancellation", "where f loses digits, no way finds them", Functions::cancellation));
  }

  /**
   * Source: W. Squire, G. Trapp, "Using complex variables to estimate derivatives", SIAM Review 40,
   * 1998.
   */
  private static Modes quotient() {
    return Modes.of(Formula.of("exp(x)/sqrt(sin(x)^3 + cos(x)^3)"), 1.5)
        .titled(
            "A function of one number: eˣ / √(sin³x + cos³x)",
            "The usual example for difference quotients. With one input, forward and reverse mode"
                + " cost about the same, and both are right to the last digits; no step of a"
                + " difference quotient is.");
  }

  /**
   * Source: B. Speelpenning, "Compiling fast partial derivatives of functions given by algorithms",
   * 1980.
   */
  private static Modes product() {
    return Modes.of(Formula.of("a*b*c*d*k*l*m*n"), 1.1, 0.9, 1.2, 0.8, 1.3, 0.7, 1.4, 0.6)
        .titled(
            "A product of eight factors",
            "Each partial derivative is the product of the other seven. Reverse mode gets all eight"
                + " in one pass, because they share their factors; forward mode runs eight times,"
                + " and formulas that are written out share nothing.");
  }

  private static Modes network() {
    return Modes.of(
            Formula.of("(u*tanh(0.5*w + b) + v*tanh(0.5*y + c) + d - 0.8)^2"),
            0.7,
            0.4,
            0.1,
            -0.3,
            -0.6,
            0.2,
            0.05)
        .titled(
            "The loss of a 1-2-1 network by its parameters",
            "Two tanh units behind one input, 0.5, with the target 0.8. This is what training"
                + " differentiates: one number that depends on many. Here they are seven; with a"
                + " million, forward mode and differences would run a million times.");
  }

  /** Source: A. Baydin, B. Pearlmutter, A. Radul, J. Siskind, JMLR 18, 2018, table 1. */
  private static Modes logistic() {
    return Modes.of(
            xs -> {
              Tensor y = xs.get(0);
              for (int i = 0; i < 4; i++) {
                y = y.times(4).times(y.neg().plus(1));
              }
              return y;
            })
        .at("x", 0.2)
        .titled(
            "The logistic map, four times: y ← 4y(1 − y)",
            "Each turn uses y twice. A graph holds it once; a formula writes it twice, so four"
                + " turns write x sixteen times, and each derivative multiplies that again.");
  }

  private static Modes cancellation() {
    return Modes.of(Formula.of("(1 - cos(x))/x^2"), 1e-3)
        .titled(
            "Cancellation: (1 − cos x)/x² at 0.001",
            "Close to 0 the subtraction leaves few digits. Differentiation is exact about what the"
                + " program computes, so it loses digits with it: a better formula, 2 sin²(x/2)/x²,"
                + " is the only cure.");
  }
}
