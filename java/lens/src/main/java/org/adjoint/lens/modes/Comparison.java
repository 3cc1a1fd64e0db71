package org.adjoint.lens.modes;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Tensor;
import org.adjoint.lens.graph.Work;
import org.adjoint.symbolic.Symbolic;

/**
 * One function differentiated in four ways at one point: what each way costs, and how far it is
 * off. Operations are counted in the engine's graphs and formulas; gradients are what the engine
 * computes from those.
 *
 * @param subject the function and the point
 * @param value the function's value
 * @param work how many operations that takes
 * @param formula the function as a formula, empty if it has none
 * @param truth the gradient to 40 digits, empty if there is no formula of it
 * @param forward a pass for each number
 * @param reverse one pass
 * @param symbolic the formulas of all derivatives, written out; empty without a formula
 * @param numerical central differences with the step that was best
 * @param differences errors with all steps
 * @param swell how formulas grow with the order, empty without a formula
 */
record Comparison(
    Subject subject,
    double value,
    long work,
    Optional<Symbolic> formula,
    Optional<List<BigDecimal>> truth,
    Way forward,
    Way reverse,
    Optional<Way> symbolic,
    Way numerical,
    Differences differences,
    Optional<Swell> swell) {
  /** So many numbers get a row in the page. */
  static final int MOST = 32;

  private static final int F64_DECADES = 16;
  private static final int F32_DECADES = 8;

  /**
   * A way of differentiating.
   *
   * @param passes how often the function, or what was made of it, runs
   * @param operations of all passes together
   * @param gradient what comes out
   * @param error how far that is off
   */
  record Way(int passes, double operations, List<Double> gradient, double error) {
    Way {
      gradient = List.copyOf(gradient);
    }
  }

  /** Computes everything. */
  static Comparison of(Subject subject) {
    Tensor y = subject.value();
    // Graphs are counted and formulas read before anything runs.
    List<Tensor> gradients = Grad.grad(y, subject.inputs());
    List<Tensor> tangents = new ArrayList<>();
    for (Tensor x : subject.inputs()) {
      Subject.units(x).forEach(unit -> tangents.add(Grad.jvp(y, x, unit)));
    }
    long work = Work.of(List.of(y));
    long reverseWork = Work.of(with(y, gradients));
    long forwardWork = tangents.stream().mapToLong(t -> Work.of(List.of(y, t))).sum();
    Optional<Symbolic> formula = subject.formula();
    Optional<Swell> swell = formula.map(s -> Swell.of(subject));

    List<Double> back =
        gradients.stream().flatMapToDouble(g -> Arrays.stream(Subject.numbers(g))).boxed().toList();
    checkFinite(subject, y.item(), back);
    List<Double> ahead = tangents.stream().map(Tensor::item).toList();
    Optional<List<BigDecimal>> truth = formula.flatMap(s -> truth(s, subject));
    ToDoubleFunction<List<Double>> error = error(truth.orElseGet(() -> exactly(back)));
    int decades = subject.dtype() == DType.F64 ? F64_DECADES : F32_DECADES;
    Differences differences = Differences.of(subject::at, subject.point(), decades, error);
    Differences.Point best = differences.bestCentral();
    int n = subject.names().size();
    return new Comparison(
        subject,
        y.item(),
        work,
        formula,
        truth,
        new Way(n, forwardWork, ahead, error.applyAsDouble(ahead)),
        new Way(1, reverseWork, back, error.applyAsDouble(back)),
        formula.map(s -> symbolic(s, subject, error)),
        new Way(2 * n, 2.0 * n * work, best.gradient(), best.central()),
        differences,
        swell);
  }

  private static List<Tensor> with(Tensor first, List<Tensor> others) {
    List<Tensor> all = new ArrayList<>(List.of(first));
    all.addAll(others);
    return all;
  }

  /** From the literal formula: its numbers are the graph's, none of them folded. */
  private static Optional<List<BigDecimal>> truth(Symbolic formula, Subject subject) {
    return Truth.gradient(formula.unsimplified().expression(), subject.names(), subject.named());
  }

  private static void checkFinite(Subject subject, double value, List<Double> gradient) {
    List<Double> all = new ArrayList<>(gradient);
    all.add(value);
    if (!all.stream().allMatch(Double::isFinite)) {
      throw new IllegalArgumentException(
          "modes: at "
              + subject.named()
              + " the function is "
              + value
              + " with the gradient "
              + gradient
              + "; choose a point at which both are finite");
    }
  }

  private static List<BigDecimal> exactly(List<Double> gradient) {
    return gradient.stream().map(BigDecimal::new).toList();
  }

  private static Way symbolic(
      Symbolic formula, Subject subject, ToDoubleFunction<List<Double>> error) {
    List<Symbolic> all =
        subject.inputs().stream().flatMap(x -> formula.gradient(x).stream()).toList();
    List<Double> gradient = all.stream().map(s -> s.evaluate(subject.named())).toList();
    double operations = all.stream().mapToDouble(s -> Parts.written(s.expression())).sum();
    return new Way(all.size(), operations, gradient, error.applyAsDouble(gradient));
  }

  /**
   * Returns how a gradient's error is measured: in the Euclidean norm, as a part of the true
   * gradient's; NaN if the gradient is not finite.
   */
  private static ToDoubleFunction<List<Double>> error(List<BigDecimal> truth) {
    double size = truth.stream().mapToDouble(BigDecimal::doubleValue).reduce(0, Math::hypot);
    return gradient -> {
      double off = 0;
      for (int i = 0; i < truth.size(); i++) {
        double found = gradient.get(i);
        if (Double.isNaN(found) || Double.isInfinite(found)) {
          return Double.NaN;
        }
        off = Math.hypot(off, new BigDecimal(found).subtract(truth.get(i)).doubleValue());
      }
      return size > 0 ? off / size : off;
    };
  }
}
