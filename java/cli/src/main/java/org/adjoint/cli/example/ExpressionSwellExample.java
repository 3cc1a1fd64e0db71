package org.adjoint.cli.example;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.adjoint.Tensor;
import org.adjoint.symbolic.Symbolic;

/**
 * Expression swell: written out as a formula, a derivative grows exponentially with the depth of
 * its function, because a formula repeats what a graph shares. Shown for the logistic map l₁ = x,
 * lₙ₊₁ = 4lₙ(1 − lₙ); the derivatives are the same graphs either way, and only how they are written
 * down differs.
 *
 * <p>Source: A. G. Baydin, B. A. Pearlmutter, A. A. Radul, J. M. Siskind, "Automatic
 * differentiation in machine learning: a survey", JMLR 18 (2018), section 2.2 and table 1.
 */
public record ExpressionSwellExample() implements Example {
  private static final int DEPTH = 12;

  /** Formulas up to this long are shown. */
  private static final int SHOWN = 3;

  /**
   * The sizes of lₙ and of its derivative by x. Symbols are the numbers, variables, functions and
   * operators of a formula; nodes are the ops and leaves of a graph.
   *
   * @param depth n
   * @param function symbols of lₙ as it stands
   * @param derivative symbols of its derivative as differentiation leaves it
   * @param simplifiedFunction symbols of lₙ simplified
   * @param simplifiedDerivative symbols of the derivative simplified
   * @param functionNodes nodes of lₙ
   * @param derivativeNodes nodes of the derivative, with those of lₙ that it reads
   */
  public record Row(
      int depth,
      double function,
      double derivative,
      double simplifiedFunction,
      double simplifiedDerivative,
      int functionNodes,
      int derivativeNodes) {}

  @Override
  public String name() {
    return "expression-swell";
  }

  @Override
  public String summary() {
    return "why derivatives are kept as graphs: formulas grow exponentially with depth";
  }

  /** Returns lₙ(x) and its derivative as formulas. */
  public static Symbolic logistic(int depth, Tensor x) {
    Tensor one = Tensor.scalar(1.0);
    Tensor l = x;
    for (int i = 1; i < depth; i++) {
      l = l.times(4).times(one.minus(l));
    }
    return Symbolic.of(l, Map.of(x, "x"));
  }

  /** Returns the sizes for the depths 1 … {@code depth}. */
  public static List<Row> rows(int depth) {
    List<Row> rows = new ArrayList<>();
    for (int n = 1; n <= depth; n++) {
      Tensor x = Tensor.scalar(0.3);
      Symbolic simple = logistic(n, x);
      Symbolic literal = simple.unsimplified();
      Symbolic derivative = simple.derivative(x);
      rows.add(
          new Row(
              n,
              literal.symbols(),
              literal.derivative(x).symbols(),
              simple.symbols(),
              derivative.symbols(),
              simple.nodes(),
              derivative.nodes()));
    }
    return rows;
  }

  @Override
  public void run(PrintStream out) {
    for (int n = 1; n <= SHOWN; n++) {
      Tensor x = Tensor.scalar(0.3);
      Symbolic l = logistic(n, x);
      out.printf("l%d = %s%n", n, l);
      out.printf("dl%d/dx = %s%n", n, l.derivative(x));
    }
    out.println();
    out.println("        symbols             simplified            graph nodes");
    out.println("    n         l      dl/dx         l      dl/dx     l    dl/dx");
    List<Row> rows = rows(DEPTH);
    for (Row row : rows) {
      out.printf(
          Locale.ROOT,
          "%5d %9.0f %10.0f %9.0f %10.0f %5d %8d%n",
          row.depth,
          row.function,
          row.derivative,
          row.simplifiedFunction,
          row.simplifiedDerivative,
          row.functionNodes,
          row.derivativeNodes);
    }
    Row last = rows.get(DEPTH - 1);
    Row before = rows.get(DEPTH - 2);
    out.println();
    out.printf(
        Locale.ROOT,
        "One step deeper multiplies the derivative's symbols by %.1f, simplified by %.1f;"
            + " its graph gains %d nodes.%n",
        last.derivative / before.derivative,
        last.simplifiedDerivative / before.simplifiedDerivative,
        last.derivativeNodes - before.derivativeNodes);
  }
}
