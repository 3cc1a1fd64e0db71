package org.adjoint.check;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.adjoint.DType;
import org.adjoint.Tensor;

/**
 * Compares derivatives with central differences, for any function of tensors: {@code
 * GradCheck.check(f, x)}, or {@code GradCheck.fast().order(2).check(f, x)} where more is to be
 * said. Reverse and forward mode are both checked. It refuses to say anything at kinks: where a
 * function has no derivative, no two methods need to agree.
 *
 * <p>Slow mode looks at every entry of every input, along one fixed combination v of all outputs:
 * two evaluations an entry and order. Fast mode looks along one random direction u an input:
 * vᵀ(J·u) by a central difference against (vᵀJ)·u and v·(J·u) by the rules, two evaluations an
 * input however large it is; an error in a few of many entries may escape it. If it fails, halving
 * the direction finds an entry to name. See PyTorch, <a
 * href="https://docs.pytorch.org/docs/stable/notes/gradcheck.html">Gradcheck mechanics</a>.
 *
 * <p>Two derivatives a and b agree if |a − b| ≤ tolerance · max(1, |a|, |b|). The step h is scaled
 * by max(1, |x|); along a random direction every entry moves by about that much. A central
 * difference errs by h²|f‴|/6 through the curve and by about ε|f|/h through rounding, least near h
 * = ∛ε, which is 6e-6 in F64 and 4e-3 in F32, with errors near 4e-11 and 2e-5. So the defaults are
 * step 1e-6 and tolerance 1e-6 where all is F64, step 2⁻⁸ and tolerance 2e-3 (JAX's for F32
 * gradients) where an input or output is F32. The function runs in the dtype that it is given; only
 * the difference is taken in F64. One that narrows inside needs a step and a tolerance to match.
 */
public final class GradCheck {
  private GradCheck() {}

  /** Which way derivatives are taken. */
  public enum Mode {
    /** Vector-Jacobian products. */
    REVERSE,
    /** Jacobian-vector products; at order n, of a gradient taken n − 1 times in reverse. */
    FORWARD
  }

  /** Checks the gradient of a function of one tensor; see {@link Settings#check}. */
  public static Report check(UnaryOperator<Tensor> f, Tensor x) {
    return slow().check(f, x);
  }

  /** Checks the gradients of a function of two tensors; see {@link Settings#check}. */
  public static Report check(BinaryOperator<Tensor> f, Tensor x, Tensor y) {
    return slow().check(f, x, y);
  }

  /** Checks the gradients of a function of any tensors; see {@link Settings#check}. */
  public static Report check(Function<List<Tensor>, Tensor> f, List<Tensor> xs) {
    return slow().check(f, xs);
  }

  /** Returns the settings that {@link #check} has: every entry, first order. */
  public static Settings slow() {
    return new Settings(false, 1, OptionalDouble.empty(), OptionalDouble.empty(), List.of());
  }

  /** Returns settings for large inputs: one random direction an input, first order. */
  public static Settings fast() {
    return new Settings(true, 1, OptionalDouble.empty(), OptionalDouble.empty(), List.of());
  }

