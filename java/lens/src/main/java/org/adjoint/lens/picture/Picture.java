package org.adjoint.lens.picture;

import java.util.List;

/**
 * What is to be drawn, before anything has a place: panels side by side, each a graph without
 * cycles. A picture knows nothing of tensors; the same picture can be written by {@link Svg},
 * {@link Dot}, {@link Mermaid} and {@link Text}, always in the same order, so equal pictures give
 * equal files.
 *
 * @param title what the picture shows, one line
 * @param panels the graphs, from left to right
 */
public record Picture(String title, List<Panel> panels) {
  /** Copies the list. */
  public Picture {
    panels = List.copyOf(panels);
  }

  /** Which way a panel's edges lead. */
  public enum Flow {
    /** From the top to the bottom. */
    DOWN,
    /** From the bottom to the top. */
    UP,
    /** From the left to the right. */
    RIGHT
  }

  /** What a box stands for; writers give each kind its colour. */
  public enum Kind {
    /** A value that came from outside. */
    INPUT,
    /** A parameter that the result depends on. */
    PARAMETER,
    /** A parameter that the result does not depend on. */
    UNREACHED,
    /** An op. */
    OP,
    /** A layer, drawn as one box. */
    LAYER,
    /** What the picture is of: the value at the end. */
    RESULT,
    /** An op of the gradient. */
    GRADIENT,
    /** The gradient by a parameter. */
    SLOPE,
    /** Stands for a box of another panel. */
    REFERENCE,
    /** A kernel call. */
    CALL,
    /** A kernel call that several ops have become. */
    FUSED
  }

  /**
   * One graph.
   *
   * @param title what it shows, a few words
   * @param summary a line below the title, which may be empty
   * @param boxes the vertices; edges count them from 0, and lead from lower numbers to higher ones
   */
  public record Panel(String title, String summary, Flow flow, List<Box> boxes, List<Edge> edges) {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException naming the edge, if one leads out of the panel or back
     */
    public Panel {
      boxes = List.copyOf(boxes);
      edges = List.copyOf(edges);
      for (Edge edge : edges) {
        if (edge.from() < 0 || edge.from() >= edge.to() || edge.to() >= boxes.size()) {
          throw new IllegalArgumentException(
              "panel '"
                  + title
                  + "': "
                  + edge
                  + " among "
                  + boxes.size()
                  + " boxes; an edge"
                  + " leads from a box to a later one");
        }
      }
    }
  }

  /**
   * A vertex.
   *
   * @param id what other boxes call it, such as {@code #7}: the same for its references
   * @param label the first line
   * @param detail the second line, which may be empty
   * @param hint what does not fit into the box: shown when a reader points at it
   * @param group the path of the layer that it belongs to, with dots between; may be empty
   */
  public record Box(String id, String label, String detail, String hint, Kind kind, String group) {}

  /**
   * An edge.
   *
   * @param from the box that it leaves
   * @param port which of that box's values it carries, from 0
   * @param to the box that it enters
   * @param label what it carries, such as {@code f32[4, 2]}: the same for every edge of a port
   */
  public record Edge(int from, int port, int to, String label) {}
}
