package org.adjoint.lens.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.adjoint.lens.chart.Contours.Point;
import org.adjoint.lens.picture.Resources;
import org.adjoint.lens.picture.Svg;

/**
 * Heights over a plane as colours with lines of equal height, a scale of the colours, and a path
 * through the plane. Style and script in a page are {@link Chart#style} with {@link #style}, and
 * {@link Chart#script}. Where a height has no place (NaN, an infinity) the plane is grey.
 */
public final class ContourMap {
  private static final double WIDTH = 540;
  private static final double HEIGHT = 440;
  private static final int AXIS_TICKS = 6;
  private static final int LEVELS = 12;
  private static final int GREY = 0x9aa3af;
  private static final int HEX = 16;

  /** So many heights an axis has that can be pointed at. */
  private static final int MOST_HITS = 21;

  private final String title;
  private final Axis x;
  private final Axis y;
  private final Axis height;
  private final double[] xs;
  private final double[] ys;
  private final double[][] heights;
  private final double[][] path;

  private ContourMap(
      String title,
      Axis x,
      Axis y,
      Axis height,
      double[] xs,
      double[] ys,
      double[][] heights,
      double[][] path) {
    this.title = title;
    this.x = x;
    this.y = y;
    this.height = height;
    this.xs = xs;
    this.ys = ys;
    this.heights = heights;
    this.path = path;
  }

