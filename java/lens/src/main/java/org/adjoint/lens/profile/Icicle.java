package org.adjoint.lens.profile;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.adjoint.lens.picture.Svg;

/**
 * Draws how a program's time divides: the whole above, below it the layers of the network by their
 * paths, below those the calls, each as wide as its part of the time. Below a loop are the calls of
 * its body. What is narrower than half a pixel is not drawn.
 */
final class Icicle {
  private static final double WIDTH = 1000;
  private static final double ROW = 26;
  private static final double LEAST = 0.5;
  private static final double LETTER = 7.5;
  private static final int COLOURS = 6;

  /** A part of the time, and what it divides into. */
  private static final class Part {
    private final String name;
    private final String hint;
    private final Map<String, Part> children = new LinkedHashMap<>();
    private double nanoseconds;

    Part(String name, String hint) {
      this.name = name;
      this.hint = hint;
    }

    Part child(String childName, String childHint) {
      return children.computeIfAbsent(childName, n -> new Part(n, childHint));
    }

    int height() {
      return 1 + children.values().stream().mapToInt(Part::height).max().orElse(0);
    }
  }

  private final StringBuilder out = new StringBuilder();
  private final double scale;

  private Icicle(double nanoseconds) {
    this.scale = WIDTH / Math.max(nanoseconds, 1);
  }

  /** Returns the drawing as an SVG element for a page with the style of profile.css. */
  static String of(Profile.Program program) {
    Part root = tree(program);
    Icicle icicle = new Icicle(root.nanoseconds);
    icicle.draw(root, 0, 0, 0, root.nanoseconds);
    return "<svg class=\"icicle\" role=\"img\" viewBox=\"0 0 "
        + Math.round(WIDTH)
        + " "
        + Math.round(root.height() * ROW)
        + "\" aria-label=\""
        + Svg.escaped(said(root))
        + "\">\n"
        + icicle.out
        + "</svg>\n";
  }

  private static Part tree(Profile.Program program) {
    Part root = new Part("all calls", "");
    List<Part> around = new ArrayList<>(List.of(root));
    for (Call call : program.calls()) {
      // Loops that have ended are left; the calls of a body stand below their loop.
      while (around.size() > call.depth() + 1) {
        around.remove(around.size() - 1);
      }
      Part at = around.get(around.size() - 1);
      if (call.depth() == 0) {
        at.nanoseconds += call.nanoseconds();
        for (String step : steps(call.layer())) {
          at = at.child(step, "");
          at.nanoseconds += call.nanoseconds();
        }
      }
      Part leaf = at.child("!" + call.number() + " " + call.name(), call.operands());
      leaf.nanoseconds += call.nanoseconds();
      around.add(leaf);
    }
    return root;
  }

  private static String[] steps(String layer) {
    boolean path = !layer.contains(" ");
    return path ? layer.split("\\.") : new String[] {layer};
  }

  private static String said(Part root) {
    StringBuilder text = new StringBuilder("Where time goes:");
    for (Part part : root.children.values()) {
      text.append(' ')
          .append(part.name)
          .append(' ')
          .append(Units.percent(part.nanoseconds / Math.max(root.nanoseconds, 1)))
          .append(',');
    }
    text.setCharAt(text.length() - 1, '.');
    return text.toString();
  }

  private void draw(Part part, double x, int row, int colour, double all) {
    double width = part.nanoseconds * scale;
    if (width < LEAST) {
      return;
    }
    String share = Units.time(part.nanoseconds) + ", " + Units.percent(part.nanoseconds / all);
    String hint = part.name + ": " + share + (part.hint.isEmpty() ? "" : "\n" + part.hint);
    out.append("<g><title>").append(Svg.escaped(hint)).append("</title>");
    out.append(
        String.format(
            Locale.ROOT,
            "<rect class=\"i%d\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%.0f\"/>",
            colour,
            x,
            row * ROW,
            width,
            ROW - 1));
    String label = fitting(part.name + "  " + share, part.name, width);
    if (!label.isEmpty()) {
      out.append(
          String.format(
              Locale.ROOT,
              "<text x=\"%.1f\" y=\"%.0f\">%s</text>",
              x + 4,
              row * ROW + 17,
              Svg.escaped(label)));
    }
    out.append("</g>\n");
    double at = x;
    int next = 0;
    for (Part child : part.children.values()) {
      draw(child, at, row + 1, row == 0 ? 1 + next++ % COLOURS : colour, all);
      at += child.nanoseconds * scale;
    }
  }

  /** Returns the longer text if it fits, else the shorter, cut where nothing fits whole. */
  private static String fitting(String longer, String shorter, double width) {
    int letters = (int) ((width - 8) / LETTER);
    if (longer.length() <= letters) {
      return longer;
    }
    if (shorter.length() <= letters) {
      return shorter;
    }
    return letters < 4 ? "" : shorter.substring(0, letters - 1) + "…";
  }
}