  /**
   * How to check. Immutable: each setter returns new settings.
   *
   * @param fast along random directions instead of entry by entry
   * @param order how often to differentiate: every order from 1 to this one is checked
   * @param step the step of the differences, to be scaled by max(1, |x|); empty for the dtype's
   * @param tolerance what the error may be; empty for the dtype's
   * @param names of the inputs; empty to call them by number, and parameters by their names
   */
  public record Settings(
      boolean fast, int order, OptionalDouble step, OptionalDouble tolerance, List<String> names) {

    /** Checks that every setting is in range. */
    public Settings {
      if (order < 1) {
        throw new IllegalArgumentException("gradcheck: the order must be at least 1, got " + order);
      }
      positive("step", step);
      positive("tolerance", tolerance);
      names = List.copyOf(names);
    }

    private static void positive(String what, OptionalDouble value) {
      if (value.isPresent() && !(value.getAsDouble() > 0 && value.getAsDouble() < 1e300)) {
        throw new IllegalArgumentException(
            "gradcheck: the " + what + " must be a number above 0, got " + value.getAsDouble());
      }
    }

    /** Returns these settings for all orders from 1 to {@code n}. */
    public Settings order(int n) {
      return new Settings(fast, n, step, tolerance, names);
    }

    /** Returns these settings with another step, in every dtype. */
    public Settings step(double h) {
      return new Settings(fast, order, OptionalDouble.of(h), tolerance, names);
    }

    /** Returns these settings with another tolerance, in every dtype. */
    public Settings tolerance(double most) {
      return new Settings(fast, order, step, OptionalDouble.of(most), names);
    }

    /** Returns these settings with names for the inputs, one each. */
    public Settings names(String... inputs) {
      return new Settings(fast, order, step, tolerance, List.of(inputs));
    }

    /**
     * Checks a function of one tensor and returns the worst derivative met.
     *
     * @throws AssertionError with the report if it is out of tolerance
     * @throws IllegalArgumentException as {@link #report} says
     */
    public Report check(UnaryOperator<Tensor> f, Tensor x) {
      return check(xs -> f.apply(xs.get(0)), List.of(x));
    }

    /** Checks a function of two tensors likewise. */
    public Report check(BinaryOperator<Tensor> f, Tensor x, Tensor y) {
      return check(xs -> f.apply(xs.get(0), xs.get(1)), List.of(x, y));
    }

    /** Checks a function of any tensors likewise. */
    public Report check(Function<List<Tensor>, Tensor> f, List<Tensor> xs) {
      return checkList(inputs -> List.of(f.apply(inputs)), xs);
    }

    /** Checks a function of any tensors with any outputs likewise. */
    public Report checkList(Function<List<Tensor>, List<Tensor>> f, List<Tensor> xs) {
      Report report = report(f, xs);
      if (!report.passed()) {
        throw new AssertionError("gradcheck " + report);
      }
      return report;
    }

    /**
     * Returns the worst derivative met, without judging it. Integers and booleans among the inputs
     * stay as they are, those among the outputs are not looked at.
     *
     * @throws IllegalArgumentException if no input or no output is floating, an input is not finite
     *     or an output is NaN, the names are not as many as the inputs, or the function gives other
     *     values when it is called again
     */
    public Report report(Function<List<Tensor>, List<Tensor>> f, List<Tensor> xs) {
      return report(f, xs, 1, Set.of(Mode.values()));
    }

    /** Returns the worst derivative of orders {@code from} … {@link #order} in some modes. */
    Report report(
        Function<List<Tensor>, List<Tensor>> f, List<Tensor> xs, int from, Set<Mode> modes) {
      Probe probe = new Probe(this, f, xs);
      Report worst = probe.nothing();
      for (int n = from; n <= order; n++) {
        for (Mode mode : modes) {
          worst = Report.worse(worst, probe.worst(mode, n));
        }
      }
      return worst;
    }

    /** Returns the step for a function that knows {@code dtype} and nothing narrower. */
    double stepFor(DType dtype) {
      return step.orElse(dtype == DType.F64 ? 1e-6 : 0x1p-8);
    }

    /** Returns the tolerance for a function that knows {@code dtype} and nothing narrower. */
    double toleranceFor(DType dtype) {
      return tolerance.orElse(dtype == DType.F64 ? 1e-6 : 2e-3);
    }
  }

  /**
   * What a check found: the worst of the derivatives that it compared.
   *
   * @param count how many were compared
   * @param mode which way the worst was taken
   * @param order its order
   * @param input which input it is by; −1 if there was no entry to compare
   * @param name what that input is called
   * @param entry where in that input, one index an axis; empty for a random direction
   * @param analytic the derivative by the rules
   * @param numeric the central difference
   * @param error |analytic − numeric| / max(1, |analytic|, |numeric|)
   * @param tolerance what the error may be
   */
  public record Report(
      long count,
      Mode mode,
      int order,
      int input,
      String name,
      Optional<List<Long>> entry,
      double analytic,
      double numeric,
      double error,
      double tolerance) {
    /** Returns whether the worst is within the tolerance; NaN never is. */
    public boolean passed() {
      return error <= tolerance;
    }

    /** Returns the worse of two, with the count of both. */
    static Report worse(Report a, Report b) {
      boolean second = Double.isNaN(b.error) || b.error > a.error || a.count == 0;
      Report worse = second && !Double.isNaN(a.error) ? b : a;
      return worse.counted(a.count + b.count);
    }

    /** Returns the same with another count. */
    Report counted(long n) {
      return new Report(n, mode, order, input, name, entry, analytic, numeric, error, tolerance);
    }

    @Override
    public String toString() {
      if (count == 0) {
        return "passed: no entry to compare";
      }
      return (passed() ? "passed: " + count + " derivatives, the worst by " : "failed: by ")
          + name
          + entry.map(e -> ", entry " + e).orElse(", along a random direction")
          + ": "
          + (mode == Mode.REVERSE ? "reverse" : "forward")
          + " mode, order "
          + order
          + ": derivative "
          + analytic
          + ", central difference "
          + numeric
          + ", error "
          + error
          + ", allowed "
          + tolerance
          + (Double.isNaN(numeric) ? "; the function is not finite one step away" : "");
    }
  }
}
