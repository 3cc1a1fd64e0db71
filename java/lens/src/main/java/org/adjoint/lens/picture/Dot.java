package org.adjoint.lens.picture;

import java.util.List;
import java.util.Locale;

/**
 * Writes a picture in the DOT language of Graphviz, for those who want another layout or a poster.
 * A panel is a cluster; boxes keep the colours of {@link Svg}.
 */
public final class Dot {
  private Dot() {}

  /** Returns the picture as the text of a DOT file. */
  public static String of(Picture picture) {
    StringBuilder out = new StringBuilder("digraph lens {\n");
    out.append("  label=").append(quoted(picture.title())).append(";\n");
    out.append(
        "  labelloc=t;\n  node [shape=box, style=\"rounded,filled\", fontname=monospace, fontsize=11];\n");
    out.append("  edge [fontname=monospace, fontsize=9];\n");
    List<Picture.Panel> panels = picture.panels();
    for (int p = 0; p < panels.size(); p++) {
      Picture.Panel panel = panels.get(p);
      boolean back = panel.flow() == Picture.Flow.UP;
      out.append("  subgraph cluster_").append(p).append(" {\n    label=");
      out.append(quoted(panel.title())).append(";\n");
      for (int i = 0; i < panel.boxes().size(); i++) {
        Picture.Box box = panel.boxes().get(i);
        String text = box.detail().isEmpty() ? box.label() : box.label() + "\n" + box.detail();
        out.append("    ").append(name(p, i)).append(" [label=").append(quoted(text));
        out.append(", fillcolor=\"").append(colour(box.kind())).append('"');
        out.append(
            switch (box.kind()) {
              case UNREACHED -> ", color=\"#c62828\", style=\"rounded,filled,dashed\"";
              case REFERENCE -> ", style=\"rounded,filled,dotted\"";
              default -> "";
            });
        out.append(", tooltip=").append(quoted(box.hint())).append("];\n");
      }
      for (Picture.Edge edge : panel.edges()) {
        String from = name(p, edge.from());
        String to = name(p, edge.to());
        out.append("    ").append(back ? to : from).append(" -> ").append(back ? from : to);
        out.append(" [label=")
            .append(quoted(edge.label()))
            .append(back ? ", dir=back];\n" : "];\n");
      }
      out.append("  }\n");
    }
    return out.append("}\n").toString();
  }

  private static String name(int panel, int box) {
    return "p" + panel + "b" + box;
  }

  static String colour(Picture.Kind kind) {
    return switch (kind) {
      case INPUT -> "#eef1f5";
      case PARAMETER -> "#fff0cf";
      case OP, CALL -> "#e2edff";
      case LAYER -> "#d3e3ff";
      case RESULT -> "#d6f2dc";
      case GRADIENT -> "#fbe3ee";
      case SLOPE -> "#f6cfe1";
      case FUSED -> "#e3dcfa";
      case REFERENCE, UNREACHED -> "#ffffff";
    };
  }

  static String className(Picture.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }
}
