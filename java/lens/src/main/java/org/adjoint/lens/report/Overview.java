package org.adjoint.lens.report;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.adjoint.lens.chart.Numbers;
import org.adjoint.lens.picture.Svg;
import org.adjoint.nn.train.History;

/** What the runs were, and how they ended: one table, a column a run. */
final class Overview {
  private static final String NONE = "–";

  private final List<History> runs;
  private final StringBuilder out = new StringBuilder();

  private Overview(List<History> runs) {
    this.runs = runs;
  }

  static String of(List<History> runs) {
    Overview overview = new Overview(runs);
    overview.table();
    Section section = new Section("overview", "Overview", "").raw(overview.out.toString());
    for (History run : runs) {
      diverged(run)
          .ifPresent(text -> section.raw("<p class=\"alarm\">" + Svg.escaped(text) + "</p>\n"));
    }
    return section.toString();
  }

  /** Returns what to say of a run that has a loss which is no finite number. */
  private static Optional<String> diverged(History run) {
    return run.steps().stream()
        .filter(step -> !Double.isFinite(step.score().loss()))
        .findFirst()
        .map(
            step ->
                "%s diverged: at step %d of epoch %d the loss is %s. Look at the gradients just before."
                    .formatted(
                        run.name(),
                        step.number(),
                        step.epoch(),
                        Numbers.shown(step.score().loss())));
  }

  private void table() {
    out.append(
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Overview; scrolls\">");
    out.append("<table class=\"facts\">\n<thead><tr><td></td>");
    runs.forEach(
        run -> out.append("<th scope=\"col\">").append(Svg.escaped(run.name())).append("</th>"));
    out.append("</tr></thead>\n<tbody>\n");
    row("test accuracy", run -> run.test().map(t -> share(t.score().accuracy())).orElse(NONE));
    row("test loss", run -> run.test().map(t -> Numbers.shown(t.score().loss())).orElse(NONE));
    row("last training loss", run -> Numbers.shown(last(run).loss()));
    row("last training accuracy", run -> share(last(run).accuracy()));
    row("epochs", run -> Integer.toString(run.epochs().size()));
    row("steps", Overview::steps);
    row("time learning", run -> seconds(run, History.Epoch::trainingSeconds));
    row("time testing and recording", run -> seconds(run, History.Epoch::testingSeconds));
    Set<String> settings = new LinkedHashSet<>();
    runs.forEach(run -> settings.addAll(run.settings().keySet()));
    settings.forEach(key -> row(key, run -> run.settings().getOrDefault(key, NONE)));
    out.append("</tbody></table></div>\n");
  }

  private void row(String name, Function<History, String> value) {
    List<String> values = runs.stream().map(value).toList();
    if (values.stream().allMatch(NONE::equals)) {
      return;
    }
    boolean differ = values.stream().distinct().count() > 1;
    out.append(differ ? "<tr class=\"differ\">" : "<tr>");
    out.append("<th scope=\"row\">").append(Svg.escaped(name)).append("</th>");
    values.forEach(v -> out.append("<td>").append(Svg.escaped(v)).append("</td>"));
    out.append("</tr>\n");
  }

  private static History.Score last(History run) {
    return run.epochs().isEmpty()
        ? run.steps().get(run.steps().size() - 1).score()
        : run.epochs().get(run.epochs().size() - 1).training();
  }

  private static String steps(History run) {
    int kept = run.steps().size();
    long ended = run.epochs().isEmpty() ? 0 : run.epochs().get(run.epochs().size() - 1).steps();
    long all = kept == 0 ? ended : Math.max(ended, run.steps().get(kept - 1).number() + 1);
    return all + ", " + kept + " recorded";
  }

  private static String share(double accuracy) {
    return Double.isNaN(accuracy) ? NONE : String.format(Locale.ROOT, "%.4f", accuracy);
  }

  private static String seconds(History run, ToDoubleFunction<History.Epoch> part) {
    return run.epochs().isEmpty()
        ? NONE
        : Numbers.shown(run.epochs().stream().mapToDouble(part).sum()) + " s";
  }
}
