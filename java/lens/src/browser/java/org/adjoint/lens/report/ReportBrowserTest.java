package org.adjoint.lens.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.adjoint.lens.chart.Numbers;
import org.adjoint.lens.example.Example;
import org.adjoint.lens.stepper.Browser;
import org.adjoint.nn.train.History;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Reports in a real browser: readable by everybody at any width, values under the pointer and the
 * arrow keys, and on paper. Screenshots lie in target/screenshots.
 */
class ReportBrowserTest {
  private static final Path SHOTS = Path.of("target/screenshots").toAbsolutePath();
  private static final Path PAGES = Path.of("target/pages").toAbsolutePath();
  private static final int[] WIDTHS = {400, 600, 1000, 1600};

  /** What a sheet of A4 leaves of its width, in CSS pixels, at margins of a centimetre. */
  private static final int PAPER = 718;

  private static History relu;
  private static Path one;
  private static Path two;
  private static Browser browser;

  @BeforeAll
  static void start() throws IOException {
    relu = Histories.digits(6);
    Files.createDirectories(PAGES);
    one = PAGES.resolve("report.html");
    Report.of(relu).write(one);
    two = PAGES.resolve("report-compared.html");
    Report.of(relu, Histories.vanishing(6)).write(two);
    browser = new Browser();
  }

  @AfterAll
  static void stop() {
    browser.close();
  }

  /** Whatever a test does: nothing is fetched but the page, and the console stays empty. */
  @AfterEach
  void nothingLeavesThePage() {
    for (String url : browser.requests()) {
      assertTrue(url.startsWith("file:") && url.endsWith(".html"), url);
    }
    assertEquals(List.of(), browser.console());
  }

  private static int tall() {
    return ((Number) browser.run("return document.documentElement.scrollHeight")).intValue();
  }

  private static void axe() throws IOException {
    try (InputStream in = ReportBrowserTest.class.getResourceAsStream("/axe.min.js")) {
      browser.run(new String(in.readAllBytes(), StandardCharsets.UTF_8) + "; window.axe = axe;");
    }
  }

  private static void shown(Path page, String name) throws IOException {
    browser.look(1600, 1000, false);
    browser.open(page);
    axe();
    for (int width : WIDTHS) {
      boolean edge = width == WIDTHS[0] || width == WIDTHS[WIDTHS.length - 1];
      for (boolean dark : edge ? new boolean[] {false, true} : new boolean[] {false}) {
        browser.look(width, 1000, dark);
        Object over = browser.run("return document.documentElement.scrollWidth - innerWidth");
        assertTrue(((Number) over).intValue() <= 0, width + ": " + over + " pixels too wide");
        if (!edge) {
          continue;
        }
        Object found =
            browser.runAsync(
                "const done = arguments[arguments.length - 1];"
                    + "axe.run({exclude: [['svg.chart .hit']]}).then(r => done(r.violations.filter(v => ['serious', 'critical']"
                    + ".includes(v.impact)).map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' '))));");
        assertEquals(List.of(), found, width + (dark ? " dark" : " light"));
        browser.look(width, Math.min(tall(), 9000), dark);
        browser.screenshot(
            SHOTS.resolve(name + "-" + width + (dark ? "-dark" : "-light") + ".png"));
      }
    }
  }

  @Test
  void everybodyCanReadOneRun() throws IOException {
    shown(one, "report");
  }

  @Test
  void everybodyCanReadTwoRuns() throws IOException {
    shown(two, "report-compared");
  }

  /** No text of a chart leaves its drawing, and none lies on another. */
  @Test
  void noLabelIsCutOrCovered() {
    browser.look(1600, 1000, false);
    browser.open(two);
    Object wrong =
        browser.run(
            """
            const wrong = [];
            for (const chart of document.querySelectorAll('svg.chart')) {
              const all = [...chart.querySelectorAll('text')].map(t => [t.textContent, t.getBBox()]);
              const v = chart.viewBox.baseVal;
              all.forEach(([text, b], i) => {
                if (b.x < -0.5 || b.y < -0.5 || b.x + b.width > v.width + 0.5 || b.y + b.height > v.height + 0.5)
                  wrong.push('cut: ' + text);
                for (const [other, o] of all.slice(i + 1)) {
                  const w = Math.min(b.x + b.width, o.x + o.width) - Math.max(b.x, o.x);
                  const h = Math.min(b.y + b.height, o.y + o.height) - Math.max(b.y, o.y);
                  if (w > 0.5 && h > 3) wrong.push(text + ' on ' + other);
                }
              });
            }
            return wrong;
            """);
    assertEquals(List.of(), wrong);
  }

  private static String tip() {
    return (String)
        browser.run(
            "const t = document.querySelector('.chart-tip'); return t.hidden ? '' : t.textContent;");
  }

