package org.adjoint.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Scope;
import org.adjoint.Tensor;

/**
 * Compares gradients with central differences, entry by entry, in F64: step 1e-6, and |a − b| ≤
 * 1e-6 · max(1, |a|, |b|). A function with many outputs is reduced to one by fixed random weights.
 * Costs two evaluations an entry.
 */
public final class GradCheck {
  private static final double STEP = 1e-6;
  private static final double TOLERANCE = 1e-6;

  private GradCheck() {}

  /**
   * What a check found.
   *
   * @param input which input the worst entry belongs to; −1 if there was no entry
   * @param entry its index in row-major order
   * @param analytic the gradient there
   * @param numeric the central difference there
   * @param error |analytic − numeric| / max(1, |analytic|, |numeric|)
   */
  public record Report(int input, int entry, double analytic, double numeric, double error) {
    /** Returns whether the worst entry is within the tolerance. */
    public boolean passed() {
      return error <= TOLERANCE;
    }

    @Override
    public String toString() {
      return (passed() ? "passed" : "failed")
          + ": worst at input "
          + input
          + ", entry "
          + entry
          + ": gradient "
          + analytic
          + ", central difference "
          + numeric
          + ", error "
          + error;
    }
  }

  /**
   * Checks the gradient of {@code f} by each of {@code xs} and returns the worst entry.
   *
   * @throws AssertionError with the report if it is out of tolerance
   * @throws IllegalArgumentException if an x is not F64
   */
  public static Report check(Function<List<Tensor>, Tensor> f, Tensor... xs) {
    return assertPassed("gradient", compare(f, xs));
  }

  /**
   * Checks the gradient of the gradient likewise: that of {@code Σ wᵢ · ∂f/∂xᵢ} with fixed random
   * weights w.
   */
  public static Report checkSecondOrder(Function<List<Tensor>, Tensor> f, Tensor... xs) {
    return assertPassed("second-order gradient", compare(gradientOf(f), xs));
  }

  /** Returns the function whose value is the weighted gradient of {@code f}. */
  static Function<List<Tensor>, Tensor> gradientOf(Function<List<Tensor>, Tensor> f) {
    return inputs -> {
      List<Tensor> gradients =
          Grad.grad(weighted(f.apply(inputs), 1), inputs.toArray(new Tensor[0]));
      Tensor sum = Tensor.scalar(0, DType.F64);
      for (int i = 0; i < gradients.size(); i++) {
        sum = sum.plus(weighted(gradients.get(i), 2 + i));
      }
      return sum;
    };
  }

  private static Report assertPassed(String what, Report report) {
    if (!report.passed()) {
      throw new AssertionError(what + " " + report);
    }
    return report;
  }

  /** Returns the worst entry of the gradient of {@code f} at {@code xs}, without judging it. */
  @SuppressWarnings("try") // the scope is there for its end
  public static Report compare(Function<List<Tensor>, Tensor> f, Tensor... xs) {
    List<double[]> values = new ArrayList<>();
    for (Tensor x : xs) {
      if (x.dtype() != DType.F64) {
        throw new IllegalArgumentException("gradcheck: needs F64 inputs, got " + x.type());
      }
      values.add(x.toDoubleArray());
    }
    List<double[]> analytic = new ArrayList<>();
    try (Scope ignored = Scope.open()) {
      Tensor[] inputs = bind(values, xs);
      Tensor[] gradients =
          Grad.grad(weighted(f.apply(List.of(inputs)), 1), inputs).toArray(new Tensor[0]);
      Tensor.evalAll(gradients);
      for (Tensor g : gradients) {
        analytic.add(g.toDoubleArray());
      }
    }
    Report worst = new Report(-1, -1, 0, 0, 0);
    for (int i = 0; i < xs.length; i++) {
      for (int entry = 0; entry < values.get(i).length; entry++) {
        double numeric = difference(f, values, xs, i, entry);
        double a = analytic.get(i)[entry];
        double error =
            Math.abs(a - numeric) / Math.max(1, Math.max(Math.abs(a), Math.abs(numeric)));
        if (!(error <= worst.error())) {
          worst = new Report(i, entry, a, numeric, error);
        }
      }
    }
    return worst;
  }

  private static double difference(
      Function<List<Tensor>, Tensor> f, List<double[]> values, Tensor[] xs, int input, int entry) {
    double x = values.get(input)[entry];
    double up = x + STEP;
    double down = x - STEP;
    return (at(f, values, xs, input, entry, up) - at(f, values, xs, input, entry, down))
        / (up - down);
  }

  @SuppressWarnings("try") // the scope is there for its end
  private static double at(
      Function<List<Tensor>, Tensor> f,
      List<double[]> values,
      Tensor[] xs,
      int input,
      int entry,
      double x) {
    List<double[]> moved = new ArrayList<>(values);
    double[] copy = Arrays.copyOf(values.get(input), values.get(input).length);
    copy[entry] = x;
    moved.set(input, copy);
    try (Scope ignored = Scope.open()) {
      return weighted(f.apply(List.of(bind(moved, xs))), 1).doubleItem();
    }
  }

  private static Tensor[] bind(List<double[]> values, Tensor[] xs) {
    Tensor[] bound = new Tensor[xs.length];
    for (int i = 0; i < xs.length; i++) {
      bound[i] = Tensor.of(values.get(i), xs[i].shape().dims()).variable();
    }
    return bound;
  }

  /** Returns Σ w·y with weights in [0.5, 1.5) that depend on the shape and {@code salt} alone. */
  private static Tensor weighted(Tensor y, long salt) {
    Tensor w = Key.of(salt).uniform(DType.F64, y.shape().dims()).plus(0.5);
    return y.cast(DType.F64).times(w).sum();
  }
}
