package org.adjoint.check;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.adjoint.Adjoint;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.Vmap;

/**
 * The checks that every row of {@link OpCases} passes, on the backend in use. Each throws an {@link
 * AssertionError} that names the row and the worst values.
 */
public final class OpChecks {
  /** Above so many entries a gradient is checked on other rows of the same op. */
  private static final int MOST_ENTRIES = 120;

  private static final long SEED = 42;

  /** F32 gradients may differ from F64 ones by so much of max(1, |g|): JAX's tolerance. */
  private static final double F32_GRADIENT = 2e-3;

  private OpChecks() {}

  /** Returns whether a row is small enough for central differences and has a derivative. */
  public static boolean hasGradientCheck(OpCase row) {
    return row.order() > 0 && entries(row) <= MOST_ENTRIES;
  }

  private static long entries(OpCase row) {
    long entries = 0;
    for (int i : row.floatingInputs()) {
      entries += row.inputs().get(i).shape().size();
    }
    return entries;
  }

  /** Checks first and second order against central differences, in F64. */
  @SuppressWarnings("try") // the scope is there for its end
  public static void gradients(OpCase row) {
    try (Scope scope = Scope.open()) {
      List<Tensor> sample = row.sample(DType.F64, SEED);
      Function<List<Tensor>, Tensor> f = onFloating(row, sample);
      Tensor[] xs = floating(row, sample);
      GradCheck.Report report =
          GradCheck.slow().order(row.order()).report(x -> List.of(f.apply(x)), List.of(xs));
      if (!report.passed()) {
        throw new AssertionError(row.title() + ": " + report);
      }
    }
  }

  /** Checks that forward and reverse mode are transposes: ⟨w, J v⟩ = ⟨Jᵀ w, v⟩, in F64. */
  public static void forwardIsTransposeOfReverse(OpCase row) {
    Scope.run(
        () -> {
          List<Tensor> sample = row.sample(DType.F64, SEED);
          Tensor[] xs = floating(row, sample);
          Tensor y = onFloating(row, sample).apply(List.of(xs));
          Tensor w = Key.of(1).normal(DType.F64, y.shape().dims());
          List<Tensor> vs = new ArrayList<>();
          Tensor reverse = Tensor.scalar(0.0);
          Tensor size = Tensor.scalar(1.0);
          List<Tensor> pulled = Grad.vjp(y, w, xs);
          for (int i = 0; i < xs.length; i++) {
            Tensor v = Key.of(2 + i).normal(DType.F64, xs[i].shape().dims());
            vs.add(v);
            reverse = reverse.plus(pulled.get(i).times(v).sum());
            size = size.plus(pulled.get(i).times(v).abs().sum());
          }
          Tensor forward = Grad.jvp(y, List.of(xs), vs).times(w).sum();
          Tensor.evalAll(forward, reverse, size);
          double error = Math.abs(forward.doubleItem() - reverse.doubleItem());
          if (!(error <= 1e-12 * size.doubleItem())) {
            throw new AssertionError(
                row.title()
                    + ": <w, Jv> is "
                    + forward.doubleItem()
                    + ", <JTw, v> is "
                    + reverse.doubleItem());
          }
        });
  }

  /** Checks a batch of three samples against a loop over them: values and gradients, in F64. */
  public static void batchEqualsLoop(OpCase row) {
    Scope.run(
        () -> {
          List<List<Tensor>> samples = new ArrayList<>();
          for (long seed = SEED; seed < SEED + 3; seed++) {
            samples.add(row.sample(DType.F64, seed));
          }
          // Every input batched, then each alone, the others shared.
          for (int alone = -1; alone < row.inputs().size(); alone++) {
            batchEqualsLoop(row, samples, alone);
          }
        });
  }

  private static void batchEqualsLoop(OpCase row, List<List<Tensor>> samples, int alone) {
    List<Tensor> stacked = new ArrayList<>();
    List<Integer> mapped = new ArrayList<>();
    for (int i = 0; i < row.inputs().size(); i++) {
      if (alone < 0 || alone == i) {
        mapped.add(i);
        stacked.add(stack(samples, i));
      }
    }
    Function<List<Tensor>, List<Tensor>> one =
        xs -> {
          List<Tensor> all = new ArrayList<>(samples.get(0));
          for (int i = 0; i < mapped.size(); i++) {
            all.set(mapped.get(i), xs.get(i));
          }
          List<Tensor> results = new ArrayList<>();
          Tensor y = row.function().apply(all);
          results.add(y);
          if (row.order() > 0) {
            List<Tensor> by = xs.stream().filter(x -> x.dtype() == DType.F64).toList();
            results.addAll(Grad.grad(y.square().sum(), by.toArray(new Tensor[0])));
          }
          return results;
        };
    List<Tensor> batch = Vmap.ofList(one).apply(stacked);
    for (int sample = 0; sample < samples.size(); sample++) {
      List<Tensor> xs = new ArrayList<>();
      for (int i : mapped) {
        Tensor x = samples.get(sample).get(i);
        xs.add(x.dtype() == DType.F64 ? x.variable() : x);
      }
      List<Tensor> looped = one.apply(xs);
      for (int i = 0; i < looped.size(); i++) {
        double[] expected = numbers(looped.get(i));
        double[] actual = numbers(batch.get(i).get(sample));
        compare(row.title() + ": example " + sample + " of a batch", actual, expected, 1e-12);
      }
    }
  }

