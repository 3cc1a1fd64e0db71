package org.adjoint.lens.picture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.adjoint.lens.picture.Layout.Line;
import org.adjoint.lens.picture.Layout.Place;
import org.adjoint.lens.picture.Layout.Point;
import org.adjoint.lens.picture.Picture.Box;
import org.adjoint.lens.picture.Picture.Edge;
import org.adjoint.lens.picture.Picture.Flow;
import org.adjoint.lens.picture.Picture.Kind;
import org.adjoint.lens.picture.Picture.Panel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a reader can count on in any drawing: nothing overlaps, nothing is cut, nothing is run
 * through.
 */
class LayoutTest {
  private static final double HAIR = 1e-6;
  private static final int MOST_CROSSINGS = 44;
  private static final int MOST_WIDTH = 5500;

  /** Returns a graph with long edges, fans, several ports and boxes of many widths. */
  private static Panel random(int n, Flow flow) {
    Random random = new Random(n);
    List<Box> boxes = new ArrayList<>();
    Set<Edge> edges = new HashSet<>();
    List<Edge> ordered = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      String label = "op" + "x".repeat(random.nextInt(12));
      boxes.add(new Box("#" + i, label, i % 3 == 0 ? "" : "#" + i, "", Kind.OP, ""));
      for (int k = 0; i > 0 && k < 1 + random.nextInt(3); k++) {
        boolean far = random.nextInt(6) == 0;
        int from = far ? random.nextInt(i) : Math.max(0, i - 1 - random.nextInt(6));
        int port = random.nextInt(8) == 0 ? 1 : 0;
        Edge edge = new Edge(from, port, i, port == 0 ? "F32[64, " + from + "]" : "I32[7]");
        if (edges.add(edge)) {
          ordered.add(edge);
        }
      }
    }
    return new Panel("random", "", flow, boxes, ordered);
  }

  private static Layout layout(Panel panel) {
    return Layout.of(panel, panel.flow(), panel.boxes().stream().map(Svg::size).toList());
  }

  private static boolean overlap(Place a, Place b) {
    return a.x() + HAIR < b.x() + b.width()
        && b.x() + HAIR < a.x() + a.width()
        && a.y() + HAIR < b.y() + b.height()
        && b.y() + HAIR < a.y() + a.height();
  }

  private static boolean inside(Point p, Place box) {
    return p.x() > box.x() + HAIR
        && p.x() < box.x() + box.width() - HAIR
        && p.y() > box.y() + HAIR
        && p.y() < box.y() + box.height() - HAIR;
  }

  /** Returns points along a line, close to each other. */
  private static List<Point> along(Line line, Flow flow) {
    List<Point> points = new ArrayList<>();
    boolean right = flow == Flow.RIGHT;
    double half = right ? (line.b().x() + line.c().x()) / 2 : (line.b().y() + line.c().y()) / 2;
    Point near = right ? new Point(half, line.b().y()) : new Point(line.b().x(), half);
    Point far = right ? new Point(half, line.c().y()) : new Point(line.c().x(), half);
    for (double t = 0; t <= 1; t += 1.0 / 8) {
      points.add(between(line.a(), line.b(), t));
      points.add(between(line.c(), line.d(), t));
      double s = 1 - t;
      double x = s * s * s * line.b().x() + 3 * s * s * t * near.x();
      double y = s * s * s * line.b().y() + 3 * s * s * t * near.y();
      x += 3 * s * t * t * far.x() + t * t * t * line.c().x();
      y += 3 * s * t * t * far.y() + t * t * t * line.c().y();
      points.add(new Point(x, y));
    }
    return points;
  }

  private static Point between(Point a, Point b, double t) {
    return new Point(a.x() + t * (b.x() - a.x()), a.y() + t * (b.y() - a.y()));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 50, 300})
  void nothingOverlaps(int n) {
    for (Flow flow : n < 300 ? Flow.values() : new Flow[] {Flow.DOWN}) {
      Layout layout = layout(random(n, flow));
      List<Place> all = new ArrayList<>(layout.places());
      layout.captions().forEach(caption -> all.add(caption.place()));
      for (int i = 0; i < all.size(); i++) {
        Place a = all.get(i);
        assertTrue(
            a.x() >= -HAIR
                && a.y() >= -HAIR
                && a.x() + a.width() <= layout.width() + HAIR
                && a.y() + a.height() <= layout.height() + HAIR,
            () -> flow + ": " + a + " leaves the drawing");
        for (Place b : all.subList(0, i)) {
          assertFalse(overlap(a, b), () -> flow + ": " + a + " meets " + b);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 50, 300})
  void noLineRunsThroughABox(int n) {
    for (Flow flow : n < 300 ? Flow.values() : new Flow[] {Flow.DOWN}) {
      Layout layout = layout(random(n, flow));
      for (Line line : layout.lines()) {
        List<Point> points = along(line, flow);
        for (Place box : layout.places()) {
          if (overlap(around(line), box)) {
            for (Point p : points) {
              assertFalse(inside(p, box), () -> flow + ": " + line + " runs through " + box);
            }
          }
        }
      }
    }
  }

  /** Returns the rectangle that a line does not leave. */
  private static Place around(Line line) {
    double left = Math.min(line.a().x(), line.d().x());
    double top = Math.min(line.a().y(), line.d().y());
    double width = Math.abs(line.a().x() - line.d().x());
    return new Place(left - 1, top - 1, width + 2, Math.abs(line.a().y() - line.d().y()) + 2);
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 50, 300})
  void everyEdgeIsDrawnFromItsBoxToItsReader(int n) {
    Panel panel = random(n, Flow.DOWN);
    Layout layout = layout(panel);
    Set<List<Integer>> drawn = new HashSet<>();
    for (Line line : layout.lines()) {
      if (line.to() >= 0) {
        drawn.add(List.of(line.from(), line.port(), line.to()));
        Place to = layout.places().get(line.to());
        assertEquals(to.y(), line.d().y(), HAIR);
        assertTrue(line.d().x() > to.x() && line.d().x() < to.x() + to.width());
      }
    }
    Set<List<Integer>> asked = new HashSet<>();
    panel.edges().forEach(e -> asked.add(List.of(e.from(), e.port(), e.to())));
    assertEquals(asked, drawn);
  }

  @Test
  void labelsFitIntoTheirBoxes() {
    Panel panel = random(300, Flow.DOWN);
    for (Box box : panel.boxes()) {
      double width = Svg.size(box).width();
      assertTrue(Lettering.label(Lettering.shortened(box.label())) < width, box.label());
      assertTrue(Lettering.small(Lettering.shortened(box.detail())) < width, box.detail());
    }
  }

  /** A tree at random: without wrapping, its longest layer has some fifty boxes. */
  @Test
  void sparseGraphsDoNotGrowWide() {
    Random random = new Random(300);
    List<Box> boxes = new ArrayList<>();
    List<Edge> edges = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      boxes.add(new Box("#" + i, "softmax", "#" + i, "", Kind.OP, ""));
      if (i > 0) {
        edges.add(new Edge(random.nextInt(i), 0, i, "F32[64, 128]"));
      }
    }
    Layout layout = layout(new Panel("tree", "", Flow.DOWN, boxes, edges));
    assertTrue(layout.width() < MOST_WIDTH, layout.width() + " wide, " + layout.height() + " high");
  }

  /** A fan that any careless order tangles: two columns whose partners stand in reverse. */
  @Test
  void crossingsThatCanGoAreGone() {
    List<Box> boxes = new ArrayList<>();
    List<Edge> edges = new ArrayList<>();
    int n = 8;
    for (int i = 0; i < 2 * n; i++) {
      boxes.add(new Box("#" + i, "op", "", "", Kind.OP, ""));
    }
    for (int i = 0; i < n; i++) {
      edges.add(new Edge(i, 0, 2 * n - 1 - i, ""));
    }
    Layout layout = layout(new Panel("fan", "", Flow.DOWN, boxes, edges));
    for (Edge edge : edges) {
      Place from = layout.places().get(edge.from());
      Place to = layout.places().get(edge.to());
      assertEquals(from.x() + from.width() / 2, to.x() + to.width() / 2, HAIR);
    }
  }

  /** Sorting and exchanging save most of the crossings that a walk along the links leaves. */
  @Test
  void fewLinksOfATangleCross() {
    Layering layering = Layering.of(random(50, Flow.DOWN));
    int crossings = 0;
    for (int[] row : Ordering.of(layering)) {
      for (int i = 0; i < row.length; i++) {
        for (int j = i + 1; j < row.length; j++) {
          crossings += crossings(layering, row[i], row[j], Ordering.of(layering));
        }
      }
    }
    assertTrue(crossings <= MOST_CROSSINGS, crossings + " links cross");
  }

  /** Returns how often links behind v cross links behind w, which stands to the right of it. */
  private static int crossings(Layering layering, int v, int w, int[][] order) {
    int count = 0;
    for (int a : layering.behind.get(v)) {
      for (int b : layering.behind.get(w)) {
        int[] row = order[layering.layer[a]];
        count += place(row, a) > place(row, b) ? 1 : 0;
      }
    }
    return count;
  }

  private static int place(int[] row, int v) {
    int i = 0;
    while (row[i] != v) {
      i++;
    }
    return i;
  }

  @ParameterizedTest
  @EnumSource(Flow.class)
  void theSameGraphIsDrawnTheSame(Flow flow) {
    assertEquals(layout(random(50, flow)), layout(random(50, flow)));
  }

  @Test
  void edgesBackAreRefused() {
    Box box = new Box("#1", "op", "", "", Kind.OP, "");
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () -> new Panel("p", "", Flow.DOWN, List.of(box), List.of(new Edge(0, 0, 0, ""))));
    assertTrue(error.getMessage().contains("Edge[from=0"), error.getMessage());
  }

  @Test
  void emptyPanelsAreDrawn() {
    Panel panel = new Panel("nothing", "", Flow.DOWN, List.of(), List.of());
    assertTrue(Svg.of(new Picture("empty", List.of(panel))).contains("nothing"));
  }
}
