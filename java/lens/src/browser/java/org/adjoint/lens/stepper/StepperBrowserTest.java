package org.adjoint.lens.stepper;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.Grad;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.lens.example.Example;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openqa.selenium.Keys;

/**
 * The pages in a real browser: what a reader sees after each click and each key is what the engine
 * has computed. Screenshots lie in target/screenshots.
 */
class StepperBrowserTest {
  private static final Path SHOTS = Path.of("target/screenshots").toAbsolutePath();
  private static final Path PAGES = Path.of("target/pages").toAbsolutePath();
  private static final int WIDE = 1600;
  private static final int NARROW = 400;
  private static final int HEIGHT = 1200;

  private static Browser browser;

  private final Lesson lesson = example("1-2-1").lesson();

  private static Stepper example(String name) {
    return Example.find(name).orElseThrow().stepper().get();
  }

  private static Path page(String name) throws IOException {
    Files.createDirectories(PAGES);
    Path file = PAGES.resolve(name + ".html");
    example(name).write(file);
    return file;
  }

  @BeforeAll
  static void start() {
    browser = new Browser();
  }

  @AfterAll
  static void stop() {
    browser.close();
  }

  @BeforeEach
  void open() throws IOException {
    lesson.evaluate();
    browser.look(WIDE, HEIGHT, false);
    browser.open(page("1-2-1"));
  }

  /** Whatever a test does: nothing is fetched but the page, and the console stays empty. */
  @AfterEach
  void nothingLeavesThePage() {
    for (String url : browser.requests()) {
      assertTrue(url.startsWith("file:") && url.endsWith(".html"), url);
    }
    assertEquals(List.of(), browser.console());
  }

  private int place(String name) {
    return lesson.cells().stream().map(Cell::name).toList().indexOf(name);
  }

  private static double parsed(String shown) {
    return Double.parseDouble(shown.replace('−', '-').replaceAll("[^-0-9.e]", ""));
  }

  /** Asserts that a number on the page is the engine's to the six digits that are shown. */
  private static void assertShown(double expected, String shown, String what) {
    assertEquals(expected, parsed(shown), Math.abs(expected) * 5.1e-6 + 1e-15, what + ": " + shown);
  }

  /** Returns what stands in a box: the texts of a class, "" where there is none. */
  private static String inBox(int cell, String style) {
    Object text =
        browser.run(
            "const t = document.querySelectorAll('#network .box')[arguments[0]]"
                + ".querySelector('text.' + arguments[1]); return t ? t.textContent : '';",
            cell,
            style);
    return (String) text;
  }

  private static String inLog(int step, String style) {
    Object text =
        browser.run(
            "const e = document.querySelector(`#log li[data-step='${arguments[0]}'] .${arguments[1]}`);"
                + " return e ? e.textContent : '';",
            step,
            style);
    return (String) text;
  }

  private void checkForward(int step, int cell) {
    double value = lesson.value(cell).item();
    assertShown(value, inBox(cell, "v"), lesson.cells().get(cell).name());
    assertShown(value, inLog(step, "total"), "log " + step);
    assertShown(value, browser.text("#now .total"), "card " + step);
  }

  private void checkChain(int step, Lesson.Edge edge) {
    double incoming = lesson.gradient(edge.cell()).orElseThrow().item();
    double local = edge.jacobian().orElseThrow().item();
    double part = edge.contribution().item();
    assertShown(incoming, inLog(step, "incoming"), "incoming " + step);
    assertShown(local, inLog(step, "local"), "local " + step);
    assertShown(part, inLog(step, "part"), "contribution " + step);
    assertShown(part, browser.text("#now .part"), "card " + step);
    assertShown(part, inBox(edge.input(), "g"), lesson.cells().get(edge.input()).name());
  }

