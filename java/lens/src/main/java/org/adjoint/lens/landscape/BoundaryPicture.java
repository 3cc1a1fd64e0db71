package org.adjoint.lens.landscape;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.adjoint.lens.chart.Png;

/**
 * The plane as a classifier sees it, as SVG: an image for each frame, of which one is shown, and
 * the points that are learnt, each class with a shape of its own.
 */
final class BoundaryPicture {
  private static final double SIZE = 460;
  private static final double MARK = 4.5;
  private static final int WHITE = 0xffffff;

  /** Blue, orange, green, pink, ochre and grey, as charts have them; told apart by shapes too. */
  private static final int[] COLOURS = {0x5aa9e0, 0xf29a52, 0x4fbf98, 0xd98abb, 0xc9ae3d, 0x98a3b3};

  /** The same, darker: marks are seen on their own colour. */
  private static final int[] MARKS = {0x0b4f86, 0x9c3f00, 0x005c44, 0x7d2458, 0x5c4a00, 0x39424f};

  private final Frames frames;
  private final StringBuilder out = new StringBuilder();

  private BoundaryPicture(Frames frames) {
    this.frames = frames;
  }

  static String of(Frames frames) {
    return new BoundaryPicture(frames).drawn();
  }

  private String drawn() {
    write(
        "<svg id=\"plane\" role=\"img\" aria-label=\"The plane, coloured by class, with %d points\""
            + " width=\"%2$s\" height=\"%2$s\" viewBox=\"0 0 %2$s %2$s\">\n",
        frames.labels().length, number(SIZE));
    int last = frames.frames().size() - 1;
    for (int i = 0; i <= last; i++) {
      Frames.Frame frame = frames.frames().get(i);
      write(
          "<image class=\"frame%s\" data-place=\"%d\" data-wrong=\"%s\" width=\"%4$s\""
              + " height=\"%4$s\" preserveAspectRatio=\"none\" href=\"%5$s\"/>\n",
          i == last ? "" : " later", i, wrong(frame), number(SIZE), Png.url(pixels(frame)));
    }
    for (int i = 0; i < frames.labels().length; i++) {
      mark(i);
    }
    write("</svg>\n");
    return out.toString();
  }

  /** Returns the numbers of the points that are taken for another class. */
  private String wrong(Frames.Frame frame) {
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < frames.labels().length; i++) {
      if (frame.found()[i] != frames.labels()[i]) {
        wrong.add(Integer.toString(i));
      }
    }
    return String.join(" ", wrong);
  }

  private int[][] pixels(Frames.Frame frame) {
    int rows = frame.probabilities().length;
    int[][] pixels = new int[rows][];
    for (int row = 0; row < rows; row++) {
      double[][] from = frame.probabilities()[rows - 1 - row];
      pixels[row] = new int[from.length];
      for (int column = 0; column < from.length; column++) {
        pixels[row][column] = colour(from[column]);
      }
    }
    return pixels;
  }

  /** From white, where all classes are alike, to the colour of a class that is certain. */
  private static int colour(double[] probabilities) {
    int best = 0;
    for (int k = 1; k < probabilities.length; k++) {
      best = probabilities[k] > probabilities[best] ? k : best;
    }
    double even = 1.0 / probabilities.length;
    double sure = Math.max(0, (probabilities[best] - even) / (1 - even));
    int mixed = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int from = WHITE >> shift & 0xff;
      int to = COLOURS[best % COLOURS.length] >> shift & 0xff;
      mixed |= (int) Math.round(from + sure * (to - from)) << shift;
    }
    return mixed;
  }

  private void mark(int i) {
    double x = place(frames.points()[i][0], frames.x());
    double y = SIZE - place(frames.points()[i][1], frames.y());
    int label = frames.labels()[i];
    String shape =
        switch (label % 3) {
          case 0 -> "m-%1$s 0a%1$s %1$s 0 1 0 %2$s 0a%1$s %1$s 0 1 0 -%2$s 0z";
          case 1 -> "m0 -%1$sl%1$s %2$sh-%2$sz";
          default -> "m-%1$s -%1$sh%2$sv%2$sh-%2$sz";
        };
    write(
        "<path class=\"mark\" data-point=\"%d\" fill=\"#%06x\" d=\"M%s %s%s\"/>\n",
        i,
        MARKS[label % MARKS.length],
        number(x),
        number(y),
        String.format(Locale.ROOT, shape, number(MARK), number(2 * MARK)));
  }

  /** A pixel's middle is its grid point's place. */
  private static double place(double at, double[] grid) {
    int last = grid.length - 1;
    double step = (at - grid[0]) / (grid[last] - grid[0]) * last;
    return (step + 0.5) / grid.length * SIZE;
  }

  private static String number(double x) {
    return String.format(Locale.ROOT, "%.1f", x);
  }

  private void write(String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values));
  }
}
