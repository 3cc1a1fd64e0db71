package org.adjoint.lens.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import org.adjoint.lens.chart.Axis;
import org.adjoint.lens.chart.HeatMap;
import org.adjoint.lens.chart.Numbers;
import org.adjoint.nn.train.History;
import org.adjoint.nn.train.History.Step;

/** How large gradients and activations were in each layer over time, on colours that runs share. */
final class Flow {
  /** Gradients that differ by more than this factor from layer to layer are remarked on. */
  private static final double FAR = 1e3;

  private final List<History> runs;

  private Flow(List<History> runs) {
    this.runs = runs;
  }

  static String of(List<History> runs) {
    Flow flow = new Flow(runs);
    List<String> gradients =
        flow.maps("Gradient norm", "‖∂L/∂θ‖", History::gradientLayers, Step::gradients);
    List<String> activations =
        flow.maps(
            "Size of outputs", "root mean square", History::activationLayers, Step::activations);
    StringBuilder out = new StringBuilder();
    if (!gradients.isEmpty()) {
      Section section =
          new Section(
              "gradients",
              "Gradients by layer",
              "Each row is a layer, the input's at the top, and each column a recorded step. A row that"
                  + " is much darker than those below it hardly learns.");
      runs.forEach(run -> remark(runs, run).ifPresent(section::say));
      out.append(section.row(gradients));
    }
    if (!activations.isEmpty()) {
      out.append(
          new Section(
                  "activations",
                  "Activations by layer",
                  "The outputs of each layer, in the order in which they are computed. They should"
                      + " neither fade nor grow from row to row.")
              .row(activations));
    }
    return out.toString();
  }

  /** Returns how the gradients of the first and the last layer compare at the last good step. */
  private static Optional<String> remark(List<History> runs, History run) {
    int layers = run.gradientLayers().size();
    if (layers < 2) {
      return Optional.empty();
    }
    Optional<Step> last =
        run.steps().stream()
            .filter(s -> usable(s.gradients().get(0)) && usable(s.gradients().get(layers - 1)))
            .reduce((a, b) -> b);
    return last.map(
        step -> {
          double ratio = step.gradients().get(0) / step.gradients().get(layers - 1);
          String text =
              "%sAt step %d the gradient of %s is %s times that of %s."
                  .formatted(
                      runs.size() == 1 ? "" : run.name() + ": ",
                      step.number(),
                      run.gradientLayers().get(0),
                      Numbers.shown(ratio),
                      run.gradientLayers().get(layers - 1));
          if (ratio < 1 / FAR) {
            return text + " It has vanished on the way back: the first layer hardly learns.";
          }
          return ratio > FAR ? text + " It grows on the way back." : text;
        });
  }

  private static boolean usable(double norm) {
    return Double.isFinite(norm) && norm > 0;
  }

  private List<String> maps(
      String what,
      String label,
      Function<History, List<String>> layers,
      Function<Step, List<Double>> values) {
    double[] shown =
        runs.stream()
            .flatMap(run -> run.steps().stream())
            .flatMap(step -> values.apply(step).stream())
            .mapToDouble(Double::doubleValue)
            .filter(Flow::usable)
            .toArray();
    List<String> maps = new ArrayList<>();
    for (History run : runs) {
      List<String> names = layers.apply(run);
      if (names.isEmpty() || run.steps().isEmpty()) {
        continue;
      }
      double[][] rows = new double[names.size()][];
      for (int i = 0; i < rows.length; i++) {
        int layer = i;
        rows[i] = Section.steps(run, step -> values.apply(step).get(layer));
      }
      String title = runs.size() == 1 ? what : what + ", " + run.name();
      HeatMap map =
          HeatMap.of(
              title,
              Axis.count("step"),
              Section.steps(run, Step::number),
              names,
              Axis.log(label),
              rows);
      if (shown.length > 0) {
        map =
            map.between(
                DoubleStream.of(shown).min().orElseThrow(),
                DoubleStream.of(shown).max().orElseThrow());
      }
      maps.add(map.element());
    }
    return maps;
  }
}
