package org.adjoint.lens.stepper;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.lens.example.Example;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The numbers and formulas of a lesson, against the engine's own gradients and by hand. */
class LessonTest {
  private static final double HAIR = 1e-12;

  private static Lesson evaluated(Stepper stepper) {
    Lesson lesson = stepper.lesson();
    lesson.evaluate();
    return lesson;
  }

  private static Stepper example(String name) {
    return Example.find(name).orElseThrow().stepper().get();
  }

  private static int place(Lesson lesson, String name) {
    List<String> names = lesson.cells().stream().map(Cell::name).toList();
    assertTrue(names.contains(name), name + " in " + names);
    return names.indexOf(name);
  }

  private static double gradient(Lesson lesson, String name) {
    return lesson.gradient(place(lesson, name)).orElseThrow().item();
  }

  private static List<String> ops(Lesson lesson) {
    return lesson.cells().stream().filter(Cell::isOp).map(Cell::name).toList();
  }

  private static Lesson.Edge edge(Lesson lesson, String from, String to) {
    return lesson.edges().stream()
        .filter(e -> e.cell() == place(lesson, from) && e.input() == place(lesson, to))
        .findFirst()
        .orElseThrow();
  }

  /** The field's example by hand: o = tanh(0.3)·0.7 + tanh(−0.1)·(−0.3) + 0.05, L = (o − 0.8)². */
  @Test
  void oneTwoOneIsTheTextbooks() {
    Lesson lesson = evaluated(example("1-2-1"));
    assertEquals(List.of("z1", "h1", "z2", "h2", "o", "e", "L"), ops(lesson));
    double h1 = Math.tanh(0.3);
    double h2 = Math.tanh(-0.1);
    double e = 0.7 * h1 - 0.3 * h2 + 0.05 - 0.8;
    assertEquals(e * e, lesson.value(place(lesson, "L")).item(), HAIR);
    assertEquals(2 * e * h1, gradient(lesson, "wo1"), HAIR);
    assertEquals(2 * e * h2, gradient(lesson, "wo2"), HAIR);
    assertEquals(2 * e, gradient(lesson, "bo"), HAIR);
    assertEquals(2 * e * 0.7 * (1 - h1 * h1) * 0.5, gradient(lesson, "w11"), HAIR);
    assertEquals(2 * e * 0.7 * (1 - h1 * h1), gradient(lesson, "b1"), HAIR);
    assertEquals(2 * e * -0.3 * (1 - h2 * h2) * 0.5, gradient(lesson, "w12"), HAIR);
    assertEquals(2 * e * -0.3 * (1 - h2 * h2), gradient(lesson, "b2"), HAIR);
  }

  @Test
  void formulasAreThoseOfTheBook() {
    Lesson lesson = evaluated(example("1-2-1"));
    assertEquals("w11·x + b1", lesson.formula(place(lesson, "z1")));
    assertEquals("tanh(z1)", lesson.formula(place(lesson, "h1")));
    assertEquals("e²", lesson.formula(place(lesson, "L")));
    assertEquals("h1", edge(lesson, "o", "wo1").symbol());
    assertEquals("x", edge(lesson, "z1", "w11").symbol());
    assertEquals("1 − tanh(z1)²", edge(lesson, "h1", "z1").symbol());
    assertEquals("2·e", edge(lesson, "L", "e").symbol());
  }

  @Test
  void sharingIsCounted() {
    Lesson lesson = evaluated(example("1-2-1"));
    assertEquals(13, lesson.edges().size());
    // Three paths of 3 edges (wo1, wo2, bo) and four of 5 (w11, b1, w12, b2).
    assertEquals(3 * 3 + 4 * 5, lesson.pathProducts());
  }

  /** Counts the products path by path. */
  private static double products(Lesson lesson, int cell, int length) {
    double sum = lesson.cells().get(cell).kind() == Cell.Kind.PARAMETER ? length : 0;
    for (Lesson.Edge edge : lesson.edges()) {
      sum += edge.cell() == cell ? products(lesson, edge.input(), length + 1) : 0;
    }
    return sum;
  }

  @ParameterizedTest
  @MethodSource("examples")
  void productsOfAllPathsAreCountedWithoutWalkingThem(Example example) {
    Lesson lesson = example.stepper().get().lesson();
    assertEquals(products(lesson, lesson.cells().size() - 1, 0), lesson.pathProducts());
  }

  static List<Example> examples() {
    return Example.all();
  }

