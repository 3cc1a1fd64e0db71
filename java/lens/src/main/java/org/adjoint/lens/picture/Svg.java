package org.adjoint.lens.picture;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Function;
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

  private static final String OPEN = "open all layers";
  private static final String CLOSE = "close layers";

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

  /** Returns where a click on a box leads, empty for nowhere. */
  private final Function<Picture.Box, String> target;

  private double width = MARGIN;
  private double height;

  private Svg(Function<Picture.Box, String> target) {
    this.target = target;
  }

  /** Returns the picture as the text of an SVG file, panels side by side. */
  public static String of(Picture picture) {
    Svg body = new Svg(box -> "");
    body.write(picture);
    return file(picture, body.width, body.height, "img", "", body.out.toString());
  }

  /**
   * Returns several pictures of one graph as one SVG file: a click on a layer, or Enter where it
   * has the focus, goes to the picture in which that layer is open. Links at the top open all
   * layers and close them. Where links do not work, as in an image of a page, the first picture is
   * seen.
   *
   * @param closed layers as boxes
   * @param open by layer, as the groups of boxes name it, the same with that layer open; a layer
   *     that is missing opens with all others
   * @param all the same with all layers open
   */
  public static String of(Picture closed, SortedMap<String, Picture> open, Picture all) {
    Svg opened = new Svg(box -> "");
    opened.write(all);
    // Two files in one page must not open each other.
    String id = "lens-" + Integer.toHexString(opened.out.toString().hashCode());
    Map<String, String> ids = new HashMap<>();
    open.keySet().forEach(layer -> ids.put(layer, id + "-" + (1 + ids.size())));
    Function<Picture.Box, String> target =
        box -> box.kind() == Picture.Kind.LAYER ? ids.getOrDefault(box.group(), id) : "";
    opened.link(CLOSE, "", 0);
    StringBuilder views = new StringBuilder();
    double width = opened.width;
    double height = opened.height;
    List<Map.Entry<String, Picture>> rest = new ArrayList<>(open.entrySet());
    rest.add(Map.entry("", closed));
    for (Map.Entry<String, Picture> one : rest) {
      Svg view = new Svg(target);
      view.write(one.getValue());
      boolean isFirst = one.getValue() == closed;
      view.link(OPEN, id, isFirst ? 0 : 1);
      if (!isFirst) {
        view.link(CLOSE, "", 0);
      }
      String name = isFirst ? "class=\"closed\"" : viewed(ids.get(one.getKey()));
      views.append("<g %s>\n%s</g>\n".formatted(name, view.out));
      width = Math.max(width, view.width);
      height = Math.max(height, view.height);
    }
    views.append("<g %s>\n%s</g>\n".formatted(viewed(id), opened.out));
    String style =
        ".lens .view:not(:target){display:none}svg:has(.view:target)>.closed{display:none}\n";
    return file(closed, width, height, "group", style, views.toString());
  }

  private static String viewed(String id) {
    return "class=\"view\" id=\"%s\"".formatted(id);
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

  /** Writes a link at the top right, the first one outermost. */
  private void link(String text, String to, int place) {
    double longest = Math.max(Lettering.label(OPEN), Lettering.label(CLOSE)) + MARGIN;
    double x = Math.max(width - MARGIN, MARGIN + 2 * longest) - place * longest;
    width = Math.max(width, x + MARGIN);
    out.append("<a href=\"#%s\">".formatted(to));
    text("l k", x, MARGIN - 4, "end", text);
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
    String to = target.apply(box);
    boolean opens = !to.isEmpty();
    out.append(opens ? "<a href=\"#%s\">".formatted(to) : "");
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
