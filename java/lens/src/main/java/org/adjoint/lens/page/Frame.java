package org.adjoint.lens.page;

import java.util.regex.Pattern;
import org.adjoint.lens.picture.Resources;
import org.adjoint.lens.picture.Svg;

/**
 * What all pages have around their content: one file, whose policy lets it ask for nothing else.
 */
public final class Frame {
  private static final Pattern PLACE = Pattern.compile("\\{\\{\\w+}}");

  private Frame() {}

  /**
   * Returns a page.
   *
   * @param title what the browser's window is called
   * @param style CSS
   * @param body what stands in the body, as markup
   * @param scripts JavaScript that runs in order once the body is there
   */
  public static String html(String title, String style, String body, String... scripts) {
    StringBuilder elements = new StringBuilder();
    for (String script : scripts) {
      elements.append("<script>\n").append(script).append("</script>\n");
    }
    // Taken apart, not replaced in: no text of the page is taken for a place to fill.
    String[] around = PLACE.split(Resources.text(Frame.class, "frame.html"));
    String[] filling = {Svg.escaped(title), style, body, elements.toString()};
    StringBuilder page = new StringBuilder(around[0]);
    for (int i = 0; i < filling.length; i++) {
      page.append(filling[i]).append(around[i + 1]);
    }
    return page.toString();
  }
}
