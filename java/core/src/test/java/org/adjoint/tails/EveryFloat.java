package org.adjoint.tails;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.adjoint.Adjoint;
import org.adjoint.Compiled;
import org.adjoint.Grad;
import org.adjoint.Scope;
import org.adjoint.Tensor;

/**
 * Tries value and derivative of a {@link Tail} on every float, or on a part of them that is evenly
 * spread over bit patterns and so over exponents, on the backend in use, and holds both to the
 * {@link Bar}. The truths are {@link Formulas}. Infinities and NaN are left to laws.
 */
public final class EveryFloat {
  /** The system property that has every float tried: {@code mvn -Pexhaustive} sets it. */
  private static final String EXHAUSTIVE = "adjoint.exhaustive";

  private static final Map<String, Formulas.Formula> FORMULAS = Formulas.all();
  private static final long PATTERNS = 1L << 32;
  private static final int BATCH = 1 << 22;
  private static final int PARTS = 64;

  private final Tail tail;
  private final DoubleUnaryOperator[] truth;
  private final Worst[] worst = {Worst.NONE, Worst.NONE};
  private long tried;

  /** The largest error in units of what is allowed, and where. */
  private record Worst(double ratio, double at, double got, double exact) {
    static final Worst NONE = new Worst(-1, 0, 0, 0);

    Worst or(Worst other) {
      return other.ratio > ratio ? other : this;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "%.3g of the bar at %s: %s, exact %s", ratio, (float) at, got, exact);
    }
  }

  private EveryFloat(Tail tail) {
    this.tail = tail;
    Formulas.Formula formula = FORMULAS.get(tail.name());
    this.truth = new DoubleUnaryOperator[] {formula.value(), formula.slope()};
  }

  /** Returns the rows of {@link Tails} that have {@link Formulas}. */
  public static List<Tail> tails() {
    return Stream.concat(Tails.all().stream(), Tails.parts().stream())
        .filter(t -> FORMULAS.containsKey(t.name()))
        .toList();
  }

  /**
   * Returns what is wrong with a row, empty if nothing is: on every float if the system property
   * says so, else on 64 an exponent.
   *
   * @param step of every float only each so many is tried
   */
  public static String failures(Tail tail, int step) {
    boolean exhaustive = Boolean.getBoolean(EXHAUSTIVE);
    // Odd, so that mantissas differ from exponent to exponent.
    return new EveryFloat(tail).run(exhaustive ? step : (1 << 17) - 1, exhaustive);
  }

  /** Returns where a formula is not the truth in 220 bits to 1e-8, empty if nowhere. */
  static String mistakes(Tail tail) {
    EveryFloat row = new EveryFloat(tail);
    SplittableRandom random = new SplittableRandom(1);
    double[] xs =
        IntStream.range(0, 1 << 7)
            .mapToDouble(i -> Float.intBitsToFloat((i << 25) + random.nextInt(1 << 25)))
            .filter(row::isInDomain)
            .toArray();
    StringBuilder mistakes = new StringBuilder();
    for (int order = 0; order < Math.min(2, tail.truth().size()); order++) {
      UnaryOperator<Real> exact = tail.truth().get(order);
      for (double x : xs) {
        double expected = exact.apply(Real.of(x)).toDouble();
        double got = row.truth[order].applyAsDouble(x);
        if (!(Math.abs(got - expected) <= 1e-8 * Math.max(Math.abs(expected), Float.MIN_NORMAL))
            && (float) got != (float) expected) {
          mistakes.append(tail + " order " + order + " at " + x + ": " + got + ", " + expected);
        }
      }
    }
    return mistakes.toString();
  }

  private boolean isInDomain(double x) {
    return x > tail.low() && x < tail.high() && !Double.isInfinite(x);
  }

  private String run(int step, boolean aloud) {
    long start = System.nanoTime();
    Function<List<Tensor>, List<Tensor>> program =
        Compiled.ofList(
            xs -> {
              Tensor slope = Grad.of((Tensor x) -> tail.f().apply(x).sum()).apply(xs.get(0));
              return List.of(tail.f().apply(xs.get(0)), slope);
            });
    long count = (PATTERNS + step - 1) / step;
    for (long from = 0; from < count; from += BATCH) {
      float[] x = new float[(int) Math.min(BATCH, count - from)];
      for (int i = 0; i < x.length; i++) {
        x[i] = Float.intBitsToFloat((int) ((from + i) * step));
      }
      Scope.run(
          () -> {
            List<Tensor> y = program.apply(List.of(Tensor.of(x, x.length)));
            compare(0, x, y.get(0).toArray());
            compare(1, x, y.get(1).toArray());
          });
    }
    if (aloud) {
      System.out.printf(
          Locale.ROOT,
          "%s on %s, %d floats, %.0f s: value %s; derivative %s%n",
          tail,
          Adjoint.backend(),
          tried,
          (System.nanoTime() - start) * 1e-9,
          worst[0],
          worst[1]);
    }
    List<String> wrong = new ArrayList<>();
    for (int order = 0; order < 2; order++) {
      if (worst[order].ratio > 1) {
        wrong.add(tail + " on " + Adjoint.backend() + ", order " + order + ": " + worst[order]);
      }
    }
    return String.join("\n", wrong);
  }

  private void compare(int order, float[] x, float[] got) {
    Worst found =
        IntStream.range(0, PARTS)
            .parallel()
            .mapToObj(part -> worst(order, x, got, part))
            .reduce(Worst.NONE, Worst::or);
    worst[order] = worst[order].or(found);
    tried += order == 0 ? x.length : 0;
  }

  private Worst worst(int order, float[] x, float[] got, int part) {
    int to = (int) ((long) x.length * (part + 1) / PARTS);
    Worst worst = Worst.NONE;
    for (int i = (int) ((long) x.length * part / PARTS); i < to; i++) {
      if (isInDomain(x[i])) {
        double exact = truth[order].applyAsDouble(x[i]);
        double ratio = Double.isNaN(exact) ? 0 : Bar.F32.ratio(tail, order, x[i], exact, got[i]);
        if (ratio > worst.ratio) {
          worst = new Worst(ratio, x[i], got[i], exact);
        }
      }
    }
    return worst;
  }
}
