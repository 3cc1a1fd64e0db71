package org.adjoint.benchmarks.compare;

import java.util.List;
import java.util.Locale;

/**
 * An SVG of ratios: a bar a row on a logarithmic axis, from 1 to the ratio, and a mark where it
 * should reach. Bars that fall short have the second colour.
 */
public final class Bars {
  private static final int LEFT = 150;
  private static final int WIDTH = 720;
  private static final int RIGHT = 60;
  private static final int TOP = 50;
  private static final int STEP = 20;
  private static final double LOWEST = 0.25;
  private static final double HIGHEST = 64;
  private static final String REACHED = "#1f5fa8";
  private static final String SHORT = "#c8501e";

  private Bars() {}

  /** Returns the picture of all rows that have a ratio. */
  public static String svg(List<Result> results) {
    List<Result> rows = results.stream().filter(row -> row.ratio().isPresent()).toList();
    int height = TOP + STEP * rows.size() + 20;
    StringBuilder svg = new StringBuilder();
    add(
        svg,
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' font-family='sans-serif'"
            + " font-size='12'>",
        WIDTH,
        height);
    add(svg, "<rect width='%d' height='%d' fill='#ffffff'/>", WIDTH, height);
    text(
        svg, LEFT, 18, "start", "#222222", "fastest peer's time ÷ ours; | is what it should reach");
    for (double tick = LOWEST; tick <= HIGHEST; tick *= 2) {
      String colour = tick == 1 ? "#555555" : "#dddddd";
      add(svg, "<path d='M%.1f %dV%d' stroke='%s'/>", x(tick), TOP - 8, height - 12, colour);
      text(svg, x(tick), TOP - 14, "middle", "#555555", number(tick));
    }
    for (int i = 0; i < rows.size(); i++) {
      bar(svg, rows.get(i), TOP + STEP * i);
    }
    return svg.append("</svg>\n").toString();
  }

  private static void bar(StringBuilder svg, Result row, int top) {
    double ratio = row.ratio().orElseThrow();
    String colour = row.isLost() || ratio < Table.GEMM_MEAN ? SHORT : REACHED;
    double from = Math.min(x(1), x(ratio));
    text(svg, LEFT - 8, top + 11, "end", "#222222", row.name());
    add(
        svg,
        "<rect x='%.1f' y='%d' width='%.1f' height='14' fill='%s'/>",
        from,
        top,
        Math.max(1, Math.abs(x(ratio) - x(1))),
        colour);
    text(svg, Math.max(x(1), x(ratio)) + 6, top + 11, "start", "#222222", number(ratio));
    row.required()
        .ifPresent(
            required ->
                add(
                    svg,
                    "<path d='M%.1f %dv18' stroke='#222222' stroke-width='2'/>",
                    x(required),
                    top - 2));
  }

  private static double x(double ratio) {
    double kept = Math.max(LOWEST, Math.min(HIGHEST, ratio));
    return LEFT + (WIDTH - LEFT - RIGHT) * Math.log(kept / LOWEST) / Math.log(HIGHEST / LOWEST);
  }

  private static String number(double value) {
    return String.format(
        Locale.ROOT, value < 10 && value != Math.rint(value) ? "%.2f" : "%.0f", value);
  }

  private static void text(
      StringBuilder svg, double x, double y, String anchor, String colour, String text) {
    add(
        svg,
        "<text x='%.1f' y='%.1f' text-anchor='%s' fill='%s'>%s</text>",
        x,
        y,
        anchor,
        colour,
        text);
  }

  private static void add(StringBuilder svg, String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
