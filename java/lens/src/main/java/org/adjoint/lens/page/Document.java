package org.adjoint.lens.page;

import java.util.Locale;
import org.adjoint.lens.chart.Chart;
import org.adjoint.lens.picture.Resources;
import org.adjoint.lens.picture.Svg;

/**
 * A page of text, tables and charts as one HTML file: it may ask for nothing else, by its content
 * security policy. Written from top to bottom; texts are escaped, markup is not.
 *
 * <pre>{@code
 * Document page = new Document("Title");
 * page.open("section").text("h2", "Heading").markup(chart.element()).close("section");
 * return page.html(css, javaScript);
 * }</pre>
 */
public final class Document {
  private final String title;
  private final StringBuilder body = new StringBuilder();

  /** Starts a page; the title is its first heading too. */
  public Document(String title) {
    this.title = title;
  }

  /** Writes markup as it is. */
  public Document markup(String markup) {
    body.append(markup).append('\n');
    return this;
  }

  /** Opens an element, given as its name and attributes: {@code section class="wide"}. */
  public Document open(String element) {
    body.append('<').append(element).append(">\n");
    return this;
  }

  /** Closes an element. */
  public Document close(String element) {
    body.append("</").append(element).append(">\n");
    return this;
  }

  /** Writes an element that holds a text. */
  public Document text(String element, String text) {
    String name = element.split(" ", 2)[0];
    body.append('<').append(element).append('>').append(Svg.escaped(text));
    body.append("</").append(name).append(">\n");
    return this;
  }

  /** Writes an element that holds a text made by {@link String#format}. */
  public Document format(String element, String format, Object... values) {
    return text(element, String.format(Locale.ROOT, format, values));
  }

  /**
   * Returns the file.
   *
   * @param style what the page's own style adds to that of all pages and of charts
   * @param script what runs once the page is there, behind the script of charts
   */
  public String html(String style, String script) {
    String all =
        "<header>\n<h1>" + Svg.escaped(title) + "</h1>\n</header>\n<main>\n" + body + "</main>\n";
    String styles = Resources.text(Document.class, "document.css") + Chart.style() + style;
    return Frame.html(title, styles, all, Chart.script(), script);
  }
}
