package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.adjoint.op.Fused;
import org.adjoint.op.Op;
import org.adjoint.op.PlantedOps;
import org.adjoint.op.SoftmaxOps;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Laws of differentiation and its companions on random graphs. A graph that breaks one is shrunk
 * and printed.
 */
class LawsTest {
  private static final int SEEDS = 200;
  private static final int SIZE = 10;

  private static final List<Law> LAWS =
      List.of(
          new Law("jvp of grad = grad of jvp", 1e-11, (g, s) -> mixedModes(g, s, RandomOp::apply)),
          new Law("vmap(f) = loop", 1e-11, LawsTest::batchAndLoop),
          new Law("diagonal of hessian = nested grad", 1e-11, LawsTest::diagonal),
          new Law("fused = unfused", 1e-11, LawsTest::fusedAndUnfused),
          new Law("compiled = eager", 1e-13, LawsTest::compiledAndEager),
          new Law("checkpoint(f) = f", 0, LawsTest::checkpointed));

  @BeforeAll
  static void useReference() {
    Adjoint.backend("reference");
  }

  @TestFactory
  Stream<DynamicTest> laws() {
    return LAWS.stream()
        .map(law -> DynamicTest.dynamicTest(law.name(), () -> law.check(SEEDS, SIZE)));
  }

  private static Tensor scalar(Tensor y) {
    double[] weights = {0.7, -1.1, 0.9, 1.3, -0.6, 0.8};
    return y.times(Tensor.of(weights, 2, 3)).sum();
  }

  private static List<Tensor> grad(Tensor y, List<Tensor> xs) {
    return Grad.grad(y, xs.toArray(new Tensor[0]));
  }

  private static Law.Both mixedModes(RandomGraph graph, long seed, RandomGraph.Interpreter ops) {
    List<Tensor> xs = RandomGraph.inputs(seed);
    List<Tensor> vs = RandomGraph.inputs(~seed);
    Tensor y = scalar(graph.apply(xs, ops));
    List<Tensor> left = new ArrayList<>();
    for (Tensor g : grad(y, xs)) {
      left.add(Grad.jvp(g, xs, vs));
    }
    return new Law.Both(left, grad(Grad.jvp(y, xs, vs), xs));
  }

  /** Returns a graph's value and gradients as a function of its inputs. */
  private static Function<List<Tensor>, List<Tensor>> valueAndGradients(
      RandomGraph graph, RandomGraph.Interpreter ops) {
    return xs -> {
      Tensor y = graph.apply(xs, ops);
      List<Tensor> results = new ArrayList<>(List.of(y));
      results.addAll(grad(scalar(y), xs));
      return results;
    };
  }

