package org.adjoint.check;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.adjoint.Tensor;
import org.adjoint.check.GradCheck.Mode;
import org.adjoint.check.GradCheck.Report;

/** The comparisons of a check: which directions are looked along, and which is the worst. */
final class Probe {
  private final Point point;
  private final boolean fast;
  private final double tolerance;

  Probe(GradCheck.Settings settings, Function<List<Tensor>, List<Tensor>> f, List<Tensor> xs) {
    this.point = new Point(settings, f, xs);
    this.fast = settings.fast();
    this.tolerance = settings.toleranceFor(point.narrowest());
  }

  /** Returns a report of no comparison. */
  Report nothing() {
    return new Report(0, Mode.REVERSE, 1, -1, "no input", Optional.empty(), 0, 0, 0, tolerance);
  }

  /** Returns the worst derivative of one order and mode. */
  Report worst(Mode mode, int order) {
    Report worst = nothing();
    List<double[]> gradients = mode == Mode.REVERSE ? point.gradients(order) : List.of();
    for (int i = 0; i < point.inputs(); i++) {
      Comparison at = new Comparison(mode, order, i, gradients);
      worst = Report.worse(worst, fast ? at.alongARandomDirection() : at.everyEntry());
    }
    return worst;
  }

  /** The comparisons by one input. */
  private final class Comparison {
    private final Mode mode;
    private final int order;
    private final int input;
    private final List<double[]> gradients;

    Comparison(Mode mode, int order, int input, List<double[]> gradients) {
      this.mode = mode;
      this.order = order;
      this.input = input;
      this.gradients = gradients;
    }

    Report everyEntry() {
      Report worst = nothing();
      for (int e = 0; e < point.entries(input); e++) {
        worst = Report.worse(worst, along(point.entry(input, e), Optional.of(e)));
      }
      return worst;
    }

    Report alongARandomDirection() {
      int size = point.entries(input);
      if (size == 0) {
        return nothing();
      }
      double[] u = unit(Point.weights(size, 1000 + input));
      Report whole = along(point.direction(input, u), Optional.empty());
      if (whole.passed()) {
        return whole;
      }
      int wrong = worstEntry(u);
      Report named = along(point.entry(input, wrong), Optional.of(wrong));
      return named.passed() ? whole : named;
    }

    /** Returns an entry that is wrong, found by halving: the half with the larger error has it. */
    private int worstEntry(double[] u) {
      int from = 0;
      int to = u.length;
      while (to - from > 1) {
        int middle = (from + to) >>> 1;
        double left = difference(u, from, middle);
        if (Double.isNaN(left) || left >= difference(u, middle, to)) {
          to = middle;
        } else {
          from = middle;
        }
      }
      return from;
    }

    private double difference(double[] u, int from, int to) {
      double[] part = new double[u.length];
      System.arraycopy(u, from, part, from, to - from);
      Report report = along(point.direction(input, part), Optional.empty());
      return Math.abs(report.analytic() - report.numeric());
    }

    private Report along(Point.Direction d, Optional<Integer> entry) {
      double numeric = point.numeric(order, d);
      double analytic =
          mode == Mode.REVERSE ? Point.dot(gradients.get(input), d.u()) : point.forward(order, d);
      double size = Math.max(1, Math.max(Math.abs(analytic), Math.abs(numeric)));
      return new Report(
          1,
          mode,
          order,
          input,
          point.name(input),
          entry.map(e -> point.index(input, e)),
          analytic,
          numeric,
          Math.abs(analytic - numeric) / size,
          tolerance);
    }
  }

  private static double[] unit(double[] u) {
    double norm = Math.sqrt(Point.dot(u, u));
    return Arrays.stream(u).map(v -> v / norm).toArray();
  }
}
