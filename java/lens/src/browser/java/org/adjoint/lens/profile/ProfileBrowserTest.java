package org.adjoint.lens.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Tensor;
import org.adjoint.lens.Lens;
import org.adjoint.lens.stepper.Browser;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Losses;
import org.adjoint.nn.Mlp;
import org.junit.jupiter.api.Test;

/** The page of a profile in a real browser: everybody can read it, at any width, and offline. */
class ProfileBrowserTest {
  private static final int HEIGHT = 1400;

  private static Profile profile() {
    Mlp net =
        Mlp.of(List.of(8, 32, 4), Activation.TANH, Activation.IDENTITY, Init::heNormal, Key.of(0));
    Tensor x = Key.of(1).normal(DType.F32, 16, 8).eval();
    Tensor labels = Tensor.of(new int[16], 16);
    Tensor loss = Losses.softmaxCrossEntropy(net.apply(x), labels);
    return Lens.profile(Grad.grad(loss, net.parameters()).toArray(new Tensor[0]));
  }

  @Test
  void everybodyCanReadThePage() throws IOException {
    String axe;
    try (InputStream in = ProfileBrowserTest.class.getResourceAsStream("/axe.min.js")) {
      axe = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    Profile profile = profile();
    Path file = Path.of("target/pages/profile.html").toAbsolutePath();
    Files.createDirectories(file.getParent());
    profile.write(file);
    try (Browser browser = new Browser()) {
      browser.open(file);
      long rows = (long) browser.run("return document.querySelectorAll('tbody tr').length");
      assertEquals(profile.programs().get(0).calls().size(), rows);
      long points =
          (long) browser.run("return document.querySelectorAll('.chart .dot.hit').length");
      assertTrue(points > 0 && points <= rows, points + " points, " + rows + " calls");
      browser.run(axe + "; window.axe = axe;");
      for (int width : new int[] {400, 1600}) {
        for (boolean dark : new boolean[] {false, true}) {
          browser.look(width, HEIGHT, dark);
          Object found =
              browser.runAsync(
                  "const done = arguments[arguments.length - 1];"
                      + "axe.run().then(r => done(r.violations.filter(v => ['serious', 'critical']"
                      + ".includes(v.impact)).map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' '))));");
          assertEquals(List.of(), found, width + (dark ? " dark" : " light"));
          Object over = browser.run("return document.documentElement.scrollWidth - innerWidth");
          assertTrue(((Number) over).intValue() <= 0, over + " pixels wider than " + width);
          String name = "profile-" + width + (dark ? "-dark" : "-light") + ".png";
          browser.screenshot(Path.of("target/screenshots").resolve(name));
        }
      }
      assertEquals(List.of(), browser.console());
      for (String url : browser.requests()) {
        assertTrue(url.startsWith("file:") && url.endsWith(".html"), url);
      }
    }
  }
}