  /**
   * Returns a map without a path.
   *
   * @param title what stands above it
   * @param x what is counted from left to right, without a scale of ratios
   * @param y what is counted upwards, likewise
   * @param height what the colours count
   * @param xs where the columns stand, ascending at equal distances; two or more
   * @param ys where the rows stand, likewise; the first is the lowest
   * @param heights for each row a height for each column
   * @throws IllegalArgumentException naming the sizes, if {@code heights} does not have them or
   *     there are fewer than two columns or rows
   */
  public static ContourMap of(
      String title, Axis x, Axis y, Axis height, double[] xs, double[] ys, double[][] heights) {
    boolean fits = heights.length == ys.length && xs.length > 1 && ys.length > 1;
    for (int row = 0; fits && row < heights.length; row++) {
      fits = heights[row].length == xs.length;
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "contour map '%s': needs %d rows of %d heights, at least 2 of 2, got rows of %s"
              .formatted(
                  title,
                  ys.length,
                  xs.length,
                  Arrays.stream(heights).map(row -> row.length).distinct().toList()));
    }
    double[][] copy = Arrays.stream(heights).map(double[]::clone).toArray(double[][]::new);
    return new ContourMap(title, x, y, height, xs.clone(), ys.clone(), copy, new double[2][0]);
  }

  /**
   * Returns this map with a path. In the element, what leads to point i has the attribute {@code
   * data-place="i"}; the first point is a ring, the last a square.
   *
   * @throws IllegalArgumentException if there are not as many {@code xs} as {@code ys}
   */
  public ContourMap path(double[] xs, double[] ys) {
    if (xs.length != ys.length) {
      throw new IllegalArgumentException(
          "contour map '%s': a path with %d xs and %d ys".formatted(title, xs.length, ys.length));
    }
    double[][] points = {xs.clone(), ys.clone()};
    return new ContourMap(title, x, y, height, this.xs, this.ys, heights, points);
  }

  /** Returns the map as the text of an SVG file. */
  public String svg() {
    return drawn(Chart.style() + style());
  }

  /** Returns the map as an element of a page that has the styles and Chart's script. */
  public String element() {
    return drawn("");
  }

  /** Returns what a page puts into a style element behind {@link Chart#style}, once. */
  public static String style() {
    return Resources.text(ContourMap.class, "contours.css");
  }

  private String drawn(String style) {
    Frame frame = new Frame(WIDTH, HEIGHT);
    Ticks across = within(x, xs);
    Ticks up = within(y, ys);
    Ticks colours = colours();
    frame.heading("t", title);
    frame.heading("d", y.title() + " upwards; colour: " + height.title());
    frame.top += Frame.MARGIN / 2;
    frame.roomBelow();
    frame.roomLeft(up.marks().stream().map(Ticks.Mark::label).toList());
    HeatMap.bar(frame, colours);
    frame.xAxis(x, across); // below the image, which hides the grid lines
    frame.yAxis(up);
    image(frame, colours);
    lines(frame, colours);
    hits(frame);
    path(frame, across, up);
    return frame.svg("heat", summary(), style);
  }

  /** Returns ticks of an axis that begins and ends with the grid. */
  private static Ticks within(Axis axis, double[] at) {
    double from = at[0];
    double to = at[at.length - 1];
    List<Ticks.Mark> marks =
        axis.ticks(from, to, AXIS_TICKS).marks().stream()
            .filter(mark -> mark.at() >= from && mark.at() <= to)
            .toList();
    return new Ticks(from, to, marks, false);
  }

  private Ticks colours() {
    double[] shown =
        Arrays.stream(heights).flatMapToDouble(Arrays::stream).filter(height::shows).toArray();
    if (shown.length == 0) {
      return height.ticks(0.1, 1, LEVELS);
    }
    double low = Arrays.stream(shown).min().orElseThrow();
    double high = Arrays.stream(shown).max().orElseThrow();
    return height.ticks(low, high, LEVELS);
  }

  /** The middle of a pixel is the place of its grid point, so half of the outermost is cut off. */
  private void image(Frame frame, Ticks colours) {
    frame.raw(
        "<svg x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" viewBox=\"0 0 %d %d\""
            + " preserveAspectRatio=\"none\"><image x=\"-0.5\" y=\"-0.5\" width=\"%d\""
            + " height=\"%d\" preserveAspectRatio=\"none\" href=\"%s\"/></svg>\n",
        Frame.n(frame.left),
        Frame.n(frame.top),
        Frame.n(frame.right - frame.left),
        Frame.n(frame.bottom - frame.top),
        xs.length - 1,
        ys.length - 1,
        xs.length,
        ys.length,
        Png.url(pixels(colours)));
  }

  private int[][] pixels(Ticks colours) {
    int[][] pixels = new int[ys.length][xs.length];
    for (int row = 0; row < ys.length; row++) {
      for (int column = 0; column < xs.length; column++) {
        double value = heights[ys.length - 1 - row][column];
        pixels[row][column] =
            height.shows(value)
                ? Integer.parseInt(Palette.at(colours.place(value)).substring(1), HEX)
                : GREY;
      }
    }
    return pixels;
  }

  private void lines(Frame frame, Ticks colours) {
    for (Ticks.Mark mark : colours.marks()) {
      StringBuilder path = new StringBuilder();
      for (List<Point> line : Contours.of(heights, mark.at())) {
        for (int i = 0; i < line.size(); i++) {
          path.append(i == 0 ? 'M' : 'L')
              .append(Frame.n(frame.x(line.get(i).x() / (xs.length - 1))))
              .append(' ')
              .append(Frame.n(frame.y(line.get(i).y() / (ys.length - 1))));
        }
      }
      if (path.length() > 0) {
        String shade = colours.place(mark.at()) < 0.5 ? "low" : "high";
        frame.raw(
            "<path class=\"contour %s%s\" d=\"%s\"/>\n",
            shade, mark.label().isEmpty() ? " between" : "", path);
      }
    }
  }

  private void hits(Frame frame) {
    int right = (xs.length + MOST_HITS - 1) / MOST_HITS;
    int down = (ys.length + MOST_HITS - 1) / MOST_HITS;
    for (int row = ys.length - 1; row >= 0; row -= down) {
      for (int column = 0; column < xs.length; column += right) {
        String where =
            "%s %s, %s %s".formatted(x.label(), x.value(xs[column]), y.label(), y.value(ys[row]));
        String what = height.label() + ": " + height.value(heights[row][column]);
        String at =
            "%s %s"
                .formatted(
                    Frame.n(frame.x(column / (xs.length - 1.0))),
                    Frame.n(frame.y(row / (ys.length - 1.0))));
        frame.raw(
            "<circle class=\"hit\" data-x=\"%s\" data-y=\"%s\" data-at=\"%s\" cx=\"%s\" cy=\"%s\""
                + " r=\"4\"/>\n",
            Svg.escaped(where),
            Svg.escaped(what),
            at,
            at.substring(0, at.indexOf(' ')),
            at.substring(at.indexOf(' ') + 1));
      }
    }
  }

  private void path(Frame frame, Ticks across, Ticks up) {
    double[] px = Arrays.stream(path[0]).map(v -> frame.x(across.place(v))).toArray();
    double[] py = Arrays.stream(path[1]).map(v -> frame.y(up.place(v))).toArray();
    for (String layer : List.of("under", "over")) {
      for (int i = 1; i < px.length; i++) {
        frame.raw(
            "<path class=\"way %s\" data-place=\"%d\" d=\"M%s %sL%s %s\"/>\n",
            layer, i, Frame.n(px[i - 1]), Frame.n(py[i - 1]), Frame.n(px[i]), Frame.n(py[i]));
      }
    }
    for (int i = 1; i + 1 < px.length; i++) {
      frame.raw(
          "<circle class=\"stop\" data-place=\"%d\" cx=\"%s\" cy=\"%s\" r=\"2.2\"/>\n",
          i, Frame.n(px[i]), Frame.n(py[i]));
    }
    if (px.length > 0) {
      int last = px.length - 1;
      frame.raw(
          "<circle class=\"end\" data-place=\"0\" cx=\"%s\" cy=\"%s\" r=\"6\"/>\n",
          Frame.n(px[0]), Frame.n(py[0]));
      frame.raw(
          "<rect class=\"end\" data-place=\"%d\" x=\"%s\" y=\"%s\" width=\"11\" height=\"11\"/>\n",
          last, Frame.n(px[last] - 5.5), Frame.n(py[last] - 5.5));
    }
  }

  private String summary() {
    double[] shown =
        Arrays.stream(heights).flatMapToDouble(Arrays::stream).filter(height::shows).toArray();
    List<String> parts = new ArrayList<>();
    parts.add("%s: %s by %s and %s".formatted(title, height.title(), x.title(), y.title()));
    if (shown.length > 0) {
      parts.add("lowest " + height.value(Arrays.stream(shown).min().orElseThrow()));
      parts.add("highest " + height.value(Arrays.stream(shown).max().orElseThrow()));
    }
    Stream<String> way =
        path[0].length > 0 ? Stream.of("a path of " + path[0].length + " points") : Stream.of();
    return String.join(", ", Stream.concat(parts.stream(), way).toList()) + ".";
  }
}
