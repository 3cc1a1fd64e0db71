package org.adjoint.lens.report;

import java.util.ArrayList;
import java.util.List;
import org.adjoint.lens.chart.Axis;
import org.adjoint.lens.chart.Chart;
import org.adjoint.nn.train.History;
import org.adjoint.nn.train.History.Epoch;

/** What the epochs took: time and memory. */
final class Costs {
  private static final double MIB = 1 << 20;

  private Costs() {}

  static String of(List<History> runs) {
    if (runs.stream().allMatch(run -> run.epochs().isEmpty())) {
      return "";
    }
    Axis epoch = Axis.count("epoch");
    Chart time = Chart.of("Time of each epoch", epoch, Axis.linear("time").in("s"));
    Chart speed = Chart.of("Rows learnt", epoch, Axis.linear("rows per second").in("1/s"));
    Chart memory = Chart.of("Memory", epoch, Axis.linear("held at the end").in("MiB"));
    for (History run : runs) {
      double[] numbers = Section.epochs(run, Epoch::number);
      time =
          time.line(
                  Section.named(runs, run, "learning"),
                  numbers,
                  Section.epochs(run, Epoch::trainingSeconds))
              .line(
                  Section.named(runs, run, "testing"),
                  numbers,
                  Section.epochs(run, Epoch::testingSeconds));
      speed =
          speed.line(
              runs.size() == 1 ? "rows per second" : run.name(),
              numbers,
              Section.epochs(run, e -> e.rows() / e.trainingSeconds()));
      memory =
          memory
              .line(
                  Section.named(runs, run, "heap"),
                  numbers,
                  Section.epochs(run, e -> e.memory().heap() / MIB))
              .line(
                  Section.named(runs, run, "off-heap peak"),
                  numbers,
                  Section.epochs(run, e -> e.memory().offHeapPeak() / MIB));
    }
    List<String> charts = new ArrayList<>();
    charts.add(time.element());
    charts.add(speed.element());
    charts.add(memory.element());
    return new Section(
            "costs",
            "Time and memory",
            "Learning is all between two tests; testing includes what recording does at an epoch's end."
                + " The heap includes garbage that Java has not collected yet.")
        .row(charts)
        .toString();
  }
}
