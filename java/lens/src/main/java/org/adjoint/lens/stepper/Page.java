package org.adjoint.lens.stepper;

import java.util.stream.Stream;
import org.adjoint.lens.page.Frame;
import org.adjoint.lens.picture.Resources;

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
    // "<" could end the script element that holds the data.
    String data = json.replace("<", "\\u003c");
    String body =
        resource("stepper.html")
            + "<script id=\"data\" type=\"application/json\">"
            + data
            + "</script>\n";
    String[] scripts = Stream.of(SCRIPTS).map(Page::resource).toArray(String[]::new);
    return Frame.html(title, resource("stepper.css"), body, scripts);
  }

  private static String resource(String name) {
    return Resources.text(Page.class, name);
  }
}
