package org.adjoint.lens.report;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.adjoint.lens.picture.Svg;
import org.adjoint.nn.train.History;

/** A part of the page while it is written: a heading, what to look for, and charts side by side. */
final class Section {
  private final StringBuilder out = new StringBuilder();

  /**
   * Begins a section.
   *
   * @param id where links lead
   * @param title the heading
   * @param text what a reader should look for
   */
  Section(String id, String title, String text) {
    out.append("<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">".formatted(id, id));
    out.append(Svg.escaped(title)).append("</h2>\n");
    say(text);
  }

  /** Adds a paragraph. */
  Section say(String text) {
    if (!text.isEmpty()) {
      out.append("<p>").append(Svg.escaped(text)).append("</p>\n");
    }
    return this;
  }

  /** Adds elements side by side, as far as the page is wide enough. */
  Section row(List<String> elements) {
    if (!elements.isEmpty()) {
      out.append("<div class=\"row\">\n");
      elements.forEach(e -> out.append("<div class=\"card\">").append(e).append("</div>\n"));
      out.append("</div>\n");
    }
    return this;
  }

  /** Adds markup as it is. */
  Section raw(String markup) {
    out.append(markup);
    return this;
  }

  /** Returns the whole. */
  @Override
  public String toString() {
    return out + "</section>\n";
  }

  /** Returns what a legend calls a line of a run: with one run, its name says nothing. */
  static String named(List<History> runs, History run, String line) {
    if (runs.size() == 1) {
      return line;
    }
    return line.isEmpty() ? run.name() : run.name() + " " + line;
  }

  static double[] steps(History run, ToDoubleFunction<History.Step> value) {
    return run.steps().stream().mapToDouble(value).toArray();
  }

  static double[] epochs(History run, ToDoubleFunction<History.Epoch> value) {
    return run.epochs().stream().mapToDouble(value).toArray();
  }
}
