package org.adjoint.lens.report;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.adjoint.lens.chart.Chart;
import org.adjoint.lens.page.Frame;
import org.adjoint.lens.picture.Resources;
import org.adjoint.lens.picture.Svg;
import org.adjoint.nn.format.AtomicFile;
import org.adjoint.nn.train.History;

/**
 * A page about a training: loss and accuracy, learning rate, gradients and activations of each
 * layer over time, weights, confusion and worst mistakes, time and memory. Two or three trainings
 * are compared in one page, on common axes and colours. The page is one file that asks for nothing
 * else, and holds nothing but what the histories say.
 *
 * <pre>{@code
 * Report.of(recorder.history()).write(Path.of("report.html"));
 * Report.of(HistoryFile.read(a), HistoryFile.read(b)).write(Path.of("compared.html"));
 * }</pre>
 */
public final class Report {
  private static final int MOST = 3;

  private final List<History> runs;

  private Report(List<History> runs) {
    this.runs = runs;
  }

  /**
   * Returns the report of some trainings.
   *
   * @param histories one, two or three of them; those of one name get numbers
   * @throws IllegalArgumentException if there is none or there are more than three, or naming one
   *     that has no step and no epoch
   */
  public static Report of(History... histories) {
    if (histories.length < 1 || histories.length > MOST) {
      throw new IllegalArgumentException(
          "report: " + histories.length + " histories; a page takes 1 to " + MOST);
    }
    List<History> runs = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (History history : histories) {
      if (history.isEmpty()) {
        throw new IllegalArgumentException(
            "report: the history '"
                + history.name()
                + "' has no step and no epoch: there is nothing to draw");
      }
      String name = history.name();
      for (int i = 2; !names.add(name); i++) {
        name = history.name() + " (" + i + ")";
      }
      runs.add(history.named(name));
    }
    return new Report(List.copyOf(runs));
  }

  /** Returns the page. */
  public String html() {
    String names = runs.stream().map(History::name).collect(Collectors.joining(" and "));
    String title = "Training report: " + names;
    StringBuilder body = new StringBuilder();
    body.append("<header>\n  <h1>").append(Svg.escaped(title)).append("</h1>\n");
    body.append("  <p class=\"hint\">Point at a chart to see its values, or go to it with the Tab");
    body.append(" key and move with the arrow keys.</p>\n</header>\n<main>\n");
    body.append(Overview.of(runs));
    body.append(Curves.of(runs));
    body.append(Flow.of(runs));
    body.append(Spread.of(runs));
    body.append(Mistakes.of(runs));
    body.append(Costs.of(runs));
    body.append("</main>\n");
    String style = Chart.style() + Resources.text(Report.class, "report.css");
    return Frame.html(title, style, body.toString(), Chart.script());
  }

  /**
   * Writes the page; the file appears whole or not at all.
   *
   * @throws org.adjoint.nn.data.DataException naming the file and the reason, if it cannot be
   *     written
   */
  public void write(Path file) {
    byte[] text = html().getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(file, out -> out.write(text));
  }
}
