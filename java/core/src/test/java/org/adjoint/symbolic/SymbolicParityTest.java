package org.adjoint.symbolic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.RandomGraph;
import org.adjoint.RandomOp;
import org.adjoint.Tensor;
import org.adjoint.check.OpCase;
import org.adjoint.check.OpCases;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** A formula has the value of its graph: for every op of the table, and for random graphs. */
class SymbolicParityTest {
  private static final long MOST_ELEMENTS = 20;

  /** What has no formula: places and draws. */
  private static final List<String> WITHOUT =
      List.of(
          "floorDiv",
          "shiftLeft",
          "shiftRight",
          "shiftRightUnsigned",
          "and",
          "or",
          "xor",
          "not",
          "nonZero",
          "argmax",
          "argsort",
          "randomBits",
          "randomFold",
          "randomNormal",
          "randomSplit",
          "randomUniform",
          "windowArgmax");

  /** Formulas are of real numbers, which do not wrap around. */
  private static boolean isWhole(OpCase row) {
    return row.floatingInputs().isEmpty()
        && !row.inputs().isEmpty()
        && row.function().apply(row.sample(DType.F64, 7)).dtype().isInteger();
  }

  /** Textbooks' softmax, which formulas show, has no value where every entry is −∞. */
  private static boolean hidesAll(OpCase row) {
    return row.title().contains("queries without keys") || row.title().contains("hidden by far");
  }

  private static boolean hasFormula(OpCase row) {
    return !isWhole(row) && !WITHOUT.contains(row.op()) && !hidesAll(row);
  }

  private static List<OpCase> smallRows() {
    return OpCases.all().stream()
        .filter(row -> row.inputs().stream().allMatch(i -> i.shape().size() <= MOST_ELEMENTS))
        .toList();
  }

  @Test
  void everyOpButPlacesAndDrawsHasAFormula() {
    TreeSet<String> read = new TreeSet<>();
    TreeSet<String> all = new TreeSet<>();
    for (OpCase row : OpCases.all()) {
      all.add(row.op());
    }
    for (OpCase row : smallRows()) {
      if (hasFormula(row)) {
        read.add(row.op());
      }
    }
    all.removeAll(read);
    assertEquals(new TreeSet<>(WITHOUT), all);
  }

  @TestFactory
  Stream<DynamicTest> formulasHaveTheValuesOfTheirGraphs() {
    return smallRows().stream()
        .filter(SymbolicParityTest::hasFormula)
        .map(row -> DynamicTest.dynamicTest(row.title(), () -> check(row)));
  }

  private static void check(OpCase row) {
    List<Tensor> inputs = row.sample(DType.F64, 7);
    Map<Tensor, String> names = new LinkedHashMap<>();
    Map<String, Double> values = new HashMap<>();
    List<Tensor> floating = new ArrayList<>();
    for (int i : row.floatingInputs()) {
      Tensor x = inputs.get(i).variable();
      names.put(x, "in" + i);
      floating.add(x);
      put(values, x, "in" + i);
    }
    Tensor y = row.function().apply(inputs);
    List<Tensor> results = new ArrayList<>(List.of(y));
    if (row.isDifferentiable() && y.size() > 0) {
      results.addAll(Grad.grad(y.sin().sum(), floating.toArray(new Tensor[0])));
    }
    for (Tensor result : results) {
      if (result.size() <= MOST_ELEMENTS && !sortsOrDraws(result, names)) {
        same(row.title(), result, Symbolic.entries(result, names), values);
      }
    }
  }

  /** Some rows are compositions over argsort and the like; they say so. */
  private static boolean sortsOrDraws(Tensor result, Map<Tensor, String> names) {
    try {
      Symbolic.entries(result, names);
      return false;
    } catch (IllegalArgumentException e) {
      boolean known =
          WITHOUT.stream().anyMatch(op -> e.getMessage().startsWith("symbolic: " + op + " "));
      assertTrue(known, e.getMessage());
      return true;
    }
  }

  private static void put(Map<String, Double> values, Tensor x, String name) {
    double[] elements = x.toDoubleArray();
    List<String> entries =
        Symbolic.entries(x, Map.of(x, name)).stream().map(Symbolic::infix).toList();
    for (int i = 0; i < elements.length; i++) {
      values.put(entries.get(i), elements[i]);
    }
  }

  private static void same(
      String about, Tensor result, List<Symbolic> formulas, Map<String, Double> values) {
    // Before anything is evaluated: that may drop a graph without variables.
    List<Symbolic> literals = formulas.stream().map(Symbolic::unsimplified).toList();
    double[] expected = result.cast(DType.F64).toDoubleArray();
    assertEquals(expected.length, formulas.size(), about);
    double precision = result.dtype() == DType.F32 ? 1e-6 : 1e-9;
    for (int i = 0; i < expected.length; i++) {
      double tolerance = precision * Math.max(1, Math.abs(expected[i]));
      for (Symbolic formula : List.of(formulas.get(i), literals.get(i))) {
        assertEquals(expected[i], formula.evaluate(values), tolerance, about + ": " + formula);
      }
    }
  }

