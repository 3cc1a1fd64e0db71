package org.adjoint.lens.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.adjoint.lens.picture.Lettering;
import org.adjoint.lens.picture.Svg;

/**
 * A number for each row and column as a colour, with a scale of the colours beside it. Style and
 * script in a page are {@link Chart}'s. A value without a place (NaN, an infinity, zero on a scale of
 * ratios) is an empty cell with a dashed border.
 */
public final class HeatMap {
  private static final double WIDTH = 440;
  private static final double TALLEST_ROW = 26;
  private static final double PLOT = 180;
  private static final double LOWEST_ROW = 7;
  private static final double BAR = 12;
  private static final int COLUMN_LABELS = 5;
  private static final int TICKS = 4;

  private final String title;
  private final Axis x;
  private final double[] xs;
  private final List<String> rows;
  private final Axis value;
  private final double[][] values;
  private final double[] range;

  private HeatMap(
      String title,
      Axis x,
      double[] xs,
      List<String> rows,
      Axis value,
      double[][] values,
      double[] range) {
    this.title = title;
    this.x = x;
    this.xs = xs;
    this.rows = rows;
    this.value = value;
    this.values = values;
    this.range = range;
  }

  /**
   * Returns a heat map.
   *
   * @param title what stands above it
   * @param x what the columns count
   * @param xs where each column stands
   * @param rows what each row is called, from the top
   * @param value what the colours count
   * @param values for each row a value for each column
   * @throws IllegalArgumentException naming the sizes, if {@code values} does not have them
   */
  public static HeatMap of(
      String title, Axis x, double[] xs, List<String> rows, Axis value, double[][] values) {
    if (values.length != rows.size()) {
      throw new IllegalArgumentException(
          "heat map '%s': %d rows of values have %d names"
              .formatted(title, values.length, rows.size()));
    }
    for (int r = 0; r < values.length; r++) {
      if (values[r].length != xs.length) {
        throw new IllegalArgumentException(
            "heat map '%s': row %s has %d values for %d columns"
                .formatted(title, rows.get(r), values[r].length, xs.length));
      }
    }
    double[][] copy = Arrays.stream(values).map(double[]::clone).toArray(double[][]::new);
    return new HeatMap(title, x, xs.clone(), List.copyOf(rows), value, copy, new double[0]);
  }

  /**
   * Returns this heat map with colours for the values between two, so that several maps can be
   * compared; otherwise colours are for its own values.
   */
  public HeatMap between(double lowest, double highest) {
    return new HeatMap(title, x, xs, rows, value, values, new double[] {lowest, highest});
  }

  /** Returns the heat map as the text of an SVG file. */
  public String svg() {
    return drawn(Chart.style());
  }

  /** Returns the heat map as an element of a page that has Chart's style and script. */
  public String element() {
    return drawn("");
  }

  private String drawn(String style) {
    double rowHeight = Math.min(TALLEST_ROW, Math.max(LOWEST_ROW, PLOT / Math.max(1, rows.size())));
    // Rows lower than a letter have a label each few rows.
    int every = (int) Math.ceil(Lettering.SMALL / rowHeight);
    double above = 2 * Frame.MARGIN + Frame.TITLE + Frame.LINE;
    double below = 2 * Frame.LINE + Frame.MARGIN + 5;
    double height = above + Math.max(rows.size() * rowHeight, 4 * Frame.LINE) + below;
    Ticks colours = colours();
    Frame frame = new Frame(WIDTH, height);
    frame.heading("t", title);
    frame.heading("d", "colour: " + value.title());
    frame.top += Frame.MARGIN / 2;
    frame.roomBelow();
    List<String> names = rows.stream().map(Lettering::shortened).toList();
    frame.roomLeft(names);
    bar(frame, colours);
    if (xs.length == 0 || rows.isEmpty()) {
      frame.text("l", (frame.left + frame.right) / 2, frame.top + 2 * Frame.LINE, "middle", "no values");
      return frame.svg("heat", summary(), style);
    }
    double bottom = frame.top + rows.size() * rowHeight;
    for (int r = 0; r < rows.size(); r++) {
      double y = frame.top + r * rowHeight;
      if (r % every == 0) {
        frame.text("d", frame.left - 6, y + rowHeight / 2 + 4, "end", names.get(r));
      }
      for (int c = 0; c < xs.length; c++) {
        cell(frame, r, c, y, rowHeight, colours);
      }
    }
    columns(frame, bottom);
    return frame.svg("heat", summary(), style);
  }

