package org.adjoint.benchmarks.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * An SVG of step time against one size, both logarithmic: a line a library, its name at its end. It
 * has no style of its own beyond five colours, and no script.
 */
public final class Plot {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 440;
  private static final int LEFT = 70;
  private static final int RIGHT = 130;
  private static final int TOP = 40;
  private static final int BOTTOM = 50;
  private static final int LINE = 14;
  private static final List<String> COLOURS =
      List.of("#1f5fa8", "#7fb0e0", "#c8501e", "#4a7a30", "#9cc088");

  private final StringBuilder svg = new StringBuilder();
  private final List<Integer> sizes;
  private final List<Double> labels = new ArrayList<>();
  private final double lowest;
  private final double highest;

  private Plot(List<Integer> sizes, Map<String, Map<Integer, Double>> lines) {
    this.sizes = sizes;
    List<Double> all = lines.values().stream().flatMap(line -> line.values().stream()).toList();
    this.lowest = Math.floor(Math.log10(all.stream().min(Double::compare).orElse(1.0)));
    this.highest =
        Math.max(lowest + 1, Math.ceil(Math.log10(all.stream().max(Double::compare).orElse(10.0))));
  }

  /**
   * Returns the picture.
   *
   * @param title what stands above it
   * @param axis what the sizes are
   * @param sizes the places on the horizontal axis: powers of two
   * @param lines for each library its times in µs by size; sizes may be missing
   */
  public static String svg(
      String title, String axis, List<Integer> sizes, Map<String, Map<Integer, Double>> lines) {
    Plot plot = new Plot(sizes, lines);
    plot.frame(title, axis);
    int index = 0;
    for (Map.Entry<String, Map<Integer, Double>> line : lines.entrySet()) {
      plot.line(line.getKey(), line.getValue(), COLOURS.get(index++ % COLOURS.size()));
    }
    return plot.svg.append("</svg>\n").toString();
  }

  private double x(double size) {
    double first = Math.log(sizes.get(0));
    double last = Math.log(sizes.get(sizes.size() - 1));
    return LEFT + (WIDTH - LEFT - RIGHT) * (Math.log(size) - first) / (last - first);
  }

  private double y(double micros) {
    return HEIGHT
        - BOTTOM
        - (HEIGHT - TOP - BOTTOM) * (Math.log10(micros) - lowest) / (highest - lowest);
  }

  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private void text(double x, double y, String anchor, String colour, String text) {
    add("<text x='%.1f' y='%.1f' text-anchor='%s' fill='%s'>%s</text>", x, y, anchor, colour, text);
  }

  private void frame(String title, String axis) {
    add(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' font-family='sans-serif'"
            + " font-size='12'>",
        WIDTH, HEIGHT);
    add("<rect width='%d' height='%d' fill='#ffffff'/>", WIDTH, HEIGHT);
    text(LEFT, 22, "start", "#222222", title);
    for (int exponent = (int) lowest; exponent <= highest; exponent++) {
      double at = y(Math.pow(10, exponent));
      add("<path d='M%d %.1fH%d' stroke='#dddddd' fill='none'/>", LEFT, at, WIDTH - RIGHT);
      text(LEFT - 8, at + 4, "end", "#555555", micros(exponent));
    }
    for (int size : sizes) {
      double at = x(size);
      add("<path d='M%.1f %dV%d' stroke='#eeeeee' fill='none'/>", at, TOP, HEIGHT - BOTTOM);
      text(at, HEIGHT - BOTTOM + 18, "middle", "#555555", String.valueOf(size));
    }
    text((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 10, "middle", "#222222", axis);
  }

  private static String micros(int exponent) {
    String[] units = {"µs", "ms", "s"};
    int unit = Math.min(units.length - 1, Math.max(0, Math.floorDiv(exponent, 3)));
    return String.format(Locale.ROOT, "%.4g", Math.pow(10, exponent - 3 * unit))
            .replaceAll("\\.?0+$", "")
        + " "
        + units[unit];
  }

  private void line(String name, Map<Integer, Double> times, String colour) {
    StringBuilder path = new StringBuilder();
    double x = 0;
    double y = 0;
    for (int size : sizes) {
      if (times.containsKey(size)) {
        x = x(size);
        y = y(times.get(size));
        path.append(String.format(Locale.ROOT, "%s%.1f %.1f", path.isEmpty() ? "M" : "L", x, y));
        add("<circle cx='%.1f' cy='%.1f' r='3' fill='%s'/>", x, y, colour);
      }
    }
    if (!path.isEmpty()) {
      add("<path d='%s' stroke='%s' stroke-width='2' fill='none'/>", path, colour);
      text(x + 8, free(y + 4), "start", colour, name);
    }
  }

  /** Returns the first height from y downwards where a label meets no other. */
  private double free(double y) {
    double height = y;
    for (int i = 0; i < labels.size(); i++) {
      double label = labels.get(i);
      if (Math.abs(label - height) < LINE) {
        height = label + LINE;
        i = -1;
      }
    }
    labels.add(height);
    return height;
  }
}