  @Test
  void randomGraphsOfMatricesHaveTheirValue() {
    int compared = 0;
    for (long seed = 0; seed < 40; seed++) {
      RandomGraph graph = RandomGraph.random(seed, 4);
      if (graph.steps().stream().anyMatch(step -> step.op() == RandomOp.SORT)) {
        continue; // places have no formula
      }
      Tensor y = graph.apply(RandomGraph.leaves(seed)).mean();
      Symbolic formula = Symbolic.of(y);
      Symbolic literal = formula.unsimplified();
      assertEquals(y.item(), formula.evaluate(Map.of()), 1e-9, "seed " + seed);
      assertEquals(y.item(), literal.evaluate(Map.of()), 1e-9, "seed " + seed);
      compared++;
    }
    assertTrue(compared > 30, "compared only " + compared);
  }

  @Test
  void randomFormulasHaveTheValuesAndDerivativesOfTheirGraphs() {
    int compared = 0;
    for (long seed = 0; seed < 300; seed++) {
      compared += new RandomFormula(seed).compare();
    }
    assertTrue(compared > 600, "compared only " + compared);
  }

  /** A graph of scalars over x, y and z, drawn from a seed. */
  private static final class RandomFormula {
    private static final List<String> NAMES = List.of("x", "y", "z");

    private final SplittableRandom random;
    private final List<Tensor> variables = new ArrayList<>();
    private final Map<Tensor, String> names = new LinkedHashMap<>();
    private final Map<String, Double> values = new HashMap<>();
    private final String about;

    RandomFormula(long seed) {
      about = "seed " + seed;
      random = new SplittableRandom(seed);
      for (String name : NAMES) {
        double value = 0.3 + random.nextDouble();
        variables.add(Tensor.scalar(value).variable());
        names.put(variables.get(variables.size() - 1), name);
        values.put(name, value);
      }
    }

    /** Returns how many values were compared. */
    int compare() {
      List<Tensor> made = new ArrayList<>(variables);
      for (int i = 0; i < 10; i++) {
        Tensor a = made.get(random.nextInt(made.size()));
        Tensor b = made.get(random.nextInt(made.size()));
        made.add(op(a, b));
      }
      Tensor graph = made.get(made.size() - 1);
      Symbolic formula = Symbolic.of(graph, names);
      int compared = same(graph, formula);
      for (Tensor variable : variables) {
        Symbolic derivative = formula.derivative(variable);
        compared += same(Grad.grad(graph, variable).get(0), derivative);
        compared += centralDifference(formula, derivative, names.get(variable));
      }
      return compared;
    }

    private Tensor op(Tensor a, Tensor b) {
      return switch (random.nextInt(16)) {
        case 0, 1 -> a.plus(b);
        case 2, 3 -> a.minus(b);
        case 4, 5 -> a.times(b);
        case 6 -> a.div(b);
        case 7 -> a.neg();
        case 8 -> a.square().minus(b.times(0.5));
        case 9 -> a.tanh().plus(1);
        case 10 -> a.square().plus(1).sqrt();
        case 11 -> a.square().plus(0.25).log();
        case 12 -> a.times(-0.3).tanh().exp();
        case 13 -> Tensor.where(a.gt(b), a.times(3), b.times(b));
        case 14 -> a.sigmoid().pow(b.tanh());
        default -> a.square().plus(b.abs()).plus(0.1).pow(-1.5);
      };
    }

    private int same(Tensor graph, Symbolic formula) {
      double expected = graph.item();
      if (!(Math.abs(expected) < 1e6)) {
        return 0;
      }
      double tolerance = 1e-8 * Math.max(1, Math.abs(expected));
      assertEquals(expected, formula.evaluate(values), tolerance, about + ": " + formula);
      assertEquals(expected, formula.unsimplified().evaluate(values), tolerance, about);
      if (formula.symbols() < 2000) {
        double parsed = new InfixParser(formula.infix(), values).value();
        assertEquals(expected, parsed, tolerance, about + ": " + formula);
        Symbolic literal = formula.unsimplified();
        if (literal.symbols() < 2000) {
          parsed = new InfixParser(literal.infix(), values).value();
          assertEquals(expected, parsed, tolerance, about + ": " + literal);
        }
      }
      return 1;
    }

    private int centralDifference(Symbolic formula, Symbolic derivative, String name) {
      double slope = derivative.evaluate(values);
      double at = values.get(name);
      double h = 1e-5;
      double difference = (valueAt(formula, name, at + h) - valueAt(formula, name, at - h)) / 2 / h;
      double finer = (valueAt(formula, name, at + h / 2) - valueAt(formula, name, at - h / 2)) / h;
      double size = Math.max(1, Math.abs(slope));
      // Where the differences themselves disagree, the point is too near a pole or a kink.
      if (!(size < 1e4) || !(Math.abs(difference - finer) < 1e-6 * size)) {
        return 0;
      }
      assertEquals(finer, slope, 1e-4 * size, about + ": d/d" + name + " " + derivative);
      return 1;
    }

    private double valueAt(Symbolic formula, String name, double value) {
      Map<String, Double> moved = new HashMap<>(values);
      moved.put(name, value);
      return formula.evaluate(moved);
    }
  }
}
