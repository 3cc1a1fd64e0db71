package org.adjoint.lens.report;

import java.util.ArrayList;
import java.util.List;
import org.adjoint.lens.chart.Numbers;
import org.adjoint.lens.chart.Palette;
import org.adjoint.lens.chart.Png;
import org.adjoint.lens.picture.Svg;
import org.adjoint.nn.train.History;
import org.adjoint.nn.train.History.Mistake;
import org.adjoint.nn.train.History.Test;

/** Which classes a classifier takes for which, and the rows that it was most wrong about. */
final class Mistakes {
  private static final int SIDE = 72;

  private Mistakes() {}

  static String of(List<History> runs) {
    List<String> tables = new ArrayList<>();
    StringBuilder images = new StringBuilder();
    for (History run : runs) {
      run.test()
          .ifPresent(
              test -> {
                tables.add(table(run, test));
                images.append(images(runs, run, test));
              });
    }
    if (tables.isEmpty()) {
      return "";
    }
    return new Section(
                "confusion",
                "Confusion",
                "Rows are what test rows are, columns what they were taken for. Colours show the share"
                    + " of the row; a point is none.")
            .row(tables)
        + new Section(
                "mistakes",
                "Worst mistakes",
                "The test rows with the largest losses, the worst first, as shades of grey. Below each:"
                    + " what the model gave for the right class, against what it gave for the wrong one.")
            .raw(images.toString())
            .toString();
  }

  private static String table(History run, Test test) {
    StringBuilder out = new StringBuilder();
    String caption = run.name() + ": what is (down) against what it was taken for (across)";
    out.append("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"");
    out.append(Svg.escaped("Confusion of " + run.name() + "; scrolls"));
    out.append("\"><table class=\"confusion\"><caption>").append(Svg.escaped(caption));
    out.append("</caption>\n<thead><tr><td></td>");
    for (int c = 0; c < test.confusion().size(); c++) {
      out.append("<th scope=\"col\">").append(c).append("</th>");
    }
    out.append("<th scope=\"col\">right</th></tr></thead>\n<tbody>\n");
    for (int label = 0; label < test.confusion().size(); label++) {
      List<Long> row = test.confusion().get(label);
      long rows = row.stream().mapToLong(Long::longValue).sum();
      out.append("<tr><th scope=\"row\">").append(label).append("</th>");
      for (int predicted = 0; predicted < row.size(); predicted++) {
        out.append(cell(label, predicted, row.get(predicted), rows));
      }
      String right = rows == 0 ? "–" : Numbers.shown(100.0 * row.get(label) / rows) + " %";
      out.append("<td class=\"right\">").append(right).append("</td></tr>\n");
    }
    return out.append("</tbody></table></div>\n").toString();
  }

  private static String cell(int label, int predicted, long count, long rows) {
    if (count == 0) {
      return "<td>·</td>";
    }
    double share = (double) count / rows;
    String title =
        label == predicted
            ? "%d of %d rows of class %d are right".formatted(count, rows, label)
            : "%d of %d rows of class %d were taken for %d"
                .formatted(count, rows, label, predicted);
    return "<td title=\"%s\" style=\"background:%s;color:%s\">%d</td>"
        .formatted(title, Palette.at(share), Palette.ink(share), count);
  }

  private static String images(List<History> runs, History run, Test test) {
    StringBuilder out = new StringBuilder();
    if (runs.size() > 1) {
      out.append("<h3>").append(Svg.escaped(run.name())).append("</h3>\n");
    }
    if (test.mistakes().isEmpty()) {
      return out.append("<p>Every test row was classified right.</p>\n").toString();
    }
    out.append("<ul class=\"mistakes\">\n");
    for (Mistake mistake : test.mistakes()) {
      boolean wide = mistake.image().width() > 4 * mistake.image().height();
      out.append(
          "<li><img alt=\"test row %d\" width=\"%d\" height=\"%d\" src=\"%s\">"
              .formatted(
                  mistake.row(), SIDE, wide ? SIDE / 4 : SIDE, Png.url(pixels(mistake.image()))));
      out.append(
          "<b>%d</b> taken for <b>%d</b><br><small>%s against %s</small></li>\n"
              .formatted(
                  mistake.label(),
                  mistake.predicted(),
                  Numbers.shown(mistake.labelProbability()),
                  Numbers.shown(mistake.predictedProbability())));
    }
    return out.append("</ul>\n").toString();
  }

  /** Returns the shades of an image as colours, by row. */
  static int[][] pixels(History.Image image) {
    byte[] shades = image.bytes();
    int[][] pixels = new int[image.height()][image.width()];
    for (int i = 0; i < shades.length; i++) {
      pixels[i / image.width()][i % image.width()] = (shades[i] & 0xff) * 0x010101;
    }
    return pixels;
  }
}
