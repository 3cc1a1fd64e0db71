package org.adjoint.lens.picture;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * Where everything of a panel goes: a layered drawing by {@link Layering}, {@link Ordering} and
 * {@link Coordinates}, turned the way that the panel flows. Lines bend between layers alone, and
 * bends have room of their own beside the boxes of a layer, so no line can run through a box; a
 * caption lies in the room that its box takes, so it meets no other. Deterministic: the same panel
 * and sizes give the same numbers.
 *
 * @param width of the whole drawing, which begins at (0, 0)
 * @param height of the whole drawing
 * @param places by box of the panel where it is
 * @param lines the pieces of all edges
 * @param captions what stands beside the lines
 */
public record Layout(
    double width, double height, List<Place> places, List<Line> lines, List<Caption> captions) {
  private static final double BETWEEN_BOXES = 18;
  private static final double BETWEEN_LAYERS = 30;
  private static final double MOST_BETWEEN_LAYERS = 90;
  private static final double BEND = 10;
  private static final double STRIP = 17;
  private static final double BESIDE = 5;

  /** The room that a box takes. */
  public record Size(double width, double height) {}

  /** A rectangle. */
  public record Place(double x, double y, double width, double height) {}

  /** A point. */
  public record Point(double x, double y) {}

  /**
   * A piece of an edge: straight from the first point to the second, a curve to the third whose
   * ends point along the flow, straight to the fourth.
   *
   * @param from the box whose value the line carries
   * @param to the box that it enters, −1 if it goes on
   */
  public record Line(int from, int port, int to, Point a, Point b, Point c, Point d) {}

  /** A line of text beside a line. */
  public record Caption(String text, Place place) {}

  /** Copies the lists. */
  public Layout {
    places = List.copyOf(places);
    lines = List.copyOf(lines);
    captions = List.copyOf(captions);
  }

  /**
   * Returns the layout of a panel, with captions of the width that {@link Lettering} gives them.
   *
   * @param flow which way the layers follow each other, whatever the panel says
   * @param sizes by box how much room it takes
   * @throws IllegalArgumentException if there are not as many sizes as boxes
   */
  public static Layout of(Picture.Panel panel, Picture.Flow flow, List<Size> sizes) {
    if (sizes.size() != panel.boxes().size()) {
      throw new IllegalArgumentException(
          "layout: " + sizes.size() + " sizes for " + panel.boxes().size() + " boxes");
    }
    return new Builder(panel, flow, sizes).build();
  }

  /**
   * Works across and along the layers: for DOWN across is x and along is y; {@link #turned} makes
   * the other flows of it.
   */
  private static final class Builder {
    private final Picture.Panel panel;
    private final Picture.Flow flow;
    private final Layering layering;
    private final int[][] order;

    /** By box its size, and what captions behind it add along the flow. */
    private final double[] across;

    private final double[] along;
    private final double[] strip;

    /** By box the caption of each port. */
    private final List<TreeMap<Integer, String>> ports = new ArrayList<>();

    private double[] centre;
    private double[] bandStart;
    private double[] bandEnd;
    private double width;

    Builder(Picture.Panel panel, Picture.Flow flow, List<Size> sizes) {
      this.panel = panel;
      this.flow = flow;
      this.layering = Layering.of(panel);
      this.order = Ordering.of(layering);
      boolean right = flow == Picture.Flow.RIGHT;
      this.across = sizes.stream().mapToDouble(s -> right ? s.height() : s.width()).toArray();
      this.along = sizes.stream().mapToDouble(s -> right ? s.width() : s.height()).toArray();
      this.strip = new double[along.length];
      sizes.forEach(s -> ports.add(new TreeMap<>()));
      panel.edges().forEach(e -> ports.get(e.from()).put(e.port(), e.label()));
    }

    private double captionAcross(String text) {
      return flow == Picture.Flow.RIGHT ? Lettering.SMALL_LINE : Lettering.small(text);
    }

    /** Returns the room across that a box takes with its captions. */
    private double room(int box) {
      double captions = 0;
      for (String text : ports.get(box).values()) {
        if (!text.isEmpty()) {
          captions += captionAcross(text) + 2 * BESIDE;
        }
      }
      // The line of a single port leaves in the middle, with the caption on one side.
      double need = ports.get(box).size() == 1 ? 2 * captions : captions;
      return Math.max(across[box], need);
    }

    private void measure() {
      for (int box = 0; box < along.length; box++) {
        for (String text : ports.get(box).values()) {
          if (!text.isEmpty()) {
            double length = flow == Picture.Flow.RIGHT ? Lettering.small(text) + 2 * BESIDE : STRIP;
            strip[box] = Math.max(strip[box], length);
          }
        }
      }
      double[] size = new double[layering.size()];
      Arrays.fill(size, BEND);
      for (int box = 0; box < across.length; box++) {
        size[box] = room(box) + BETWEEN_BOXES;
      }
      centre = Coordinates.of(layering, order, size);
      for (int v = 0; v < size.length; v++) {
        width = Math.max(width, centre[v] + size[v] / 2);
      }
    }

    private void stack() {
      bandStart = new double[layering.layers];
      bandEnd = new double[layering.layers];
      double at = 0;
      for (int l = 0; l < layering.layers; l++) {
        bandStart[l] = at;
        for (int v : order[l]) {
          at = Math.max(at, bandStart[l] + (layering.isBend(v) ? 0 : along[v] + strip[v]));
        }
        bandEnd[l] = at;
        double widest = 0;
        for (Layering.Link link : layering.links) {
          if (layering.layer[link.from()] == l) {
            widest = Math.max(widest, Math.abs(centre[link.from()] - centre[link.to()]));
          }
        }
        at += Math.min(MOST_BETWEEN_LAYERS, BETWEEN_LAYERS + widest / 10);
      }
    }

    /** Returns where along the flow a box begins: in the middle of its layer. */
    private double start(int box) {
      int l = layering.layer[box];
      return bandStart[l] + (bandEnd[l] - bandStart[l] - along[box] - strip[box]) / 2;
    }

    /** Returns where across a port's line leaves its box. */
    private double leaves(int box, int port) {
      TreeMap<Integer, String> all = ports.get(box);
      if (all.size() <= 1) {
        return centre[box];
      }
      double total = 0;
      double before = 0;
      for (var entry : all.entrySet()) {
        double slot = captionAcross(entry.getValue()) + 2 * BESIDE;
        before += entry.getKey() < port ? slot : 0;
        total += slot;
      }
      return centre[box] - total / 2 + before + BESIDE;
    }

    Layout build() {
      measure();
      stack();
      double length = bandEnd.length == 0 ? 0 : bandEnd[bandEnd.length - 1];
      List<Place> places = new ArrayList<>();
      List<Caption> captions = new ArrayList<>();
      for (int box = 0; box < across.length; box++) {
        double x = centre[box] - across[box] / 2;
        places.add(turned(new Place(x, start(box), across[box], along[box]), length));
        for (var port : ports.get(box).entrySet()) {
          if (!port.getValue().isEmpty()) {
            captions.add(caption(box, port.getKey(), port.getValue(), length));
          }
        }
      }
      boolean right = flow == Picture.Flow.RIGHT;
      List<Line> lines = lines(length);
      return new Layout(right ? length : width, right ? width : length, places, lines, captions);
    }

    private Caption caption(int box, int port, String text, double length) {
      double x = leaves(box, port);
      double y = start(box) + along[box];
      if (flow == Picture.Flow.RIGHT) {
        Place beside =
            new Place(
                y + BESIDE, x - Lettering.SMALL_LINE, Lettering.small(text), Lettering.SMALL_LINE);
        return new Caption(text, beside);
      }
      double up = (STRIP - Lettering.SMALL_LINE) / 2;
      Place below = new Place(x + BESIDE, y + up, Lettering.small(text), Lettering.SMALL_LINE);
      return new Caption(text, turned(below, length));
    }

    private List<Line> lines(double length) {
      // Lines enter a box in the order in which they come, so that they do not cross before it.
      List<List<Layering.Link>> entering = new ArrayList<>();
      for (int box = 0; box < across.length; box++) {
        entering.add(new ArrayList<>());
      }
      for (Layering.Link link : layering.links) {
        if (!layering.isBend(link.to())) {
          entering.get(link.to()).add(link);
        }
      }
      Comparator<Layering.Link> byPlace = Comparator.comparingDouble(this::leavesAt);
      entering.forEach(links -> links.sort(byPlace));
      int[] source = new int[layering.size()];
      int[] sourcePort = new int[layering.size()];
      List<Line> lines = new ArrayList<>();
      for (Layering.Link link : layering.links) {
        boolean on = layering.isBend(link.from());
        int from = on ? source[link.from()] : link.from();
        int port = on ? sourcePort[link.from()] : link.port();
        int l = layering.layer[link.from()];
        double x = leavesAt(link);
        Point a = new Point(x, on ? bandStart[l] : start(from) + along[from]);
        Point b = new Point(x, bandEnd[l]);
        double to = centre[link.to()];
        double end = bandStart[l + 1];
        if (layering.isBend(link.to())) {
          source[link.to()] = from;
          sourcePort[link.to()] = port;
        } else {
          List<Layering.Link> all = entering.get(link.to());
          double step = across[link.to()] / (all.size() + 1);
          to += step * (all.indexOf(link) + 1) - across[link.to()] / 2;
          end = start(link.to());
        }
        Point c = new Point(to, bandStart[l + 1]);
        Point d = new Point(to, end);
        int target = layering.isBend(link.to()) ? -1 : link.to();
        lines.add(
            new Line(
                from,
                port,
                target,
                turned(a, length),
                turned(b, length),
                turned(c, length),
                turned(d, length)));
      }
      return lines;
    }

    private double leavesAt(Layering.Link link) {
      return layering.isBend(link.from()) ? centre[link.from()] : leaves(link.from(), link.port());
    }

    private Point turned(Point p, double length) {
      return switch (flow) {
        case DOWN -> p;
        case UP -> new Point(p.x, length - p.y);
        case RIGHT -> new Point(p.y, p.x);
      };
    }

    private Place turned(Place p, double length) {
      return switch (flow) {
        case DOWN -> p;
        case UP -> new Place(p.x, length - p.y - p.height, p.width, p.height);
        case RIGHT -> new Place(p.y, p.x, p.height, p.width);
      };
    }
  }
}
