package org.adjoint.lens.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import org.adjoint.lens.picture.Lettering;
import org.adjoint.lens.picture.Resources;
import org.adjoint.lens.picture.Svg;

/**
 * Values against values as SVG, with axes, units and nice ticks: lines, points or steps. The same
 * values give the same text, byte for byte.
 *
 * <pre>{@code
 * Chart error = Chart.of("Error of a difference quotient", Axis.log("step size"), Axis.log("error"))
 *     .line("forward", h, forward)
 *     .line("central", h, central);
 * Files.writeString(Path.of("error.svg"), error.svg());          // alone; titles of points on hover
 * page = "<style>" + Chart.style() + "</style>" + error.element() + "<script>" + Chart.script() + "</script>";
 * }</pre>
 *
 * <p>In a page, {@link #style} stands once and {@link #script} once, behind all charts. The script
 * shows the values nearest to the pointer, and makes each chart a stop of the Tab key in which the
 * arrow keys go from point to point and the values are said to screen readers. Colours follow the
 * reader's light or dark scheme by the CSS variables {@code --chart-…}; lines differ by dashes too.
 *
 * <p>A value that has no place (NaN, an infinity, zero on an axis of ratios) breaks its line and is
 * a cross at the edge of the plot, so that it is seen.
 */
public final class Chart {
  private static final int MOST = 6;
  private static final double WIDTH = 440;
  private static final double HEIGHT = 280;
  private static final double KEY = 22;
  private static final int TICKS_ACROSS = 5;
  private static final int TICKS_UP = 5;

  /** How values are drawn. */
  private enum Kind {
    LINE,
    POINTS,
    STEPS
  }

  /**
   * Values under one name; {@code labels} are what single points are called, if they have names.
   */
  private record Series(Kind kind, String name, double[] xs, double[] ys, List<String> labels) {}

  private final String title;
  private final Axis x;
  private final Axis y;
  private final double width;
  private final double height;
  private final List<Series> all;

  private Chart(String title, Axis x, Axis y, double width, double height, List<Series> all) {
    this.title = title;
    this.x = x;
    this.y = y;
    this.width = width;
    this.height = height;
    this.all = List.copyOf(all);
  }

  /**
   * Returns a chart without values.
   *
   * @param title what stands above it
   * @param x what is counted from left to right
   * @param y what is counted upwards
   */
  public static Chart of(String title, Axis x, Axis y) {
    return new Chart(title, x, y, WIDTH, HEIGHT, List.of());
  }

  /** Returns this chart in another size, in pixels; 440 by 280 unless said. */
  public Chart size(double width, double height) {
    return new Chart(title, x, y, width, height, all);
  }

  /**
   * Returns this chart with a line through these points, in their order.
   *
   * @param name what the legend and the values call it
   * @throws IllegalArgumentException if there are not as many {@code xs} as {@code ys}, or the
   *     chart has six series
   */
  public Chart line(String name, double[] xs, double[] ys) {
    return with(new Series(Kind.LINE, name, xs.clone(), ys.clone(), List.of()), 0);
  }

  /**
   * Returns this chart with points that no line joins.
   *
   * @param name what the legend and the values call them
   * @throws IllegalArgumentException as {@link #line} does
   */
  public Chart points(String name, double[] xs, double[] ys) {
    return points(name, xs, ys, List.of());
  }

  /**
   * Returns this chart with points that no line joins, each with a name of its own.
   *
   * @param name what the legend calls them
   * @param labels by point what its values begin with; empty for no names
   * @throws IllegalArgumentException as {@link #line} does, or if there are labels for some only
   */
  public Chart points(String name, double[] xs, double[] ys, List<String> labels) {
    if (!labels.isEmpty() && labels.size() != xs.length) {
      throw new IllegalArgumentException(
          "chart '%s': %s has %d points and %d labels"
              .formatted(title, name, xs.length, labels.size()));
    }
    Series series = new Series(Kind.POINTS, name, xs.clone(), ys.clone(), List.copyOf(labels));
    return with(series, 0);
  }

  /**
   * Returns this chart with the outline of a histogram.
   *
   * @param name what the legend and the values call it
   * @param edges where each bin begins, and where the last one ends
   * @param ys the height over each bin
   * @throws IllegalArgumentException if there is not one more edge than heights, or the chart has
   *     six series
   */
  public Chart steps(String name, double[] edges, double[] ys) {
    return with(new Series(Kind.STEPS, name, edges.clone(), ys.clone(), List.of()), 1);
  }

