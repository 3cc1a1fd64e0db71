package org.adjoint.lens;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.adjoint.Key;
import org.adjoint.Tensor;
import org.adjoint.lens.stepper.Browser;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Losses;
import org.adjoint.nn.Mlp;
import org.junit.jupiter.api.Test;

/** A picture in a real browser: labels fit with its fonts, and layers open. */
class PictureBrowserTest {
  private static final String VISIBLE =
      "return [...document.querySelectorAll('rect.b')].filter(r => r.getClientRects().length).length";

  private static final String CLICK =
      "[...document.querySelectorAll('a')].find(a => a.getClientRects().length"
          + " && a.textContent.trim() === arguments[0]).dispatchEvent(new MouseEvent('click'))";

  /** How far any visible text leaves the rectangle of its box, in pixels. */
  private static final String CUT =
      """
      let worst = 0;
      for (const g of document.querySelectorAll('g')) {
        const rect = g.querySelector(':scope > rect.b');
        if (!rect || !rect.getClientRects().length) continue;
        const box = rect.getBBox();
        for (const t of g.querySelectorAll(':scope > text')) {
          const b = t.getBBox();
          worst = Math.max(worst, box.x - b.x, b.x + b.width - box.x - box.width);
        }
      }
      return worst;
      """;

  @Test
  void layersOpenByAClickAndNoLabelIsCut() throws IOException {
    Mlp net =
        Mlp.of(List.of(2, 4, 2), Activation.TANH, Activation.IDENTITY, Init::heNormal, Key.of(0));
    Tensor loss =
        Losses.softmaxCrossEntropy(
            net.apply(Tensor.of(new float[6], 3, 2)), Tensor.of(new int[] {0, 1, 1}, 3));
    Path file = Path.of("target/pages/network.svg").toAbsolutePath();
    Files.createDirectories(file.getParent());
    Files.writeString(file, Lens.of(loss).gradients(net.parameters()).svg());
    try (Browser browser = new Browser()) {
      browser.look(1600, 1200, false);
      browser.open(file);
      long closed = ((Number) browser.run(VISIBLE)).longValue();
      assertTrue(((Number) browser.run(CUT)).doubleValue() <= 0, "a label leaves its box");
      browser.screenshot(Path.of("target/screenshots/network-closed.png"));
      browser.run("document.querySelector('.closed a').dispatchEvent(new MouseEvent('click'))");
      assertEquals(closed + 3, ((Number) browser.run(VISIBLE)).longValue());
      browser.screenshot(Path.of("target/screenshots/network-one-open.png"));
      browser.run(CLICK, "open all layers");
      assertEquals(closed + 6, ((Number) browser.run(VISIBLE)).longValue());
      assertTrue(((Number) browser.run(CUT)).doubleValue() <= 0, "a label leaves its box");
      browser.screenshot(Path.of("target/screenshots/network-open.png"));
      browser.run(CLICK, "close layers");
      assertEquals(closed, ((Number) browser.run(VISIBLE)).longValue());
      assertEquals(List.of(), browser.console());
    }
  }
}
