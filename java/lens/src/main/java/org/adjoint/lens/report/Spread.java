package org.adjoint.lens.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.adjoint.lens.chart.Axis;
import org.adjoint.lens.chart.Chart;
import org.adjoint.lens.chart.Numbers;
import org.adjoint.nn.train.History;
import org.adjoint.nn.train.History.Histogram;
import org.adjoint.nn.train.History.Weights;

/** How each parameter's numbers are spread, before the training and after it. */
final class Spread {
  private static final int MOST = 24;

  private final List<History> runs;
  private final List<String> notes = new ArrayList<>();

  private Spread(List<History> runs) {
    this.runs = runs;
  }

  static String of(List<History> runs) {
    Set<String> paths = new LinkedHashSet<>();
    runs.forEach(run -> run.weights().forEach(weights -> paths.add(weights.path())));
    if (paths.isEmpty()) {
      return "";
    }
    Spread spread = new Spread(runs);
    List<String> charts = paths.stream().limit(MOST).map(spread::chart).toList();
    Section section =
        new Section(
            "weights",
            "Weights",
            "The share of a parameter's numbers in a bin, divided by the bin's width, so that curves"
                + " of different widths can be compared: the area under each is 1.");
    section.row(charts);
    if (!spread.notes.isEmpty()) {
      section.say("Not drawn: " + String.join("; ", spread.notes) + ".");
    }
    if (paths.size() > MOST) {
      section.say((paths.size() - MOST) + " more parameters are not drawn; the history has them.");
    }
    return section.toString();
  }

  private String chart(String path) {
    Chart chart = Chart.of(path, Axis.linear("value"), Axis.linear("density"));
    for (History run : runs) {
      // A run that lacks the parameter has lines without points, which keep the colours in step.
      Optional<Weights> weights =
          run.weights().stream().filter(w -> w.path().equals(path)).findFirst();
      String start = Section.named(runs, run, "start");
      String end = Section.named(runs, run, "end");
      chart = add(chart, path, start, weights.map(Weights::start));
      chart = add(chart, path, end, weights.map(Weights::end));
    }
    return chart.element();
  }

  private Chart add(Chart chart, String path, String name, Optional<Histogram> known) {
    if (known.isEmpty()) {
      return chart.steps(name, new double[] {Double.NaN}, new double[0]);
    }
    Histogram histogram = known.get();
    if (histogram.notFinite() > 0) {
      notes.add("%s, %s: %d not finite".formatted(path, name, histogram.notFinite()));
    }
    List<Long> counts = histogram.counts();
    boolean equal = histogram.from() == histogram.to();
    if (equal && !counts.isEmpty()) {
      notes.add("%s, %s: all %s".formatted(path, name, Numbers.shown(histogram.from())));
    }
    if (equal) {
      return chart.steps(name, new double[] {histogram.from()}, new double[0]);
    }
    double total = counts.stream().mapToLong(Long::longValue).sum();
    double width = (histogram.to() - histogram.from()) / counts.size();
    double[] edges = new double[counts.size() + 1];
    double[] heights = new double[counts.size()];
    for (int i = 0; i < edges.length; i++) {
      edges[i] = histogram.from() + i * width;
    }
    edges[counts.size()] = histogram.to();
    for (int i = 0; i < heights.length; i++) {
      heights[i] = counts.get(i) / total / width;
    }
    return chart.steps(name, edges, heights);
  }
}