  private Chart with(Series series, int more) {
    if (series.xs.length != series.ys.length + more) {
      throw new IllegalArgumentException(
          "chart '%s': %s has %d xs and %d ys, not %s"
              .formatted(
                  title,
                  series.name,
                  series.xs.length,
                  series.ys.length,
                  more == 0 ? "as many" : "one x more, for the edges of bins"));
    }
    if (all.size() == MOST) {
      throw new IllegalArgumentException(
          "chart '%s': %s would be series %d, and only %d can be told apart"
              .formatted(title, series.name, MOST + 1, MOST));
    }
    List<Series> longer = new ArrayList<>(all);
    longer.add(series);
    return new Chart(title, x, y, width, height, longer);
  }

  /** Returns the chart as the text of an SVG file. */
  public String svg() {
    return drawn(style());
  }

  /** Returns the chart as an element of a page that has {@link #style} and {@link #script}. */
  public String element() {
    return drawn("");
  }

  /** Returns what a page puts into a style element, once for all its charts. */
  public static String style() {
    return Resources.text(Chart.class, "chart.css").replace("{{font}}", Lettering.FONT);
  }

  /** Returns what a page puts into a script element behind its charts, once for all of them. */
  public static String script() {
    return Resources.text(Chart.class, "chart.js");
  }

