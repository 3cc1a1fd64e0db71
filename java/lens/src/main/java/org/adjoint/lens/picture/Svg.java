package org.adjoint.lens.picture;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.adjoint.lens.picture.Layout.Caption;
import org.adjoint.lens.picture.Layout.Line;
import org.adjoint.lens.picture.Layout.Place;

/**
 * Writes a picture as one SVG file, for a browser or a page: it needs no script, font or network,
 * follows the reader's light or dark scheme, and names each box to a screen reader.
 */
public final class Svg {
  private static final double MARGIN = 20;
  private static final double PADDING = 9;
  private static final double BETWEEN_PANELS = 48;
  private static final double BOX = 40;
  private static final double LOW_BOX = 26;
  private static final double ROUND = 6;
  private static final double TITLE = 26;
  private static final double HEAD = 44;

  private static final String BACK = "close layers";

  private static final String STYLE =
      """
      .lens{background:#fff;--ink:#1c2430;--faint:#566273;--line:#8793a3;--input:#eef1f5;--param:#fff0cf;\
      --op:#e2edff;--layer:#d3e3ff;--result:#d6f2dc;--grad:#fbe3ee;--slope:#f6cfe1;--ref:#fff;--lost:#fff;\
      --fused:#e3dcfa;--edge:#5b677a}
      @media (prefers-color-scheme:dark){.lens{background:#14181f;--ink:#e8edf4;--faint:#a9b4c2;--line:#66738a;\
      --input:#262d38;--param:#4a3a12;--op:#1d3252;--layer:#234272;--result:#1d4a2a;--grad:#4a2238;--slope:#64284a;\
      --ref:#14181f;--lost:#14181f;--fused:#3b2f66;--edge:#93a1b6}}
      .lens text{font-family:%s;fill:var(--ink)}
      .lens .t{font-size:15px;font-weight:600}.lens .l{font-size:13px}.lens .d,.lens .c{font-size:11px}
      .lens .d,.lens .c{fill:var(--faint)}
      .lens .e{fill:none;stroke:var(--edge);stroke-width:1.2}.lens .a{fill:var(--edge);stroke:none}
      .lens .b{stroke:var(--line);stroke-width:1}
      .lens .input{fill:var(--input)}.lens .parameter{fill:var(--param)}.lens .op,.lens .call{fill:var(--op)}
      .lens .layer{fill:var(--layer);stroke-width:2}.lens .result{fill:var(--result)}.lens .gradient{fill:var(--grad)}
      .lens .slope{fill:var(--slope)}.lens .reference{fill:var(--ref);stroke-dasharray:2 3}.lens .fused{fill:var(--fused)}
      .lens a:focus rect{stroke-width:3}.lens .k{text-decoration:underline}
      .lens .unreached{fill:var(--lost);stroke:#c62828;stroke-width:1.6;stroke-dasharray:6 3}
      """
          .formatted(Lettering.FONT);

  private final StringBuilder out = new StringBuilder();

  /** Where a click on a layer leads, empty for nowhere. */
  private final String target;

  private double width = MARGIN;
  private double height;

  private Svg(String target) {
    this.target = target;
  }

  /** Returns the picture as the text of an SVG file, panels side by side. */
  public static String of(Picture picture) {
    Svg body = new Svg("");
    body.write(picture);
    return file(picture, body.width, body.height, "img", "", body.out.toString());
  }

  /**
   * Returns two pictures of one graph as one SVG file: a click on a layer, or Enter where it has
   * the focus, goes from the first to the second, and a link at the top back. Where links do not
   * work, as in an image of a page, the first is seen.
   *
   * @param closed layers as boxes
   * @param open the same with the layers open
   */
  public static String of(Picture closed, Picture open) {
    Svg opened = new Svg("");
    opened.write(open);
    // Two files in one page must not open each other.
    String id = "lens-" + Integer.toHexString(opened.out.toString().hashCode());
    Svg first = new Svg(id);
    first.write(closed);
    opened.backLink();
    String style =
        "#%s:not(:target){display:none}svg:has(#%s:target) .closed{display:none}\n"
            .formatted(id, id);
    String both =
        "<g class=\"closed\">\n%s</g>\n<g id=\"%s\">\n%s</g>\n"
            .formatted(first.out, id, opened.out);
    double width = Math.max(first.width, opened.width);
    return file(closed, width, Math.max(first.height, opened.height), "group", style, both);
  }

  private static String file(
      Picture picture, double width, double height, String role, String style, String body) {
    String size =
        "width=\"%1$s\" height=\"%2$s\" viewBox=\"0 0 %1$s %2$s\""
            .formatted(number(width), number(height));
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"lens\" role=\"%s\" %s>\n"
            .formatted(role, size)
        + "<title>%s</title>\n".formatted(escaped(picture.title()))
        + "<style>\n"
        + STYLE
        + style
        + "</style>\n"
        + body
        + "</svg>\n";
  }

  private void backLink() {
    out.append("<a href=\"#\">");
    double x = Math.max(width - MARGIN, MARGIN + Lettering.label(BACK));
    text("l k", x, MARGIN + 12, "end", BACK);
    out.append("</a>\n");
  }

  /** Returns how large a box must be for its lines. */
  static Layout.Size size(Picture.Box box) {
    String label = Lettering.shortened(box.label());
    String detail = Lettering.shortened(box.detail());
    double width = Math.max(Lettering.label(label), Lettering.small(detail)) + 2 * PADDING;
    return new Layout.Size(width, detail.isEmpty() ? LOW_BOX : BOX);
  }