  private static Law.Both batchAndLoop(RandomGraph graph, long seed) {
    Function<List<Tensor>, List<Tensor>> f = valueAndGradients(graph, RandomOp::apply);
    List<List<Tensor>> examples = new ArrayList<>();
    List<List<Tensor>> looped = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      examples.add(RandomGraph.inputs(seed + 1000 * i));
      looped.add(f.apply(examples.get(i)));
    }
    return new Law.Both(Vmap.ofList(f).apply(stacked(examples)), stacked(looped));
  }

  /** Returns for each place of the lists a stack of what stands there. */
  private static List<Tensor> stacked(List<List<Tensor>> lists) {
    List<Tensor> stacked = new ArrayList<>();
    for (int i = 0; i < lists.get(0).size(); i++) {
      int place = i;
      Tensor[] parts = lists.stream().map(list -> list.get(place)).toArray(Tensor[]::new);
      stacked.add(Tensor.stack(0, parts));
    }
    return stacked;
  }

  private static Law.Both diagonal(RandomGraph graph, long seed) {
    List<Tensor> xs = RandomGraph.inputs(seed);
    Tensor y = scalar(graph.apply(xs));
    Tensor x = xs.get(0);
    Tensor whole = Grad.hessian(y, x).reshape(6, 6).diagonal();
    Tensor g = Grad.grad(y, x).get(0).reshape(6);
    Tensor[] nested = new Tensor[6];
    for (int i = 0; i < nested.length; i++) {
      nested[i] = Grad.grad(g.get(i), x).get(0).reshape(6).slice(0, i, i + 1);
    }
    return new Law.Both(List.of(whole), List.of(Tensor.concat(0, nested)));
  }

  private static Law.Both fusedAndUnfused(RandomGraph graph, long seed) {
    return new Law.Both(
        upToSecondOrder(graph, seed, RandomOp::apply),
        upToSecondOrder(graph, seed, LawsTest::unfused));
  }

  private static List<Tensor> upToSecondOrder(
      RandomGraph graph, long seed, RandomGraph.Interpreter ops) {
    List<Tensor> xs = RandomGraph.inputs(seed);
    Tensor y = graph.apply(xs, ops);
    List<Tensor> results = new ArrayList<>(List.of(y));
    List<Tensor> first = grad(scalar(y), xs);
    results.addAll(first);
    results.addAll(grad(scalar(first.get(0)).plus(scalar(first.get(1))), xs));
    return results;
  }

  /** Returns a step's value with fused ops written out in others. */
  private static Tensor unfused(RandomOp op, Tensor a, Tensor b) {
    return switch (op) {
      case SOFTMAX -> expanded(SoftmaxOps.SOFTMAX, a);
      case SOFTMAX_COLUMNS -> expanded(SoftmaxOps.SOFTMAX, a.transpose()).transpose();
      case LOG_SOFTMAX -> expanded(SoftmaxOps.LOG_SOFTMAX, a).div(3);
      case LOG_SUM_EXP -> expanded(SoftmaxOps.LOG_SUM_EXP, a).reshape(2, 1).minus(b).tanh();
      case CROSS_ENTROPY ->
          expanded(SoftmaxOps.SOFTMAX_CROSS_ENTROPY, a, Tensor.of(new int[] {2, 0}, 2))
              .reshape(2, 1)
              .minus(b)
              .tanh();
      default -> op.apply(a, b);
    };
  }

  private static Tensor expanded(Fused op, Tensor... inputs) {
    return op.expand(List.of(inputs), new long[0]).get(0);
  }

  private static Law.Both compiledAndEager(RandomGraph graph, long seed) {
    AtomicInteger calls = new AtomicInteger();
    Function<List<Tensor>, List<Tensor>> counted =
        xs -> {
          calls.incrementAndGet();
          return valueAndGradients(graph, RandomOp::apply).apply(xs);
        };
    Function<List<Tensor>, List<Tensor>> compiled = Compiled.ofList(counted);
    Function<List<Tensor>, List<Tensor>> eager = valueAndGradients(graph, RandomOp::apply);
    List<Tensor> left = new ArrayList<>();
    List<Tensor> right = new ArrayList<>();
    for (long call = seed; call < seed + 2; call++) { // one program, other numbers
      left.addAll(compiled.apply(RandomGraph.leaves(call)));
      Adjoint.eager(true);
      try {
        right.addAll(eager.apply(RandomGraph.inputs(call)));
      } finally {
        Adjoint.eager(false);
      }
    }
    assertEquals(1, calls.get(), "calls of a function that is compiled once");
    return new Law.Both(left, right);
  }

  private static Law.Both checkpointed(RandomGraph graph, long seed) {
    Function<List<Tensor>, List<Tensor>> plain = xs -> List.of(graph.apply(xs));
    Function<List<Tensor>, List<Tensor>> again = Checkpoint.ofList(plain);
    return new Law.Both(valueAndGradient(plain, seed), valueAndGradient(again, seed));
  }

  private static List<Tensor> valueAndGradient(Function<List<Tensor>, List<Tensor>> f, long seed) {
    List<Tensor> xs = RandomGraph.inputs(seed);
    Tensor y = f.apply(xs).get(0);
    List<Tensor> results = new ArrayList<>(List.of(y));
    results.addAll(grad(scalar(y), xs));
    return results;
  }

  private static double[] reverse(SpecialValues.Named f) {
    Tensor x = SpecialValues.points().variable();
    return Grad.grad(f.function().apply(x).sum(), x).get(0).toDoubleArray();
  }

  private static double[] forward(SpecialValues.Named f) {
    Tensor x = SpecialValues.points().variable();
    Tensor ones = Tensor.ones(DType.F64, x.size());
    return Grad.jvp(f.function().apply(x), x, ones).toDoubleArray();
  }

  @Test
  void forwardModeIsReverseModeAtSpecialValues() {
    StringBuilder differences = new StringBuilder();
    Stream.concat(SpecialValues.unary().stream(), SpecialValues.composed().stream())
        .forEach(
            f ->
                differences.append(
                    SpecialValues.difference(f, "forward", forward(f), "reverse", reverse(f))));
    assertEquals("", differences.toString());
  }

  @Test
  void allWaysAgreeAtSpecialValues() {
    List<SpecialValues.Named> functions = new ArrayList<>(SpecialValues.unary());
    functions.addAll(SpecialValues.some(SpecialValues.composed(), 200, 1));
    StringBuilder differences = new StringBuilder();
    for (SpecialValues.Named f : functions) {
      double[] expected = reverse(f);
      Function<List<Tensor>, List<Tensor>> compiled =
          Compiled.ofList(
              xs -> List.of(Grad.of(u -> f.function().apply(u).sum()).apply(xs.get(0))));
      double[] program = compiled.apply(List.of(SpecialValues.points())).get(0).toDoubleArray();
      differences.append(SpecialValues.difference(f, "compiled", program, "lazy", expected));
      Adjoint.eager(true);
      try {
        differences.append(SpecialValues.difference(f, "eager", reverse(f), "lazy", expected));
        differences.append(
            SpecialValues.difference(f, "eager forward", forward(f), "lazy", expected));
      } finally {
        Adjoint.eager(false);
      }
      double[] mapped =
          Vmap.of(Grad.of(f.function())).apply(SpecialValues.points()).toDoubleArray();
      differences.append(SpecialValues.difference(f, "mapped", mapped, "lazy", expected));
    }
    assertEquals("", differences.toString());
  }

  @Test
  void theGraphsUseEveryOp() {
    Set<RandomOp> used = EnumSet.noneOf(RandomOp.class);
    for (long seed = 0; seed < SEEDS; seed++) {
      RandomGraph.random(seed, SIZE).steps().forEach(step -> used.add(step.op()));
    }
    assertEquals(EnumSet.allOf(RandomOp.class), used);
  }

  /** The same ops but for one, planted wrong. */
  private static Law planted(RandomOp where, Op wrong) {
    RandomGraph.Interpreter ops =
        (op, a, b) -> op == where ? PlantedOps.apply(wrong, a) : op.apply(a, b);
    return new Law("jvp of grad = grad of jvp", 1e-11, (g, s) -> mixedModes(g, s, ops));
  }

  @Test
  void aBrokenLawIsShrunkToTheFewStepsThatBreakIt() {
    // Tangents of this running sum go the wrong way, cotangents the right one: a curve after it
    // shows that.
    Law law = planted(RandomOp.CUMSUM, PlantedOps.PUSH);
    AssertionError error = assertThrows(AssertionError.class, () -> law.check(SEEDS, SIZE));
    List<String> lines = error.getMessage().lines().toList();
    assertTrue(
        lines.get(0).matches("jvp of grad = grad of jvp is broken by seed \\d+: .*: entry .* in"),
        error.getMessage());
    assertEquals("x0, x1: F64[2, 3]", lines.get(1));
    long scans = lines.stream().filter(line -> line.contains("cumsum")).count();
    assertEquals(1, scans, error.getMessage());
    // The first line, the inputs, the running sum, the curve, the result.
    assertEquals(5, lines.size(), error.getMessage());
    assertTrue(lines.get(4).startsWith("return "), error.getMessage());
  }

  @Test
  void aLawThatThrowsIsBrokenAndShrunkToo() {
    Law law =
        new Law(
            "never throws",
            0,
            (graph, seed) -> {
              if (graph.steps().stream().anyMatch(step -> step.op() == RandomOp.SORT)) {
                throw new IllegalStateException("no sorting");
              }
              return new Law.Both(List.of(), List.of());
            });
    AssertionError error = assertThrows(AssertionError.class, () -> law.check(SEEDS, SIZE));
    assertTrue(error.getMessage().contains("no sorting"), error.getMessage());
    assertEquals(4, error.getMessage().lines().count(), error.getMessage());
  }

  @Test
  void shrinkingKeepsProgramsWhole() {
    for (long seed = 0; seed < 20; seed++) {
      RandomGraph graph = RandomGraph.random(seed, SIZE);
      List<Tensor> inputs = RandomGraph.inputs(seed);
      for (RandomGraph smaller : graph.smaller()) {
        assertTrue(smaller.steps().size() <= graph.steps().size());
        assertEquals(Shape.of(2, 3), smaller.apply(inputs).shape());
      }
    }
  }
}
