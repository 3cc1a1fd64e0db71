package org.adjoint.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.adjoint.Adjoint;
import org.adjoint.Compiled;
import org.adjoint.Plan;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.benchmarks.compare.Programs;

/**
 * What the derivatives of {@link Programs} cost: value and gradient, compiled and by run, the first
 * call in a JVM that has compiled none of these before and in one that has, and the kernel calls of
 * a program. In CPU time of one thread, which a machine that others use lengthens less than it does
 * time.
 */
public final class ProgramCosts {
  private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();
  private static final double SECONDS = 0.5;
  private static final int LEAST = 5;
  private static final double NANOS = 1e9;
  private static final double MICROS = 1e3;

  private ProgramCosts() {}

  /** Microseconds. */
  private record Cost(
      double cold, double warm, double compiled, double run, Map<String, Integer> calls) {
    static Cost of(Programs.Program program, boolean derivative) {
      Supplier<List<Tensor>> compiled = compiled(program, derivative);
      Supplier<List<Tensor>> run = () -> program.results(program.inputs(), derivative);
      double cold = once(compiled);
      Plan plan = Plan.of(run.get().toArray(new Tensor[0]));
      return new Cost(
          cold,
          median(Stream.generate(() -> once(compiled(program, derivative))).limit(LEAST).toList()),
          settled(compiled),
          settled(run),
          new TreeMap<>(plan.kernels()));
    }

    private static Supplier<List<Tensor>> compiled(Programs.Program program, boolean derivative) {
      Function<List<Tensor>, List<Tensor>> f =
          Compiled.ofList(at -> program.results(at, derivative));
      return () -> f.apply(program.inputs());
    }
  }

  private static double once(Supplier<List<Tensor>> f) {
    long start = CLOCK.getCurrentThreadCpuTime();
    Scope.run(() -> Tensor.evalAll(f.get().toArray(new Tensor[0])));
    return (CLOCK.getCurrentThreadCpuTime() - start) / MICROS;
  }

  /** Returns the median of the calls behind a warm-up of equal length. */
  private static double settled(Supplier<List<Tensor>> f) {
    calls(f);
    return median(calls(f));
  }

  private static double median(List<Double> times) {
    return times.stream().sorted().skip(times.size() / 2).findFirst().orElseThrow();
  }

  private static List<Double> calls(Supplier<List<Tensor>> f) {
    List<Double> times = new ArrayList<>();
    long end = CLOCK.getCurrentThreadCpuTime() + (long) (SECONDS * NANOS);
    while (times.size() < LEAST || CLOCK.getCurrentThreadCpuTime() < end) {
      times.add(once(f));
    }
    return times;
  }

  /** Prints a row for each of the programs named, for all if none is. */
  public static void main(String[] args) {
    Adjoint.threads(1);
    Adjoint.backend("native");
    System.out.println(
        "name         value µs  gradient µs  ratio  by run ÷ compiled  first ms: cold  warm"
            + "  kernel calls");
    for (String name : args.length > 0 ? List.of(args) : Programs.names()) {
      Programs.Program program = Programs.of(name);
      Cost value = Cost.of(program, false);
      Cost gradient = Cost.of(program, true);
      System.out.printf(
          Locale.ROOT,
          "%-10s %10.0f %12.0f %6.1f %8.1f %8.1f %9.0f %9.0f %6.0f %6.0f   %s %s%n",
          name,
          value.compiled(),
          gradient.compiled(),
          gradient.compiled() / value.compiled(),
          value.run() / value.compiled(),
          gradient.run() / gradient.compiled(),
          value.cold() / MICROS,
          gradient.cold() / MICROS,
          value.warm() / MICROS,
          gradient.warm() / MICROS,
          value.calls(),
          gradient.calls());
    }
  }
}
