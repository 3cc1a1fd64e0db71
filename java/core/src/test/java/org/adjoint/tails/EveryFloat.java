package org.adjoint.tails;

import java.util.ArrayList;
import java.util.Arrays;
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
 * {@link Bar}. The truths are {@link Formulas}, {@link Interpolated} between floats of one
 * exponent; what is reported as worst is held against the formula itself. Infinities and NaN are
 * left to laws.
 */
public final class EveryFloat {
  /** The system property that has every float tried: {@code mvn -Pexhaustive} sets it. */
  private static final String EXHAUSTIVE = "adjoint.exhaustive";

  private static final Map<String, Formulas.Formula> FORMULAS = Formulas.all();
  private static final int EXPONENTS = 255;
  private static final int MANTISSAS = 1 << 23;
  private static final int BATCH = 1 << 19;
  private static final int PIECE = 1 << 13;

  private final Tail tail;
  private final DoubleUnaryOperator[] truth;
  private final Worst[] worst = {Worst.NONE, Worst.NONE};
  private final float[] x = new float[BATCH];
  private final List<Piece> pieces = new ArrayList<>();
  private int filled;
  private long tried;

  /** Floats of one exponent and sign in a batch, which lie evenly. */
  private record Piece(int from, int to, double first, double step) {}

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
    for (int sign = 0; sign < 2; sign++) {
      for (int exponent = 0; exponent < EXPONENTS; exponent++) {
        long first = ((long) sign << 31) + ((long) exponent << 23);
        for (long at = (first + step - 1) / step * step; at < first + MANTISSAS; ) {
          at = add(at, step, first + MANTISSAS);
          if (filled == BATCH) {
            compare(program);
          }
        }
      }
    }
    compare(program);
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

  /** Adds a piece from a bit pattern on, unless it lies beyond the domain; returns what follows. */
  private long add(long pattern, int step, long end) {
    int room = Math.min(PIECE, BATCH - filled);
    int count = (int) Math.min(room, (end - pattern + step - 1) / step);
    double first = Float.intBitsToFloat((int) pattern);
    double last = Float.intBitsToFloat((int) (pattern + (count - 1L) * step));
    if (Math.max(first, last) > tail.low() && Math.min(first, last) < tail.high()) {
      for (int i = 0; i < count; i++) {
        x[filled + i] = Float.intBitsToFloat((int) (pattern + (long) i * step));
      }
      double apart = count == 1 ? 0 : (last - first) / (count - 1);
      pieces.add(new Piece(filled, filled + count, first, apart));
      filled += count;
    }
    return pattern + (long) count * step;
  }

  private void compare(Function<List<Tensor>, List<Tensor>> program) {
    if (filled == 0) {
      return;
    }
    Scope.run(
        () -> {
          float[] batch = filled == BATCH ? x : Arrays.copyOf(x, filled);
          List<Tensor> y = program.apply(List.of(Tensor.of(batch, filled)));
          compare(0, y.get(0).toArray());
          compare(1, y.get(1).toArray());
        });
    tried += filled;
    filled = 0;
    pieces.clear();
  }

  private void compare(int order, float[] got) {
    Interpolated exact = new Interpolated(truth[order]);
    worst[order] =
        pieces.stream()
            .parallel()
            .map(piece -> worst(order, exact, got, piece))
            .reduce(worst[order], Worst::or);
  }

  private Worst worst(int order, Interpolated formula, float[] got, Piece piece) {
    double[] exact = new double[piece.to - piece.from];
    formula.fill(piece.first, piece.step, exact, 0, exact.length);
    Worst found = worst[order];
    // What is this near is no worse, whatever else the bar allows.
    double near = Math.max(0, found.ratio) * Bar.F32.relative();
    for (int i = 0; i < exact.length; i++) {
      double y = got[piece.from + i];
      if (!(Math.abs(y - exact[i]) <= near * Math.abs(exact[i]))) {
        Worst here = at(order, x[piece.from + i], exact[i], y);
        if (here.ratio > found.ratio) {
          here = at(order, here.at, truth[order].applyAsDouble(here.at), y);
          found = found.or(here);
          near = Math.max(0, found.ratio) * Bar.F32.relative();
        }
      }
    }
    return found;
  }

  private Worst at(int order, double x, double exact, double got) {
    boolean counts = isInDomain(x) && !Double.isNaN(exact);
    return new Worst(counts ? Bar.F32.ratio(tail, order, x, exact, got) : 0, x, got, exact);
  }
}
