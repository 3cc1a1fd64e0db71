package org.adjoint.lens.chart;

import java.util.List;
import java.util.Locale;
import org.adjoint.lens.picture.Lettering;
import org.adjoint.lens.picture.Svg;

/**
 * What charts have in common while they are written: the SVG element, the heading, the axes. The
 * place of the plot follows from what stands around it, so no label is cut.
 */
final class Frame {
  static final double MARGIN = 8;
  static final double LINE = 16;
  static final double TITLE = 20;
  private static final double TICK = 5;
  private static final double GAP = 4;

  private final StringBuilder out = new StringBuilder();
  private final double width;
  private final double height;

  double left = MARGIN;
  double right;
  double top = MARGIN;
  double bottom;

  Frame(double width, double height) {
    this.width = width;
    this.height = height;
    right = width - MARGIN;
    bottom = height - MARGIN;
  }

  /** Writes one more line of a heading, and moves the plot down. */
  void heading(String style, String text) {
    if (!text.isEmpty()) {
      top += style.equals("t") ? TITLE : LINE;
      text(style, MARGIN, top - GAP, "start", text);
    }
  }

  /** Writes the text of an x axis and its ticks, and moves the end of the plot up. */
  void roomBelow() {
    bottom -= 2 * LINE + TICK;
  }

  /** Moves the beginning of the plot so that labels have room left of it. */
  void roomLeft(List<String> labels) {
    left += labels.stream().mapToDouble(Lettering::small).max().orElse(0) + TICK + GAP;
  }

  /** Writes the x axis below the plot: its line, its title, and ticks with grid lines. */
  void xAxis(Axis axis, Ticks ticks) {
    double reach = Double.NEGATIVE_INFINITY;
    for (Ticks.Mark mark : ticks.marks()) {
      double x = x(ticks.place(mark.at()));
      grid(mark, x, top, x, bottom + TICK);
      double half = Lettering.small(mark.label()) / 2;
      double at = Math.min(Math.max(x, MARGIN + half), width - MARGIN / 2 - half);
      if (!mark.label().isEmpty() && at - half > reach) {
        text("d", at, bottom + LINE, "middle", mark.label());
        reach = at + half + GAP;
      }
    }
    xTitle(axis.title());
    out.append("<path class=\"axis\" d=\"M%s %sH%s\"/>\n".formatted(n(left), n(bottom), n(right)));
  }

  void xTitle(String title) {
    text("d", (left + right) / 2, bottom + 2 * LINE, "middle", title);
  }

  /** Writes the y axis left of the plot: its line, and ticks with grid lines. */
  void yAxis(Ticks ticks) {
    double reach = Double.POSITIVE_INFINITY;
    for (Ticks.Mark mark : ticks.marks()) {
      double y = y(ticks.place(mark.at()));
      grid(mark, left - TICK, y, right, y);
      if (!mark.label().isEmpty() && y + Lettering.SMALL < reach) {
        text("d", left - TICK - GAP, y + GAP, "end", mark.label());
        reach = y;
      }
    }
    out.append("<path class=\"axis\" d=\"M%s %sV%s\"/>\n".formatted(n(left), n(top), n(bottom)));
  }

  private void grid(Ticks.Mark mark, double x1, double y1, double x2, double y2) {
    String style = mark.label().isEmpty() ? "minor" : "grid";
    out.append(
        "<path class=\"%s\" d=\"M%s %sL%s %s\"/>\n".formatted(style, n(x1), n(y1), n(x2), n(y2)));
  }

  /** Returns the x of a place in the plot, 0 at its left edge and 1 at its right. */
  double x(double place) {
    return left + place * (right - left);
  }

  /** Returns the y of a place in the plot, 0 at its lower edge and 1 at its upper. */
  double y(double place) {
    return bottom - place * (bottom - top);
  }

  void text(String style, double x, double y, String anchor, String text) {
    out.append("<text class=\"%s\" x=\"%s\" y=\"%s\"".formatted(style, n(x), n(y)));
    out.append(anchor.equals("start") ? "" : " text-anchor=\"" + anchor + "\"");
    out.append('>').append(Svg.escaped(text)).append("</text>\n");
  }

  void raw(String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values));
  }

  static String n(double x) {
    return Svg.number(x);
  }

  /**
   * Returns the SVG element.
   *
   * @param kind its second class, by which the script of pages knows what it is
   * @param label what a screen reader says
   * @param style the text of a style element, empty if the page has it
   */
  String svg(String kind, String label, String style) {
    String head =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart %s\" role=\"img\" aria-label=\"%s\""
            + " width=\"%s\" height=\"%s\" viewBox=\"0 0 %s %s\">\n";
    return head.formatted(
            kind, Svg.escaped(label), n(width), n(height), n(width), n(height))
        + (style.isEmpty() ? "" : "<style>\n" + style + "</style>\n")
        + out
        + "</svg>\n";
  }
}