  private void cell(Frame frame, int r, int c, double y, double height, Ticks colours) {
    double left = frame.x((double) c / xs.length);
    double right = frame.x((c + 1.0) / xs.length);
    double v = values[r][c];
    boolean shown = value.shows(v);
    String where = rows.get(r) + ", " + x.label() + " " + x.value(xs[c]);
    String what = value.label() + ": " + value.value(v);
    frame.raw(
        "<rect class=\"cell hit%s\"%s x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" data-x=\"%s\""
            + " data-y=\"%s\" data-at=\"%s %s\"><title>%s\n%s</title></rect>\n",
        shown ? "" : " none",
        shown ? " style=\"fill:" + Palette.at(colours.place(v)) + "\"" : "",
        Frame.n(left),
        Frame.n(y),
        Frame.n(right - left),
        Frame.n(height),
        Svg.escaped(where),
        Svg.escaped(what),
        Frame.n((left + right) / 2),
        Frame.n(y + height / 2),
        Svg.escaped(where),
        Svg.escaped(what));
  }

  private void columns(Frame frame, double bottom) {
    int every = Math.max(1, (xs.length + COLUMN_LABELS - 1) / COLUMN_LABELS);
    for (int c = 0; c < xs.length; c += every) {
      double middle = frame.x((c + 0.5) / xs.length);
      frame.raw(
          "<path class=\"axis\" d=\"M%s %sv5\"/>\n", Frame.n(middle), Frame.n(bottom));
      String label = Numbers.shown(xs[c]);
      double half = Lettering.small(label) / 2;
      frame.text(
          "d", Math.max(middle, frame.left + half - 6), bottom + Frame.LINE, "middle", label);
    }
    frame.text(
        "d", (frame.left + frame.right) / 2, bottom + 2 * Frame.LINE, "middle", x.title());
  }

  /** Draws the scale of colours at the right edge, and moves the end of the plot left of it. */
  private void bar(Frame frame, Ticks colours) {
    List<Ticks.Mark> named =
        colours.marks().stream().filter(mark -> !mark.label().isEmpty()).toList();
    double wide = named.stream().mapToDouble(m -> Lettering.small(m.label())).max().orElse(0);
    double at = frame.right - wide - 6 - BAR;
    double high = Math.max(frame.bottom - frame.top, 3 * Frame.LINE);
    int bands = 32;
    for (int i = 0; i < bands; i++) {
      double top = frame.top + high * (bands - 1 - i) / bands;
      frame.raw(
          "<rect style=\"fill:%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"/>\n",
          Palette.at((i + 0.5) / bands),
          Frame.n(at),
          Frame.n(top),
          Frame.n(BAR),
          Frame.n(high / bands + 0.5));
    }
    double reach = Double.POSITIVE_INFINITY;
    for (Ticks.Mark mark : named) {
      double y = frame.top + high * (1 - colours.place(mark.at()));
      if (y + Lettering.SMALL < reach) {
        frame.text("d", at + BAR + 4, y + 4, "start", mark.label());
        reach = y;
      }
    }
    frame.right = at - 12;
  }

  private Ticks colours() {
    double[] shown =
        range.length > 0
            ? range
            : Arrays.stream(values).flatMapToDouble(Arrays::stream).filter(value::shows).toArray();
    if (shown.length == 0) {
      return value.ticks(value.scale() == Axis.Scale.LOG ? 0.1 : 0, 1, TICKS);
    }
    double low = Arrays.stream(shown).min().orElseThrow();
    double high = Arrays.stream(shown).max().orElseThrow();
    return value.ticks(low, high, TICKS);
  }

  private String summary() {
    List<String> parts = new ArrayList<>();
    for (int r = 0; r < rows.size(); r++) {
      if (xs.length > 0) {
        String first = value.value(values[r][0]);
        String last = value.value(values[r][xs.length - 1]);
        parts.add(rows.get(r) + " from " + first + " to " + last);
      }
    }
    String all = parts.isEmpty() ? "no values" : String.join(", ", parts);
    return "%s: %s for each of %d rows by %s; %s."
        .formatted(title, value.title(), rows.size(), x.title(), all);
  }
}
