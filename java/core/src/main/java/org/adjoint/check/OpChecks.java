package org.adjoint.check;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.adjoint.Adjoint;
import org.adjoint.Compiled;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.check.GradCheck.Mode;
import org.adjoint.check.GradCheck.Report;

/**
 * Runs one {@link OpCheck} on one row of {@link OpCases}, on the backend in use. A check that fails
 * throws an {@link AssertionError} that names the row and the worst values.
 */
public final class OpChecks {
  /** Above so many entries a derivative is checked along random directions. */
  private static final int MOST_ENTRIES = 120;

  /** A second derivative likewise: it costs several times as much. */
  private static final int MOST_ENTRIES_TWICE = 60;

  private static final long SEED = 42;

  /** F32 derivatives may differ from F64 ones by so much of max(1, |g|): JAX's tolerance. */
  private static final double F32_DERIVATIVE = 2e-3;

  private OpChecks() {}

  /** Returns why a check has nothing to look at in a row; empty if it has. */
  public static Optional<String> leftOut(OpCheck check, OpCase row, DType dtype, String backend) {
    boolean still = !row.isDifferentiable();
    boolean whole = row.floatingInputs().isEmpty();
    return switch (check) {
      case TRANSPOSE -> still ? Optional.of(row.still()) : Optional.empty();
      case REVERSE, FORWARD, SECOND_ORDER -> {
        if (row.rounds()) {
          yield Optional.of(
              "rounds to BF16, which goes in steps; its derivatives are judged by F32's");
        }
        yield still ? Optional.of(row.still()) : Optional.empty();
      }
      case BATCH ->
          row.inputs().isEmpty()
              ? Optional.of("has no input to batch")
              : onceIs(whole && dtype == DType.F64);
      case COMPILED -> onceIs(whole && dtype == DType.F64);
      case VALUE ->
          backend.equals("reference") && (whole || dtype == DType.F64)
              ? Optional.of("is the reference itself")
              : onceIs(whole && dtype == DType.F64);
    };
  }

  private static Optional<String> onceIs(boolean enough) {
    return enough ? Optional.of("takes no floating input, so its F32 cell says all") : NONE;
  }

  private static final Optional<String> NONE = Optional.empty();

  /** Runs a check that {@link #leftOut} says nothing against. */
  public static void run(OpCheck check, OpCase row, DType dtype) {
    Scope.run(
        () -> {
          switch (check) {
            case VALUE -> value(row, dtype);
            case TRANSPOSE -> transpose(row, dtype);
            case BATCH -> BatchCheck.run(row, dtype, SEED);
            case COMPILED -> compiled(row, dtype);
            case REVERSE -> derivative(row, dtype, Mode.REVERSE, 1);
            case FORWARD -> derivative(row, dtype, Mode.FORWARD, 1);
            case SECOND_ORDER -> {
              derivative(row, dtype, Mode.REVERSE, 2);
              derivative(row, dtype, Mode.FORWARD, 2);
            }
          }
        });
  }

  /**
   * Returns the worst of all derivatives of a row in both modes, up to an order, in F64: every
   * entry, or random directions where there are many.
   */
  public static Report derivatives(OpCase row, int order) {
    return report(row, settings(row, order), 1, EnumSet.allOf(Mode.class));
  }

  private static GradCheck.Settings settings(OpCase row, int order) {
    boolean few = row.entries() <= (order == 1 ? MOST_ENTRIES : MOST_ENTRIES_TWICE);
    return (few ? GradCheck.slow() : GradCheck.fast()).order(order);
  }

  @SuppressWarnings("try") // the scope is there for its end
  private static Report report(OpCase row, GradCheck.Settings settings, int from, Set<Mode> modes) {
    try (Scope ignored = Scope.open()) {
      List<Tensor> sample = row.sample(DType.F64, SEED);
      Function<List<Tensor>, List<Tensor>> f = xs -> List.of(row.function().apply(xs));
      return settings.report(f, sample, from, modes);
    }
  }