  /** The gradients of leaves, put together edge by edge, are those that Grad gives in one piece. */
  @ParameterizedTest
  @MethodSource("examples")
  void theStepsAddUpToTheGradient(Example example) {
    Stepper stepper = example.stepper().get();
    Lesson lesson = stepper.lesson();
    List<Tensor> leaves = new ArrayList<>();
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < lesson.cells().size(); i++) {
      if (lesson.cells().get(i).kind() == Cell.Kind.PARAMETER) {
        leaves.add(lesson.value(i));
        places.add(i);
      }
    }
    List<Tensor> expected = Grad.grad(lesson.value(lesson.cells().size() - 1), leaves);
    Tensor.evalAll(expected);
    lesson.evaluate();
    for (int i = 0; i < leaves.size(); i++) {
      Tensor gradient = lesson.gradient(places.get(i)).orElseThrow();
      assertArrayEquals(
          expected.get(i).toDoubleArray(),
          gradient.toDoubleArray(),
          1e-9,
          lesson.cells().get(places.get(i)).name());
    }
  }

  /** Each contribution is the incoming gradient times the local Jacobian, as the page says. */
  @ParameterizedTest
  @MethodSource("examples")
  void contributionsAreProducts(Example example) {
    Lesson lesson = evaluated(example.stepper().get());
    for (Lesson.Edge edge : lesson.edges()) {
      if (edge.jacobian().isEmpty()) {
        continue;
      }
      double[] g = lesson.gradient(edge.cell()).orElseThrow().toDoubleArray();
      double[] jacobian = edge.jacobian().get().toDoubleArray();
      double[] product = new double[jacobian.length / g.length];
      for (int i = 0; i < jacobian.length; i++) {
        product[i % product.length] += g[i / product.length] * jacobian[i];
      }
      assertArrayEquals(product, edge.contribution().toDoubleArray(), 1e-9, edge.toString());
    }
  }

  /** A gradient is handed on only after all its contributions have arrived. */
  @ParameterizedTest
  @MethodSource("examples")
  void stepsComeInReverseTopologicalOrder(Example example) {
    Lesson lesson = example.stepper().get().lesson();
    Set<Integer> handedOn = new HashSet<>();
    for (Lesson.Edge edge : lesson.edges()) {
      handedOn.add(edge.cell());
      assertFalse(handedOn.contains(edge.input()), edge.toString());
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void pagesAreSmallWholeAndEditable(Example example) {
    String page = example.stepper().get().html();
    assertTrue(page.length() < 300 * 1024, "size " + page.length());
    assertFalse(page.contains("{{"), "a placeholder is left");
    assertFalse(page.contains("obstacle\":"), "the page cannot compute");
    assertFalse(page.matches("(?s).*(src|href)=\"(?!data:).*"), "something is to be fetched");
  }

  @Test
  void softmaxGivesYHatMinusY() {
    Lesson lesson = evaluated(example("softmax"));
    double[] p = lesson.value(place(lesson, "ŷ")).toDoubleArray();
    double[] y = lesson.value(place(lesson, "y")).toDoubleArray();
    double[] g = lesson.gradient(place(lesson, "z")).orElseThrow().toDoubleArray();
    for (int i = 0; i < g.length; i++) {
      assertEquals(p[i] - y[i], g[i], 1e-12);
    }
  }

  /** Without names each op is a step, and the user's graph can still be differentiated. */
  @Test
  void anyGraphIsShownOpByOp() {
    Parameter w = Parameter.of(Tensor.of(new float[] {1, 2}, 2), "w");
    Tensor loss = w.times(w).plus(w).sum();
    Lesson lesson = evaluated(Stepper.of(loss));
    assertEquals(List.of("v1", "v2", "L"), ops(lesson));
    assertArrayEquals(
        new float[] {3, 5}, lesson.gradient(place(lesson, "w")).orElseThrow().toArray());
    assertArrayEquals(new float[] {3, 5}, Grad.grad(loss, w).get(0).toArray());
  }

  @Test
  void whatCannotBeShownIsRefused() {
    Tensor x = Tensor.ones(DType.F32, 3).variable();
    String error = message(() -> Stepper.of(x.times(2)).html());
    assertTrue(error.contains("floating scalar, got F32[3]"), error);
    error = message(() -> Stepper.of(Tensor.of(new float[] {1}).sum()).html());
    assertTrue(error.contains("no parameter"), error);
    Tensor y = x.sum();
    for (int i = 0; i < Lesson.MOST_SCALARS; i++) {
      y = y.neg();
    }
    Tensor deep = y;
    error = message(() -> Stepper.of(deep).html());
    assertTrue(error.contains("a page shows 200; name the tensors"), error);
  }

  private static String message(Runnable run) {
    return assertThrows(IllegalArgumentException.class, run::run).getMessage();
  }

  /** An op that the page does not know makes it a page without editing, which says so. */
  @Test
  void unknownOpsMakeAPageThatCannotBeEdited() {
    Tensor x = Tensor.scalar(0.5).variable();
    String page = Stepper.of(x.erf()).named(Map.of(x, "x")).html();
    assertTrue(page.contains("\"obstacle\":\"the page cannot compute bell, erf by itself\""));
  }

  @Test
  void namesThatCouldEndTheScriptAreHarmless() {
    Tensor x = Tensor.scalar(0.5).variable();
    String page = Stepper.of(x.tanh()).named(Map.of(x, "</script><b>")).html();
    assertFalse(page.contains("</script><b>"), "the name stands in the page as it is");
  }

  /** A page must not grow by the digits of numbers that a reader sees as colours. */
  @Test
  void theNumbersOfLargeLayersArePacked() {
    Tensor h = Key.of(1).normal(DType.F32, 4, 32).eval();
    for (int i = 0; i < 6; i++) {
      h = h.matmul(Parameter.of(Key.of(i).normal(DType.F32, 32, 32), "w" + i)).tanh();
    }
    Lecture lecture = new Lecture("large", "", Map.of(), 0.1);
    String json = LessonJson.of(Stepper.of(h.square().mean()).lesson(), lecture);
    assertTrue(json.contains("F32:"), json);
    assertTrue(json.length() < 6 * 25_000, json.length() + " characters");
  }
}