  private String drawn(String style) {
    Ticks across = ticks(x, s -> s.xs, TICKS_ACROSS);
    Ticks up = ticks(y, s -> s.ys, TICKS_UP);
    Frame frame = new Frame(width, height);
    frame.heading("t", title);
    legend(frame);
    frame.heading("d", y.title());
    frame.top += Frame.MARGIN;
    frame.roomBelow();
    frame.roomLeft(up.marks().stream().map(Ticks.Mark::label).toList());
    frame.xAxis(x, across);
    frame.yAxis(up);
    boolean empty = true;
    for (int i = 0; i < all.size(); i++) {
      empty &= !draw(frame, i, across, up);
    }
    if (empty) {
      String what = all.stream().allMatch(s -> s.ys.length == 0) ? "no values" : "no finite values";
      frame.text(
          "l", (frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2, "middle", what);
    }
    return frame.svg("lines", summary(), style);
  }

  private void legend(Frame frame) {
    if (all.size() < 2) {
      return;
    }
    double at = Frame.MARGIN;
    frame.top += Frame.LINE;
    for (int i = 0; i < all.size(); i++) {
      String name = Lettering.shortened(all.get(i).name);
      double wide = KEY + Lettering.small(name) + 2 * Frame.MARGIN;
      if (at > Frame.MARGIN && at + wide > width) {
        at = Frame.MARGIN;
        frame.top += Frame.LINE;
      }
      double middle = frame.top - 8;
      String mark =
          all.get(i).kind == Kind.POINTS
              ? "<circle class=\"dot\" cx=\"%s\" cy=\"%s\" r=\"3\"/>"
                  .formatted(n(at + 9), n(middle))
              : "<path class=\"line\" d=\"M%s %sh18\"/>".formatted(n(at), n(middle));
      frame.raw("<g class=\"s%d\">%s</g>\n", i, mark);
      frame.text("d", at + KEY, frame.top - 4, "start", name);
      at += wide;
    }
  }

  private Ticks ticks(Axis axis, Function<Series, double[]> values, int about) {
    double[] shown =
        all.stream()
            .flatMapToDouble(s -> DoubleStream.of(values.apply(s)))
            .filter(axis::shows)
            .toArray();
    if (shown.length == 0) {
      return axis.ticks(axis.scale() == Axis.Scale.LOG ? 0.1 : 0, 1, about);
    }
    double low = Arrays.stream(shown).min().orElseThrow();
    double high = Arrays.stream(shown).max().orElseThrow();
    // The area below steps is what is compared, so it begins at nothing.
    boolean steps = values.apply(all.get(0)) == all.get(0).ys && all.get(0).kind == Kind.STEPS;
    return axis.ticks(
        steps && axis.scale() != Axis.Scale.LOG ? Math.min(low, 0) : low, high, about);
  }

  /** Draws one series; returns whether any of its values has a place. */
  private boolean draw(Frame frame, int index, Ticks across, Ticks up) {
    Series series = all.get(index);
    StringBuilder path = new StringBuilder();
    StringBuilder hits = new StringBuilder();
    boolean drawn = false;
    boolean joined = false;
    for (int i = 0; i < series.ys.length; i++) {
      double value = series.ys[i];
      double from = series.xs[i];
      double to = series.kind == Kind.STEPS ? series.xs[i + 1] : from;
      if (!x.shows(from) || !x.shows(to)) {
        joined = false;
        continue;
      }
      double x1 = frame.x(across.place(from));
      double x2 = frame.x(across.place(to));
      boolean shown = y.shows(value);
      boolean high = Double.isNaN(value) || value == Double.POSITIVE_INFINITY;
      double at = shown ? frame.y(up.place(value)) : high ? frame.top : frame.bottom;
      if (shown && series.kind != Kind.POINTS) {
        path.append(joined ? 'L' : 'M').append(n(x1)).append(' ').append(n(at));
        path.append(series.kind == Kind.STEPS ? "H" + n(x2) : "");
      }
      joined = shown;
      drawn |= shown;
      String where =
          series.kind == Kind.STEPS
              ? x.label() + " " + Numbers.shown(from) + " to " + x.value(to)
              : x.label() + " " + x.value(from);
      where = series.labels.isEmpty() ? where : series.labels.get(i) + ", " + where;
      boolean alone = series.kind == Kind.LINE && alone(series, i);
      boolean dot = series.kind == Kind.POINTS || alone;
      hits.append(hit(series.name, where, y.value(value), (x1 + x2) / 2, at, shown, dot));
    }
    frame.raw("<g class=\"s%d\">\n", index);
    if (path.length() > 0) {
      frame.raw("<path class=\"line\" d=\"%s\"/>\n", path);
    }
    frame.raw("%s</g>\n", hits);
    return drawn;
  }

  /** Returns whether no line leads to or from a point, so that it would not be seen. */
  private boolean alone(Series series, int i) {
    boolean before = i > 0 && shows(series, i - 1);
    boolean after = i + 1 < series.ys.length && shows(series, i + 1);
    return !before && !after;
  }

  private boolean shows(Series series, int i) {
    return x.shows(series.xs[i]) && y.shows(series.ys[i]);
  }

  private static String hit(
      String name, String where, String value, double x, double y, boolean shown, boolean dot) {
    String text = Svg.escaped(name + ": " + value);
    String title = "<title>" + Svg.escaped(where) + "\n" + text + "</title>";
    String data =
        "data-x=\"%s\" data-y=\"%s\" data-at=\"%s %s\""
            .formatted(Svg.escaped(where), text, n(x), n(y));
    if (!shown) {
      return "<path class=\"bad hit\" %s d=\"M%s %sm-4 -4l8 8m0 -8l-8 8\">%s</path>\n"
          .formatted(data, n(x), n(y), title);
    }
    return "<circle class=\"%s\" %s cx=\"%s\" cy=\"%s\" r=\"%s\">%s</circle>\n"
        .formatted(dot ? "dot hit" : "hit", data, n(x), n(y), dot ? "3" : "4", title);
  }

  private static String n(double x) {
    return Frame.n(x);
  }

  /** Returns what a screen reader says of the chart: what is drawn, and the course of each line. */
  private String summary() {
    StringBuilder text = new StringBuilder(title.isEmpty() ? y.label() : title);
    text.append(": ").append(y.title()).append(" by ").append(x.title()).append('.');
    for (Series s : all) {
      text.append(' ').append(s.name).append(": ");
      double[] finite = Arrays.stream(s.ys).filter(Double::isFinite).toArray();
      int lost = s.ys.length - finite.length;
      if (finite.length > 0) {
        text.append(
            "%d values, first %s, last %s, lowest %s, highest %s"
                .formatted(
                    s.ys.length,
                    y.value(s.ys[0]),
                    y.value(s.ys[s.ys.length - 1]),
                    y.value(Arrays.stream(finite).min().orElseThrow()),
                    y.value(Arrays.stream(finite).max().orElseThrow())));
      } else {
        text.append(s.ys.length == 0 ? "no values" : "no finite values");
      }
      text.append(lost > 0 ? ", " + lost + " not finite." : ".");
    }
    return text.toString();
  }
}