  /** Steps through the whole page; {@code forward} and {@code backward} take one step each. */
  private void stepThrough(Runnable forward, Runnable backward) {
    int step = 0;
    for (int cell = 0; cell < lesson.cells().size(); cell++) {
      if (lesson.cells().get(cell).isOp()) {
        assertTrue(inBox(cell, "v").equals("?"), "known too early: " + cell);
        assertFalse(browser.isEnabled("backward"));
        forward.run();
        checkForward(step++, cell);
      }
    }
    assertEquals(7, step);
    assertFalse(browser.isEnabled("forward"));
    backward.run();
    assertShown(1, inLog(step++, "total"), "seed");
    int products = 0;
    for (Lesson.Edge edge : lesson.edges()) {
      backward.run();
      checkChain(step++, edge);
      String counted = "Multiplications: " + ++products + " of 13";
      assertTrue(browser.text("#counter").startsWith(counted), browser.text("#counter"));
    }
    assertTrue(browser.text("#counter").contains("would take 29"), browser.text("#counter"));
    assertFalse(browser.isEnabled("backward"));
    assertTrue(browser.text("#guide").startsWith("Done"), browser.text("#guide"));
  }

  @Test
  void clicksStepThroughTheWholeNetwork() {
    stepThrough(() -> browser.click("forward"), () -> browser.click("backward"));
    browser.click("undo");
    assertTrue(browser.isEnabled("backward"));
    browser.click("reset");
    assertEquals(
        "0", String.valueOf(browser.run("return document.querySelectorAll('#log li').length")));
  }

  @Test
  void keysStepThroughTheWholeNetwork() {
    stepThrough(() -> browser.press(Keys.ARROW_RIGHT), () -> browser.press(Keys.ARROW_LEFT));
    browser.press("u");
    assertTrue(browser.isEnabled("backward"));
    browser.press("r");
    assertTrue(browser.text("#guide").startsWith("Press “Forward step”"), browser.text("#guide"));
  }

  @Test
  void playRunsToTheEndByItself() throws InterruptedException {
    browser.press("p");
    Thread.sleep(2500);
    browser.press("p");
    int steps =
        ((Number) browser.run("return document.querySelectorAll('#log li').length")).intValue();
    assertTrue(steps >= 1, steps + " steps taken");
  }

  /** Returns the 1-2-1 network's loss and gradients by the engine, at other parameters. */
  private Map<String, Double> engine(Map<String, Double> at) {
    List<String> names = List.of("w11", "b1", "w12", "b2", "wo1", "wo2", "bo");
    List<Parameter> p = new ArrayList<>();
    names.forEach(name -> p.add(Parameter.of(Tensor.scalar(at.get(name).doubleValue()), name)));
    Tensor x = Tensor.scalar(0.5);
    Tensor h1 = p.get(0).times(x).plus(p.get(1)).tanh();
    Tensor h2 = p.get(2).times(x).plus(p.get(3)).tanh();
    Tensor o = p.get(4).times(h1).plus(p.get(5).times(h2)).plus(p.get(6));
    Tensor loss = o.minus(Tensor.scalar(0.8)).square();
    List<Tensor> gradients = Grad.grad(loss, p);
    Map<String, Double> all = new HashMap<>(Map.of("L", loss.item()));
    for (int i = 0; i < names.size(); i++) {
      all.put(names.get(i), gradients.get(i).item());
    }
    return all;
  }

  private Map<String, Double> parameters() {
    Map<String, Double> all = new HashMap<>();
    for (int i = 0; i < lesson.cells().size(); i++) {
      if (lesson.cells().get(i).kind() == Cell.Kind.PARAMETER) {
        all.put(lesson.cells().get(i).name(), lesson.value(i).item());
      }
    }
    return all;
  }

  private void assertGradients(Map<String, Double> expected) {
    expected.forEach(
        (name, value) -> {
          String shown = name.equals("L") ? inBox(place("L"), "v") : inBox(place(name), "g");
          assertShown(value, shown, name);
        });
  }

  private void toTheEnd() {
    for (int i = 0; i < 7; i++) {
      browser.click("forward");
    }
    for (int i = 0; i < 14; i++) {
      browser.click("backward");
    }
  }

  @Test
  void anEditedWeightIsFollowedByAllNumbers() {
    toTheEnd();
    browser.type("w11", "1.25");
    Map<String, Double> at = parameters();
    at.put("w11", 1.25);
    assertGradients(engine(at));
    browser.click("restore");
    assertGradients(engine(parameters()));
  }