  private static void derivative(OpCase row, DType dtype, Mode mode, int order) {
    if (dtype == DType.F32) {
      List<double[]> wide = derivatives(row, DType.F64, mode, order);
      List<double[]> narrow = derivatives(row, DType.F32, mode, order);
      for (int i = 0; i < wide.size(); i++) {
        String what = mode == Mode.REVERSE ? "gradient of input " + i : "tangent";
        Numbers.compare(
            row.title() + ": F32 " + what + " of order " + order,
            narrow.get(i),
            wide.get(i),
            F32_DERIVATIVE);
      }
      return;
    }
    // Forward mode is the transpose of reverse mode, which is another check: one direction is
    // enough here.
    GradCheck.Settings settings =
        mode == Mode.REVERSE ? settings(row, order) : GradCheck.fast().order(order);
    Report report = report(row, settings, order, Set.of(mode));
    if (!report.passed()) {
      throw new AssertionError(row.title() + ": " + report);
    }
  }

  /** Returns gradients by all inputs, or the tangent along a fixed direction. */
  private static List<double[]> derivatives(OpCase row, DType dtype, Mode mode, int order) {
    List<Tensor> sample = row.sample(dtype, SEED);
    List<Tensor> xs = variables(row, sample);
    Tensor y = row.function().apply(sample);
    for (int n = 1; n < order; n++) {
      Tensor sum = Tensor.scalar(0.0);
      for (Tensor g : Grad.grad(weighted(y), xs.toArray(new Tensor[0]))) {
        sum = sum.plus(weighted(g));
      }
      y = sum.cast(dtype);
    }
    List<double[]> values = new ArrayList<>();
    if (mode == Mode.REVERSE) {
      for (Tensor g : Grad.grad(weighted(y), xs.toArray(new Tensor[0]))) {
        values.add(g.toDoubleArray());
      }
    } else {
      values.add(Grad.jvp(y, xs, directions(xs)).toDoubleArray());
    }
    return values;
  }

  /** Returns Σ w·y in F64 with fixed weights of about 1. */
  private static Tensor weighted(Tensor y) {
    Tensor w = Key.of(1).uniform(DType.F64, y.shape().dims()).plus(0.5);
    return y.cast(DType.F64).times(w).sum();
  }

  private static List<Tensor> directions(List<Tensor> xs) {
    List<Tensor> vs = new ArrayList<>();
    for (int i = 0; i < xs.size(); i++) {
      Tensor x = xs.get(i);
      vs.add(Key.of(2 + i).normal(DType.F64, x.shape().dims()).cast(x.dtype()));
    }
    return vs;
  }

  private static void transpose(OpCase row, DType dtype) {
    List<Tensor> sample = row.sample(dtype, SEED);
    List<Tensor> xs = variables(row, sample);
    Tensor y = row.function().apply(sample);
    Tensor w = Key.of(1).normal(DType.F64, y.shape().dims()).cast(y.dtype());
    List<Tensor> vs = directions(xs);
    Tensor reverse = Tensor.scalar(0.0);
    Tensor size = Tensor.scalar(1.0);
    List<Tensor> pulled = Grad.vjp(y, w, xs.toArray(new Tensor[0]));
    for (int i = 0; i < xs.size(); i++) {
      Tensor terms = pulled.get(i).cast(DType.F64).times(vs.get(i).cast(DType.F64));
      reverse = reverse.plus(terms.sum());
      size = size.plus(terms.abs().sum());
    }
    Tensor pushed = Grad.jvp(y, xs, vs).cast(DType.F64).times(w.cast(DType.F64));
    Tensor forward = pushed.sum();
    size = size.plus(pushed.abs().sum());
    Tensor.evalAll(forward, reverse, size);
    double error = Math.abs(forward.item() - reverse.item());
    double share = row.rounds() ? row.tolerance() : dtype == DType.F32 ? 1e-5 : 1e-12;
    double allowed = share * size.item();
    if (!(error <= allowed)) {
      throw new AssertionError(
          row.title()
              + ": "
              + dtype
              + ": <w, Jv> is "
              + forward.item()
              + ", <JTw, v> is "
              + reverse.item()
              + ", allowed "
              + allowed);
    }
  }

  /** Checks values against the reference; leaves the backend in use as it was. */
  private static void value(OpCase row, DType dtype) {
    String backend = Adjoint.backend();
    if (backend.equals("reference")) {
      double[] wide = Numbers.of(row.function().apply(row.sample(DType.F64, SEED)));
      double[] narrow = Numbers.of(row.function().apply(row.sample(DType.F32, SEED)));
      Numbers.compare(row.title() + ": F32 value", narrow, wide, 10 * row.tolerance());
      return;
    }
    List<double[]> expected;
    Adjoint.backend("reference");
    try {
      expected = valueAndGradients(row, dtype);
    } finally {
      Adjoint.backend(backend);
    }
    List<double[]> actual = valueAndGradients(row, dtype);
    double tolerance = row.tolerance(dtype);
    same(row, dtype + " %s on " + backend, actual, expected, tolerance);
  }