  private void write(Picture picture) {
    List<Layout> layouts = new ArrayList<>();
    double longest = 0;
    for (Picture.Panel panel : picture.panels()) {
      Layout layout =
          Layout.of(panel, panel.flow(), panel.boxes().stream().map(Svg::size).toList());
      layouts.add(layout);
      width += panelWidth(panel, layout) + BETWEEN_PANELS;
      longest = Math.max(longest, layout.height());
    }
    boolean upwards = picture.panels().stream().anyMatch(p -> p.flow() == Picture.Flow.UP);
    width += MARGIN - BETWEEN_PANELS;
    width = Math.max(width, Lettering.label(picture.title()) * 1.2 + 2 * MARGIN);
    height = longest + 2 * MARGIN + TITLE + HEAD;
    text("t", MARGIN, MARGIN + 12, "start", picture.title());
    double x = MARGIN;
    for (int i = 0; i < layouts.size(); i++) {
      Picture.Panel panel = picture.panels().get(i);
      // Where a panel flows upwards, its start stands beside the others' end.
      double lead = upwards ? longest - layouts.get(i).height() : 0;
      text("l", x, MARGIN + TITLE + 14, "start", panel.title());
      text("d", x, MARGIN + TITLE + 30, "start", panel.summary());
      out.append(
          "<g transform=\"translate(%s %s)\">\n"
              .formatted(number(x), number(MARGIN + TITLE + HEAD + lead)));
      draw(panel, layouts.get(i));
      out.append("</g>\n");
      x += panelWidth(panel, layouts.get(i)) + BETWEEN_PANELS;
    }
  }

  private static double panelWidth(Picture.Panel panel, Layout layout) {
    double head = Math.max(Lettering.label(panel.title()), Lettering.small(panel.summary()));
    return Math.max(layout.width(), head);
  }

  private void draw(Picture.Panel panel, Layout layout) {
    for (Line line : layout.lines()) {
      draw(line, panel.flow());
    }
    for (Caption caption : layout.captions()) {
      Place p = caption.place();
      text("c", p.x(), p.y() + p.height() - 3, "start", caption.text());
    }
    for (int i = 0; i < panel.boxes().size(); i++) {
      draw(panel.boxes().get(i), layout.places().get(i));
    }
  }

  private void draw(Line line, Picture.Flow flow) {
    boolean right = flow == Picture.Flow.RIGHT;
    double half = (right ? line.b().x() + line.c().x() : line.b().y() + line.c().y()) / 2;
    out.append("<path class=\"e\" d=\"M")
        .append(point(line.a()))
        .append('L')
        .append(point(line.b()));
    out.append('C')
        .append(right ? pair(half, line.b().y()) : pair(line.b().x(), half))
        .append(' ')
        .append(right ? pair(half, line.c().y()) : pair(line.c().x(), half))
        .append(' ')
        .append(point(line.c()));
    out.append('L').append(point(line.d())).append("\"/>\n");
    if (line.to() >= 0) {
      out.append("<path class=\"a\" d=\"M").append(point(line.d()));
      out.append(
          switch (flow) {
            case DOWN -> "l-4 -7h8z";
            case UP -> "l-4 7h8z";
            case RIGHT -> "l-7 -4v8z";
          });
      out.append("\"/>\n");
    }
  }

  private void draw(Picture.Box box, Place at) {
    String kind = box.kind().name().toLowerCase(Locale.ROOT);
    String hint = box.hint().isEmpty() ? box.id() + " " + box.label() : box.hint();
    boolean opens = box.kind() == Picture.Kind.LAYER && !target.isEmpty();
    out.append(opens ? "<a href=\"#%s\">".formatted(target) : "");
    out.append("<g><title>").append(escaped(hint)).append("</title>");
    out.append(
        "<rect class=\"b %s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" rx=\"%s\"/>"
            .formatted(
                kind,
                number(at.x()),
                number(at.y()),
                number(at.width()),
                number(at.height()),
                number(ROUND)));
    double middle = at.x() + at.width() / 2;
    text("l", middle, at.y() + 17, "middle", Lettering.shortened(box.label()));
    if (!box.detail().isEmpty()) {
      text("d", middle, at.y() + 32, "middle", Lettering.shortened(box.detail()));
    }
    out.append(opens ? "</g></a>\n" : "</g>\n");
  }

  private void text(String style, double x, double y, String anchor, String text) {
    if (!text.isEmpty()) {
      out.append("<text class=\"%s\" x=\"%s\" y=\"%s\"".formatted(style, number(x), number(y)));
      out.append(anchor.equals("start") ? "" : " text-anchor=\"" + anchor + "\"");
      out.append('>').append(escaped(text)).append("</text>\n");
    }
  }

  private static String point(Layout.Point p) {
    return pair(p.x(), p.y());
  }

  private static String pair(double x, double y) {
    return number(x) + " " + number(y);
  }

  /** Returns a number to a tenth of a pixel, without what says nothing. */
  public static String number(double x) {
    long tenths = Math.round(x * 10);
    return tenths % 10 == 0 ? Long.toString(tenths / 10) : Double.toString(tenths / 10.0);
  }

  /** Returns a text as XML can hold it. */
  public static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                default -> escaped.appendCodePoint(c < ' ' && c != '\n' ? ' ' : c);
              }
            });
    return escaped.toString();
  }
}