  private static Tensor stack(List<List<Tensor>> samples, int input) {
    Tensor[] parts = new Tensor[samples.size()];
    for (int i = 0; i < parts.length; i++) {
      Tensor x = samples.get(i).get(input);
      long[] dims = new long[1 + x.rank()];
      dims[0] = 1;
      System.arraycopy(x.shape().dims(), 0, dims, 1, x.rank());
      parts[i] = x.reshape(dims);
    }
    return Tensor.concat(0, parts).eval();
  }

  /** Checks gradients computed in F32 against those computed in F64. */
  @SuppressWarnings("try") // the scope is there for its end
  public static void narrowGradients(OpCase row) {
    try (Scope scope = Scope.open()) {
      List<double[]> wide = gradientValues(row, DType.F64);
      List<double[]> narrow = gradientValues(row, DType.F32);
      for (int i = 0; i < wide.size(); i++) {
        compare(
            row.title() + ": F32 gradient of input " + i, narrow.get(i), wide.get(i), F32_GRADIENT);
      }
    }
  }

  private static List<double[]> gradientValues(OpCase row, DType dtype) {
    List<Tensor> sample = row.sample(dtype, SEED);
    Tensor[] xs = floating(row, sample);
    Tensor y = onFloating(row, sample).apply(List.of(xs));
    List<double[]> values = new ArrayList<>();
    for (Tensor g : Grad.grad(y.sum(), xs)) {
      values.add(g.toDoubleArray());
    }
    return values;
  }

  /**
   * Checks values and gradients of one backend against those of the reference, in one dtype; leaves
   * {@code backend} in use.
   */
  public static void parity(OpCase row, DType dtype, String backend) {
    Adjoint.backend("reference");
    List<double[]> expected = valueAndGradients(row, dtype);
    Adjoint.backend(backend);
    List<double[]> actual = valueAndGradients(row, dtype);
    double tolerance = dtype == DType.F32 ? row.tolerance() : Math.min(row.tolerance(), 1e-12);
    for (int i = 0; i < expected.size(); i++) {
      String what = i == 0 ? "value" : "gradient " + (i - 1);
      double allowed = i == 0 ? tolerance : 10 * tolerance;
      compare(
          row.title() + ": " + dtype + " " + what + " on " + backend,
          actual.get(i),
          expected.get(i),
          allowed);
    }
  }

  @SuppressWarnings("try") // the scope is there for its end
  private static List<double[]> valueAndGradients(OpCase row, DType dtype) {
    try (Scope scope = Scope.open()) {
      List<Tensor> sample = row.sample(dtype, SEED);
      Tensor[] xs = floating(row, sample);
      Tensor y = onFloating(row, sample).apply(List.of(xs));
      List<double[]> values = new ArrayList<>();
      values.add(numbers(y));
      if (row.order() > 0) {
        for (Tensor g : Grad.grad(y.square().sum(), xs)) {
          values.add(numbers(g));
        }
      }
      return values;
    }
  }

  /** Returns any tensor's elements as doubles, whole numbers mod 2⁵³ included for keys. */
  private static double[] numbers(Tensor y) {
    return switch (y.dtype()) {
      case F32, F64 -> y.toDoubleArray();
      case I32, I64 -> {
        long[] whole = y.toLongArray();
        double[] halves = new double[2 * whole.length];
        for (int i = 0; i < whole.length; i++) {
          halves[2 * i] = whole[i] >> 32;
          halves[2 * i + 1] = whole[i] & 0xFFFFFFFFL;
        }
        yield halves;
      }
      case BOOL -> {
        boolean[] flags = y.toBooleanArray();
        double[] ones = new double[flags.length];
        for (int i = 0; i < flags.length; i++) {
          ones[i] = flags[i] ? 1 : 0;
        }
        yield ones;
      }
    };
  }

  private static void compare(String what, double[] actual, double[] expected, double tolerance) {
    if (actual.length != expected.length) {
      throw new AssertionError(
          what + ": " + actual.length + " elements, expected " + expected.length);
    }
    for (int i = 0; i < actual.length; i++) {
      boolean same = Double.compare(actual[i], expected[i]) == 0;
      double error = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
      if (!same && !(error <= tolerance)) {
        throw new AssertionError(
            what
                + ": entry "
                + i
                + " is "
                + actual[i]
                + ", expected "
                + expected[i]
                + ", error "
                + error
                + ", allowed "
                + tolerance);
      }
    }
  }

  private static Tensor[] floating(OpCase row, List<Tensor> sample) {
    List<Tensor> xs = new ArrayList<>();
    for (int i : row.floatingInputs()) {
      xs.add(sample.get(i).variable());
    }
    return xs.toArray(new Tensor[0]);
  }

  /** Returns the row's function of its floating inputs alone, the others held. */
  private static Function<List<Tensor>, Tensor> onFloating(OpCase row, List<Tensor> sample) {
    return xs -> {
      List<Tensor> all = new ArrayList<>(sample);
      List<Integer> places = row.floatingInputs();
      for (int i = 0; i < xs.size(); i++) {
        all.set(places.get(i), xs.get(i));
      }
      return row.function().apply(all);
    };
  }
}
