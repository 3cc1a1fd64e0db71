package org.adjoint.lens.landscape;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.adjoint.lens.PageChecks;
import org.adjoint.lens.chart.Numbers;
import org.adjoint.lens.example.Trainings;
import org.adjoint.lens.stepper.Browser;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** The landscape in a real browser: one slider moves through all that the page shows. */
class LandscapeBrowserTest {
  private static final Path PAGE = PageChecks.PAGES.resolve("moons.html");

  private static Landscape landscape;
  private static double[] losses;
  private static Frames frames;
  private static Browser browser;

  @BeforeAll
  static void start() throws IOException {
    Files.createDirectories(PageChecks.PAGES);
    landscape = Trainings.all().get(0).landscape().get().points(21);
    landscape.write(PAGE);
    losses = landscape.surfaces().get(0).pathLosses();
    frames = landscape.frames().orElseThrow();
    browser = new Browser();
  }

  @AfterAll
  static void stop() {
    browser.close();
  }

  @BeforeEach
  void open() {
    browser.look(1600, 1200, false);
    browser.open(PAGE);
  }

  @AfterEach
  void nothingLeavesThePage() {
    PageChecks.nothingLeft(browser);
  }

  private static long count(String selector) {
    return (Long) browser.run("return document.querySelectorAll(arguments[0]).length", selector);
  }

  /** Asserts that the whole page is at a place of the path. */
  private static void assertAt(int place) {
    int step = landscape.trajectory().points().get(place).step();
    String shown = browser.text("#now");
    String expected = "Step " + step + ": loss " + Numbers.shown(losses[place]) + "; ";
    assertTrue(shown.startsWith(expected), shown + " for " + expected);
    Frames.Frame frame = frames.frames().get(place);
    int right = frame.right(frames.labels());
    assertTrue(shown.contains(right + " of 100 points right"), shown);
    assertEquals(100 - right, count(".mark.wrong"));
    assertEquals(1, count("image.frame:not(.later)"));
    assertEquals(1, count("image.frame:not(.later)[data-place='" + place + "']"));
    assertEquals(2L * place, count(".way.over:not(.later)"), "both maps end there");
    assertEquals(3, count(".here[cx]"), "both maps and the losses");
  }

  @Test
  void thePageBeginsAtTheEndAndStepsBack() {
    int last = landscape.trajectory().points().size() - 1;
    assertAt(last);
    assertFalse(browser.isEnabled("on"));
    browser.click("back");
    assertAt(last - 1);
    browser.press(Keys.ARROW_LEFT);
    browser.press(Keys.ARROW_LEFT);
    assertAt(last - 3);
    browser.press(Keys.ARROW_RIGHT);
    assertAt(last - 2);
    browser.keys("at", Keys.HOME);
    assertAt(0);
    assertFalse(browser.isEnabled("back"));
    browser.keys("at", Keys.ARROW_RIGHT);
    assertAt(1);
  }

  /** Also for a reader who prefers reduced motion, as this browser does: it was asked for. */
  @Test
  void playRunsFromTheStartAndCanBePaused() throws InterruptedException {
    browser.click("play");
    assertTrue(browser.text("#play").startsWith("Pause"), browser.text("#play"));
    Thread.sleep(1500);
    browser.press("p");
    assertTrue(browser.text("#play").startsWith("Play"), browser.text("#play"));
    int place =
        Integer.parseInt((String) browser.run("return document.getElementById('at').value"));
    assertTrue(place > 0, "nothing moved");
    assertAt(place);
  }

  /** The loss under the pointer at a place of the principal map is the engine's there. */
  @Test
  void heightsAreUnderTheArrowKeys() {
    Surface surface = landscape.surfaces().get(0);
    Object said =
        browser.run(
            "const map = document.querySelector('svg.chart.heat'); map.focus();"
                + "map.dispatchEvent(new KeyboardEvent('keydown', {key: 'Home', bubbles: true}));"
                + "return document.querySelector('.chart-said').textContent;");
    String expected = "loss: " + Numbers.shown(surface.losses()[20][0]);
    assertTrue(((String) said).endsWith(expected), said + " for " + expected);
  }

  @Test
  void everybodyCanReadThePage() throws IOException {
    PageChecks.everybodyCanRead(browser, "moons");
    browser.look(1600, 1200, false);
    browser.keys("at", Keys.HOME);
    for (int i = 0; i < 20; i++) {
      browser.press(Keys.ARROW_RIGHT);
    }
    browser.screenshot(Path.of("target/screenshots/moons-early.png").toAbsolutePath());
    assertEquals(List.of(), browser.console());
  }
}
