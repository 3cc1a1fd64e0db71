package org.adjoint.lens.picture;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Writes a picture as a Mermaid flowchart, which the pages of code forges and many wikis draw. A
 * panel is a subgraph; boxes keep the colours of {@link Svg}.
 */
public final class Mermaid {
  private Mermaid() {}

  /** Returns the picture as the text of a Mermaid diagram. */
  public static String of(Picture picture) {
    StringBuilder out = new StringBuilder("---\ntitle: ").append(quoted(picture.title()));
    out.append("\n---\nflowchart TB\n");
    Set<Picture.Kind> kinds = EnumSet.noneOf(Picture.Kind.class);
    List<Picture.Panel> panels = picture.panels();
    for (int p = 0; p < panels.size(); p++) {
      Picture.Panel panel = panels.get(p);
      out.append("  subgraph p").append(p).append('[').append(quoted(panel.title())).append("]\n");
      out.append("    direction ")
          .append(
              switch (panel.flow()) {
                case DOWN -> "TB";
                case UP -> "BT";
                case RIGHT -> "LR";
              })
          .append('\n');
      for (int i = 0; i < panel.boxes().size(); i++) {
        Picture.Box box = panel.boxes().get(i);
        kinds.add(box.kind());
        String text = box.detail().isEmpty() ? box.label() : box.label() + "\n" + box.detail();
        out.append("    ").append(name(p, i)).append('[').append(quoted(text)).append("]:::");
        out.append(Dot.className(box.kind())).append('\n');
      }
      for (Picture.Edge edge : panel.edges()) {
        out.append("    ").append(name(p, edge.from())).append(" -->");
        out.append(edge.label().isEmpty() ? "" : "|" + quoted(edge.label()) + "|");
        out.append(' ').append(name(p, edge.to())).append('\n');
      }
      out.append("  end\n");
    }
    for (Picture.Kind kind : kinds) {
      out.append("  classDef ").append(Dot.className(kind));
      out.append(" fill:").append(Dot.colour(kind)).append(",color:#1c2430,stroke:");
      out.append(
          switch (kind) {
            case UNREACHED -> "#c62828,stroke-dasharray:6 3";
            case REFERENCE -> "#8793a3,stroke-dasharray:2 3";
            default -> "#8793a3";
          });
      out.append('\n');
    }
    return out.toString();
  }

  private static String name(int panel, int box) {
    return "p" + panel + "b" + box;
  }

  /** Returns a text between quotation marks; Mermaid's own marks become entities. */
  private static String quoted(String text) {
    return '"'
        + text.replace("&", "#amp;")
            .replace("\"", "#quot;")
            .replace("<", "#lt;")
            .replace(">", "#gt;")
            .replace("\n", "<br/>")
        + '"';
  }
}