  @Test
  void trainingTakesTheEnginesSteps() {
    toTheEnd();
    Map<String, Double> at = parameters();
    for (int step = 0; step < 3; step++) {
      engine(at).forEach((name, slope) -> at.computeIfPresent(name, (n, w) -> w - 0.1 * slope));
      browser.click("train");
    }
    assertGradients(engine(at));
    browser.click("train-more");
    assertTrue(
        browser.text("#loss-text").startsWith("Loss after 103 training steps"),
        browser.text("#loss-text"));
    assertTrue(((Boolean) browser.run("return !!document.querySelector('#chart path.curve')")));
  }

  static List<Example> examples() {
    return Example.all();
  }

  /** Every page runs to its end, and its evaluator gives the engine's numbers. */
  @ParameterizedTest
  @MethodSource("examples")
  void everyExampleRuns(Example example) throws IOException {
    browser.open(page(example.name()));
    browser.run(
        "const f = document.getElementById('forward'), b = document.getElementById('backward');"
            + "while (!f.disabled) f.click(); while (!b.disabled) b.click();");
    assertTrue(browser.text("#guide").startsWith("Done"), browser.text("#guide"));
    assertTrue(
        worst(
                browser.run(
                    COMPARE
                        + "return compare(JSON.parse(document.getElementById('data').textContent));"))
            < 1e-9);
    browser.screenshot(SHOTS.resolve(example.name() + ".png"));
  }

  private static final String COMPARE =
      """
      function compare(written) {
        const data = Evaluator.unpack(written);
        const results = Evaluator.run(data.tape, data.cells.map(c => c.value.map(Number)));
        let worst = 0;
        const check = (xs, at) => xs.map(Number).forEach((x, i) => {
          worst = Math.max(worst, Math.abs(x - results[at].values[i]) / Math.max(1, Math.abs(x)));
        });
        for (const c of data.cells) { check(c.value, c.valueAt); if (c.grad) check(c.grad, c.gradAt); }
        for (const e of data.edges) { check(e.part, e.partAt); if (e.local) check(e.local, e.localAt); }
        return String(worst);
      }
      """;

  private static double worst(Object found) {
    return Double.parseDouble((String) found);
  }

  @Test
  void theEvaluatorComputesRandomGraphsAsTheEngineDoes() {
    String script =
        COMPARE
            + "return String(Math.max(...JSON.parse(arguments[0]).map(d => Number(compare(d)))));";
    assertTrue(worst(browser.run(script, EvaluatorTest.graphs(20))) < 1e-9);
  }

  /** No serious or critical finding of axe-core, in either scheme and at either width. */
  @Test
  void everybodyCanReadThePage() throws IOException {
    String axe;
    try (InputStream in = StepperBrowserTest.class.getResourceAsStream("/axe.min.js")) {
      axe = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    toTheEnd();
    browser.run(axe + "; window.axe = axe;");
    for (int width : new int[] {NARROW, WIDE}) {
      for (boolean dark : new boolean[] {false, true}) {
        browser.look(width, HEIGHT, dark);
        Object found =
            browser.runAsync(
                "const done = arguments[arguments.length - 1];"
                    + "axe.run().then(r => done(r.violations.filter(v => ['serious', 'critical']"
                    + ".includes(v.impact)).map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' '))));");
        assertEquals(List.of(), found, width + (dark ? " dark" : " light"));
        String name = "1-2-1-" + width + (dark ? "-dark" : "-light");
        browser.screenshot(SHOTS.resolve(name + ".png"));
      }
    }
  }

  /** Nothing is wider than the window at any width: the network alone scrolls. */
  @Test
  void nothingIsCutOffAtAnyWidth() {
    for (int width : new int[] {NARROW, 600, 1000, WIDE}) {
      browser.look(width, HEIGHT, false);
      Object over = browser.run("return document.documentElement.scrollWidth - innerWidth");
      assertTrue(((Number) over).intValue() <= 0, width + ": " + over + " pixels too wide");
    }
  }
}
