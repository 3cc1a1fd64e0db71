package org.adjoint.lens.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.adjoint.lens.chart.Axis;
import org.adjoint.lens.chart.Chart;
import org.adjoint.nn.train.History;
import org.adjoint.nn.train.History.Epoch;
import org.adjoint.nn.train.History.Score;
import org.adjoint.nn.train.History.Step;

/** How loss, accuracy and learning rate went. */
final class Curves {
  /** Losses that differ by more than this factor are drawn by ratios. */
  private static final double WIDE = 20;

  private final List<History> runs;

  private Curves(List<History> runs) {
    this.runs = runs;
  }

  static String of(List<History> runs) {
    Curves curves = new Curves(runs);
    List<String> charts = new ArrayList<>();
    if (curves.any(run -> !run.epochs().isEmpty())) {
      charts.add(curves.byEpoch("Loss by epoch", "loss", Score::loss));
      charts.add(curves.byEpoch("Accuracy by epoch", "accuracy", Score::accuracy));
    }
    if (curves.any(run -> !run.steps().isEmpty())) {
      charts.add(curves.byStep("Loss by step", "loss", s -> s.score().loss(), false));
      charts.add(curves.byStep("Accuracy by step", "accuracy", s -> s.score().accuracy(), false));
      charts.add(curves.byStep("Learning rate", "learning rate", Step::learningRate, true));
    }
    charts.removeIf(String::isEmpty);
    return new Section(
            "curves",
            "Loss and accuracy",
            "Training values are of rows just before they are learnt; test values are of rows that"
                + " nothing is learnt from. Where the two part, the network learns its rows by heart.")
        .row(charts)
        .toString();
  }

  private boolean any(Predicate<History> condition) {
    return runs.stream().anyMatch(condition);
  }

  private String byEpoch(String title, String label, ToDoubleFunction<Score> value) {
    ToDoubleFunction<Epoch> training = epoch -> value.applyAsDouble(epoch.training());
    ToDoubleFunction<Epoch> test =
        epoch -> epoch.test().map(value::applyAsDouble).orElse(Double.NaN);
    DoubleStream all =
        runs.stream()
            .flatMap(run -> run.epochs().stream())
            .flatMapToDouble(
                e -> DoubleStream.of(training.applyAsDouble(e), test.applyAsDouble(e)));
    double[] values = all.toArray();
    if (Arrays.stream(values).allMatch(Double::isNaN) && !label.equals("loss")) {
      return "";
    }
    Chart chart = Chart.of(title, Axis.count("epoch"), axis(label, values));
    for (History run : runs) {
      double[] numbers = Section.epochs(run, Epoch::number);
      chart =
          chart.line(Section.named(runs, run, "training"), numbers, Section.epochs(run, training));
      List<Epoch> tested = run.epochs().stream().filter(e -> e.test().isPresent()).toList();
      if (!tested.isEmpty()) {
        chart =
            chart.line(
                Section.named(runs, run, "test"),
                tested.stream().mapToDouble(Epoch::number).toArray(),
                tested.stream().mapToDouble(test).toArray());
      }
    }
    return chart.element();
  }

  private String byStep(
      String title, String label, ToDoubleFunction<Step> value, boolean alwaysLinear) {
    double[] all = runs.stream().flatMap(run -> run.steps().stream()).mapToDouble(value).toArray();
    if (Arrays.stream(all).allMatch(Double::isNaN) && !label.equals("loss")) {
      return "";
    }
    Axis axis = alwaysLinear ? Axis.linear(label) : axis(label, all);
    Chart chart = Chart.of(title, Axis.count("step"), axis);
    for (History run : runs) {
      String name = runs.size() == 1 ? label : run.name();
      chart = chart.line(name, Section.steps(run, Step::number), Section.steps(run, value));
    }
    return chart.element();
  }

  /** Returns an axis of ratios for losses that fall far and stay above zero. */
  private static Axis axis(String label, double[] values) {
    double[] finite = Arrays.stream(values).filter(Double::isFinite).toArray();
    double low = Arrays.stream(finite).min().orElse(0);
    double high = Arrays.stream(finite).max().orElse(0);
    boolean wide = label.equals("loss") && low > 0 && high / low > WIDE;
    return wide ? Axis.log(label) : Axis.linear(label);
  }
}
