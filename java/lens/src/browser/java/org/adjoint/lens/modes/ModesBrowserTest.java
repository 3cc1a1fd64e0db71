package org.adjoint.lens.modes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.adjoint.lens.PageChecks;
import org.adjoint.lens.example.Functions;
import org.adjoint.lens.stepper.Browser;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** The page of four ways in a real browser: the numbers that a reader sees are the engine's. */
class ModesBrowserTest {
  private static Path page;
  private static Browser browser;

  @BeforeAll
  static void start() throws IOException {
    Files.createDirectories(PageChecks.PAGES);
    page = PageChecks.PAGES.resolve("modes.html");
    List<Modes> all = Functions.all().stream().map(f -> f.modes().get()).toList();
    Files.writeString(page, Modes.html("Four ways to differentiate", all));
    browser = new Browser();
    browser.look(1600, 1200, false);
  }

  @AfterAll
  static void stop() {
    browser.close();
  }

  @AfterEach
  void nothingLeavesThePage() {
    PageChecks.nothingLeft(browser);
  }

  private static String cell(String table, int row, int column) {
    Object text =
        browser.run(
            "const article = [...document.querySelectorAll('article')].find((a) => !a.hidden);"
                + " return article.querySelector('.' + arguments[0] + ' tbody').rows[arguments[1]]"
                + ".cells[arguments[2]].textContent;",
            table,
            row,
            column);
    return (String) text;
  }

  private static double number(String text) {
    return new BigDecimal(text.replace('−', '-').replaceAll("\\s", "")).doubleValue();
  }

  /** What is shown of a double is all of it, so it reads back as the same double. */
  @Test
  void theNumbersAreTheEngines() {
    browser.open(page);
    Comparison c = Functions.all().get(0).modes().get().compare();
    assertEquals(c.reverse().operations(), number(cell("ways", 1, 2)));
    assertEquals(c.forward().operations(), number(cell("ways", 0, 2)));
    assertEquals(c.forward().gradient().get(0), number(cell("digits", 0, 2)));
    assertEquals(c.reverse().gradient().get(0), number(cell("digits", 0, 3)));
    assertEquals(c.symbolic().orElseThrow().gradient().get(0), number(cell("digits", 0, 4)));
    assertEquals(c.numerical().gradient().get(0), number(cell("digits", 0, 5)));
    assertEquals(Notation.rough(c.reverse().error()), cell("ways", 1, 5));
  }

  @Test
  void theListShowsAnotherFunction() {
    browser.open(page);
    assertEquals("1", visible());
    assertTrue(browser.text("article:not([hidden]) h2").startsWith("A function of one number"));
    browser.keys("subject", Keys.ARROW_DOWN);
    assertEquals("1", visible());
    assertEquals("A product of eight factors", browser.text("article:not([hidden]) h2"));
    assertEquals("8 passes, one for each number", cell("ways", 0, 1));
  }

  private static String visible() {
    return String.valueOf(
        browser.run("return document.querySelectorAll('article:not([hidden])').length"));
  }

  /** The lowest point of the central difference's line is under the pointer where it is drawn. */
  @Test
  void stepsAndErrorsAreUnderTheArrowKeys() {
    browser.open(page);
    browser.run("document.querySelector('article:not([hidden]) svg.chart').focus()");
    Object said =
        browser.run(
            "const chart = document.querySelector('article:not([hidden]) svg.chart');"
                + "chart.dispatchEvent(new KeyboardEvent('keydown', {key: 'End', bubbles: true}));"
                + "return document.querySelector('.chart-said').textContent;");
    assertTrue(((String) said).startsWith("step h 1, "), (String) said);
    assertTrue(((String) said).contains("forward difference: NaN"), (String) said);
  }

  /** Of one number, and of several: the other functions have the same parts. */
  @Test
  void everybodyCanReadThePage() throws IOException {
    for (int i = 0; i < 2; i++) {
      browser.open(page);
      browser.run("location.hash = arguments[0]", "f" + i);
      PageChecks.everybodyCanRead(browser, "modes-" + Functions.all().get(i).name());
      browser.look(1600, 1200, false);
    }
  }
}