  private static List<double[]> valueAndGradients(OpCase row, DType dtype) {
    List<Tensor> sample = row.sample(dtype, SEED);
    return read(valueAndGradients(row, sample, variables(row, sample)));
  }

  /** Returns the value, and the gradients of Σ y² by those of {@code xs} that are floating. */
  static List<Tensor> valueAndGradients(OpCase row, List<Tensor> inputs, List<Tensor> xs) {
    Tensor y = row.function().apply(inputs);
    List<Tensor> results = new ArrayList<>(List.of(y));
    if (row.isDifferentiable()) {
      Tensor[] by = xs.stream().filter(x -> x.dtype().isFloating()).toArray(Tensor[]::new);
      results.addAll(Grad.grad(y.square().sum(), by));
    }
    return results;
  }

  private static void compiled(OpCase row, DType dtype) {
    Function<List<Tensor>, List<Tensor>> f = Compiled.ofList(xs -> valueAndGradients(row, xs, xs));
    List<double[]> first = read(f.apply(row.sample(dtype, SEED)));
    List<double[]> second = read(f.apply(row.sample(dtype, SEED)));
    same(row, dtype + " %s of one compiled call and another", second, first, 0);
    same(row, dtype + " %s, compiled", first, valueAndGradients(row, dtype), 0);
    // A matmul that takes the bias along rounds once; op by op it rounds twice.
    double tolerance = row.rounds() || dtype == DType.F32 ? row.tolerance() : 1e-12;
    Adjoint.eager(true);
    try {
      same(
          row,
          dtype + " %s, compiled against eager",
          first,
          valueAndGradients(row, dtype),
          tolerance);
    } finally {
      Adjoint.eager(false);
    }
  }

  private static List<double[]> read(List<Tensor> results) {
    return results.stream().map(Numbers::of).toList();
  }

  /** Compares values, and gradients with ten times the tolerance: they sum many terms. */
  private static void same(
      OpCase row, String what, List<double[]> actual, List<double[]> expected, double tolerance) {
    for (int i = 0; i < expected.size(); i++) {
      String which = i == 0 ? "value" : "gradient " + (i - 1);
      Numbers.compare(
          row.title() + ": " + String.format(what, which),
          actual.get(i),
          expected.get(i),
          i == 0 ? tolerance : 10 * tolerance);
    }
  }

  /** Checks that a row without derivative gives zero or throws, in both modes. */
  public static void still(OpCase row) {
    Scope.run(
        () -> {
          List<Tensor> sample = row.sample(DType.F64, SEED);
          List<Tensor> xs = variables(row, sample);
          Tensor y = row.function().apply(sample);
          if (!y.dtype().isFloating() || xs.isEmpty()) {
            mustRefuse(row, sample, y);
            return;
          }
          List<Tensor> zeros = new ArrayList<>(Grad.grad(weighted(y), xs.toArray(new Tensor[0])));
          zeros.add(Grad.jvp(y, xs, directions(xs)));
          for (Tensor zero : zeros) {
            double[] values = zero.toDoubleArray();
            Numbers.compare(row.title() + ": derivative", values, new double[values.length], 0);
          }
        });
  }

  private static void mustRefuse(OpCase row, List<Tensor> sample, Tensor y) {
    if (sample.isEmpty() && y.dtype().isFloating()) {
      return; // nothing to differentiate by
    }
    try {
      Grad.grad(y.dtype().isFloating() ? y.sum() : y, sample.toArray(new Tensor[0]));
    } catch (IllegalArgumentException e) {
      return;
    }
    throw new AssertionError(row.title() + ": a gradient of integers or booleans was not refused");
  }

  private static List<Tensor> variables(OpCase row, List<Tensor> sample) {
    List<Tensor> xs = new ArrayList<>();
    for (int i : row.floatingInputs()) {
      xs.add(sample.get(i).variable());
    }
    return xs;
  }
}
