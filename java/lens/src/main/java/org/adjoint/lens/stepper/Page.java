package org.adjoint.lens.stepper;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** One HTML file out of resources: the page, its style, its scripts, and the data they show. */
final class Page {
  private static final String[] SCRIPTS = {"evaluator.js", "drawing.js", "stepper.js"};

  private Page() {}

  /**
   * Returns the page.
   *
   * @param title what the browser's window is called
   * @param json the data
   */
  static String of(String title, String json) {
    StringBuilder scripts = new StringBuilder();
    for (String script : SCRIPTS) {
      scripts.append("<script>\n").append(resource(script)).append("</script>\n");
    }
    // "<" could end the script element that holds the data.
    return resource("stepper.html")
        .replace("{{title}}", title.replace("&", "&amp;").replace("<", "&lt;"))
        .replace("{{style}}", resource("stepper.css"))
        .replace("{{data}}", json.replace("<", "\\u003c"))
        .replace("{{scripts}}", scripts);
  }

  private static String resource(String name) {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("lens: the resource " + name + " is missing from the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
