package org.adjoint.lens;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.adjoint.lens.stepper.Browser;

/** What holds of every page, whatever is on it. */
public final class PageChecks {
  /** Where pages that tests open lie. */
  public static final Path PAGES = Path.of("target/pages").toAbsolutePath();

  private static final Path SHOTS = Path.of("target/screenshots").toAbsolutePath();
  private static final int HEIGHT = 1200;
  private static final int TALLEST = 6000;
  private static final int[] WIDTHS = {400, 1600};

  private PageChecks() {}

  /** Nothing was fetched but the page, and the console is empty. */
  public static void nothingLeft(Browser browser) {
    for (String url : browser.requests()) {
      assertTrue(url.startsWith("file:") && url.endsWith(".html"), url);
    }
    assertEquals(List.of(), browser.console());
  }

  /**
   * No serious or critical finding of axe-core and nothing wider than the window, at both widths,
   * light and dark; leaves a screenshot of each.
   */
  public static void everybodyCanRead(Browser browser, String name) throws IOException {
    try (InputStream in = PageChecks.class.getResourceAsStream("/axe.min.js")) {
      browser.run(new String(in.readAllBytes(), StandardCharsets.UTF_8) + "; window.axe = axe;");
    }
    for (int width : WIDTHS) {
      for (boolean dark : new boolean[] {false, true}) {
        browser.look(width, HEIGHT, dark);
        String where = width + (dark ? "-dark" : "-light");
        Object over = browser.run("return document.documentElement.scrollWidth - innerWidth");
        assertTrue(((Number) over).intValue() <= 0, where + ": " + over + " pixels too wide");
        Object found =
            browser.runAsync(
                """
                const done = arguments[arguments.length - 1];
                axe.run().then((r) => done(r.violations
                  .filter((v) => ['serious', 'critical'].includes(v.impact))
                  .map((v) => v.id + ': ' + v.nodes.map((n) => n.html).join(' '))));
                """);
        assertEquals(List.of(), found, where);
        Number tall = (Number) browser.run("return document.documentElement.scrollHeight");
        browser.look(width, Math.min(tall.intValue(), TALLEST), dark);
        browser.screenshot(SHOTS.resolve(name + "-" + where + ".png"));
      }
    }
  }
}