  private static void key(String chart, String key) {
    browser.run(
        "const c = [...document.querySelectorAll('svg.chart')].find(c => c.querySelector('.t').textContent"
            + " === arguments[0]); c.focus(); c.dispatchEvent(new KeyboardEvent('keydown',"
            + " {key: arguments[1], bubbles: true, cancelable: true}));",
        chart,
        key);
  }

  @Test
  void arrowKeysSayEachValueOfTheHistory() {
    browser.look(1600, 1000, false);
    browser.open(one);
    for (History.Epoch epoch : relu.epochs()) {
      key("Loss by epoch", "ArrowRight");
      String expected =
          "epoch %d\ntraining: %s\ntest: %s"
              .formatted(
                  epoch.number(),
                  Numbers.shown(epoch.training().loss()),
                  Numbers.shown(epoch.test().orElseThrow().loss()));
      assertEquals(expected, tip());
      assertEquals(
          expected.replace("\n", ", "),
          browser.run("return document.querySelector('.chart-said').textContent"));
    }
    key("Loss by epoch", "ArrowRight");
    assertTrue(tip().startsWith("epoch 6"), tip());
    key("Loss by epoch", "Escape");
    assertEquals("", tip());
    key("Gradient norm", "ArrowRight");
    key("Gradient norm", "ArrowDown");
    History.Step first = relu.steps().get(0);
    assertEquals("fc2, step 0\n‖∂L/∂θ‖: " + Numbers.shown(first.gradients().get(1)), tip());
    key("Gradient norm", "End");
    History.Step last = relu.steps().get(relu.steps().size() - 1);
    assertEquals(
        "fc2, step %d\n‖∂L/∂θ‖: %s"
            .formatted(last.number(), Numbers.shown(last.gradients().get(1))),
        tip());
  }

  @Test
  void thePointerShowsTheNearestValues() {
    browser.look(1600, 1000, false);
    browser.open(one);
    browser.run(
        "const c = document.querySelector('svg.chart'), r = c.getBoundingClientRect();"
            + "c.dispatchEvent(new PointerEvent('pointermove',"
            + " {clientX: r.right - 5, clientY: r.top + r.height / 2, bubbles: true}));");
    assertTrue(tip().startsWith("epoch 6\ntraining: "), tip());
    Object right =
        browser.run(
            "const r = document.querySelector('.chart-tip').getBoundingClientRect();"
                + " return r.right <= innerWidth && r.left >= 0 && r.top >= 0;");
    assertEquals(true, right);
    browser.run(
        "document.querySelector('svg.chart').dispatchEvent(new PointerEvent('pointerleave'))");
    assertEquals("", tip());
  }

  /** On paper: dark on white whatever the reader's scheme, nothing beyond the sheet, no buttons. */
  private static void printed(Path page, String name) {
    browser.look(1600, 1000, true);
    browser.open(page);
    browser.run(
        "for (const id of ['forward', 'backward']) { const b = document.getElementById(id);"
            + " while (b && !b.disabled) b.click(); }");
    browser.print(PAPER, 1000);
    Object over = browser.run("return document.documentElement.scrollWidth - innerWidth");
    assertTrue(((Number) over).intValue() <= 0, name + ": " + over + " pixels beyond the sheet");
    assertEquals(
        "rgb(255, 255, 255)",
        browser.run("return getComputedStyle(document.body).backgroundColor"));
    Object faint =
        browser.run(
            """
            const dark = c => c.match(/[\\d.]+/g).slice(0, 3).map(Number).reduce((a, b) => a + b) < 400;
            return [...document.querySelectorAll('h1, h2, p, svg text, li')]
              .filter(e => e.getClientRects().length && !e.classList.contains('chart-said'))
              .filter(e => !dark(e instanceof SVGElement ? getComputedStyle(e).fill : getComputedStyle(e).color))
              .map(e => e.textContent);
            """);
    assertEquals(List.of(), faint, name);
    Object lost =
        browser.run(
            """
            return [...document.querySelectorAll('button, .scroll, #network, #log')]
              .filter(e => e.getClientRects().length)
              .filter(e => e.tagName === 'BUTTON' || e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight + 1)
              .map(e => e.id || e.className);
            """);
    assertEquals(List.of(), lost, name + ": buttons, and what scrolls");
    browser.look(PAPER, Math.min(tall(), 9000), true);
    browser.print(PAPER, Math.min(tall(), 9000));
    browser.screenshot(SHOTS.resolve(name + "-printed.png"));
    browser.pdf(SHOTS.resolve(name + ".pdf"));
  }

  @Test
  void reportsCanBePrinted() {
    printed(one, "report");
    printed(two, "report-compared");
  }

  @Test
  void steppersCanBePrinted() throws IOException {
    for (String name : List.of("1-2-1", "softmax")) {
      Path page = PAGES.resolve(name + ".html");
      Example.find(name).orElseThrow().stepper().get().write(page);
      printed(page, "stepper-" + name);
    }
  }
}
