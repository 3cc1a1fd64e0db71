package org.adjoint.lens.profile;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.adjoint.Adjoint;
import org.adjoint.DType;
import org.adjoint.NativeMemoryException;
import org.adjoint.Tensor;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Timing;
import org.adjoint.internal.run.Evaluator;
import org.adjoint.internal.run.TimedRuns;
import org.adjoint.internal.run.TimedRuns.TimedRun;

/**
 * What this machine reaches with the backend and the threads in use, measured by programs like any
 * other: memory traffic by the triad y = a + 3·b of J. McCalpin (Memory bandwidth and machine
 * balance in current high performance computers, IEEE TCCA Newsletter, 1995) over arrays larger
 * than the caches, arithmetic by a product of two square matrices. Of several runs the best counts.
 *
 * @param backend the backend, its instruction set and threads
 * @param bandwidth bytes a nanosecond: GB/s
 * @param peaks by dtype operations a nanosecond: GFLOP/s
 */
public record Machine(String backend, double bandwidth, Map<DType, Double> peaks) {
  private static final int RUNS = 5;

  private static final int LEAST_TRIAD = 1 << 14;
  private static final int MOST_TRIAD = 1 << 24;
  private static final int LEAST_SIDE = 32;
  private static final int MOST_SIDE = 2048;

  /** A run of so many nanoseconds is long enough. */
  private static final double LONG = 10e6;

  /** By backend what was measured in this process. */
  private static final Map<String, Machine> MEASURED = new TreeMap<>();

  /** Copies the map. */
  public Machine {
    peaks = Map.copyOf(peaks);
  }

  /** What the best of some runs of a program has done. */
  private record Best(Cost cost, double nanoseconds) {}

  /**
   * Returns the machine, measured by the first call for each backend and dtype, within about a
   * second.
   *
   * @param dtypes what products are to be measured in; those that are not floating are left out
   */
  public static Machine measured(Set<DType> dtypes) {
    synchronized (MEASURED) {
      String backend = Adjoint.description();
      Machine known = MEASURED.get(backend);
      Map<DType, Double> peaks = new EnumMap<>(DType.class);
      double bandwidth;
      if (known == null) {
        Best triad = grown(Machine::triad, LEAST_TRIAD, MOST_TRIAD, 4);
        bandwidth = triad.cost.bytes() / triad.nanoseconds;
      } else {
        bandwidth = known.bandwidth;
        peaks.putAll(known.peaks);
      }
      for (DType dtype : dtypes) {
        if (dtype.isFloating() && !peaks.containsKey(dtype)) {
          Best product = grown(n -> product(dtype, n), LEAST_SIDE, MOST_SIDE, 2);
          peaks.put(dtype, product.cost.operations() / product.nanoseconds);
        }
      }
      Machine machine = new Machine(backend, bandwidth, peaks);
      MEASURED.put(backend, machine);
      return machine;
    }
  }

  private static Tensor triad(int n) {
    Tensor a = Tensor.ones(DType.F32, n).eval();
    Tensor b = Tensor.ones(DType.F32, n).eval();
    return a.plus(b.times(3));
  }

  private static Tensor product(DType dtype, int n) {
    Tensor a = Tensor.ones(dtype, n, n).eval();
    Tensor b = Tensor.ones(dtype, n, n).eval();
    return a.matmul(b);
  }

  /**
   * Returns the best of some runs at the largest size that does not take too long, and that there
   * is room for.
   */
  private static Best grown(IntFunction<Tensor> of, int least, int most, int factor) {
    Best best = best(of.apply(least));
    try {
      for (int n = least * factor; n <= most && best.nanoseconds < LONG; n *= factor) {
        best = best(of.apply(n));
      }
    } catch (NativeMemoryException e) {
      return best; // a smaller one has been measured
    }
    return best;
  }

  private static Best best(Tensor y) {
    List<TimedRun> runs =
        TimedRuns.of(
            () -> {
              for (int i = 0; i < RUNS; i++) {
                Evaluator.rehearse(List.of(y));
              }
            });
    double least = Double.POSITIVE_INFINITY;
    for (TimedRun run : runs) {
      double took = run.timings().stream().mapToLong(Timing::nanoseconds).sum();
      least = Math.min(least, Math.max(took, 1));
    }
    Cost cost = Cost.NOTHING;
    for (Instruction call : runs.get(0).graph().program().instructions()) {
      cost = cost.plus(Cost.of(call));
    }
    return new Best(cost, least);
  }

  /** Returns the peak of a dtype, of F32 where that of the dtype was not measured. */
  double peak(DType dtype) {
    return peaks.getOrDefault(dtype, peaks.getOrDefault(DType.F32, 0.0));
  }

  /**
   * Returns which part of what the machine could do at its intensity a call has reached: of the
   * bandwidth where it only moves memory, else of the lower of the two roofs (S. Williams, A.
   * Waterman, D. Patterson, Roofline: an insightful visual performance model for multicore
   * architectures, Communications of the ACM 52(4), 2009). More than 1 means that its memory lay in
   * a cache. 0 if the call took no time.
   */
  public double reached(Call call) {
    if (call.operations() == 0) {
      return call.bandwidth() / bandwidth;
    }
    return call.speed() / roof(call.intensity(), call.dtype());
  }

  /** Returns the most operations a nanosecond at an intensity. */
  double roof(double intensity, DType dtype) {
    return Math.min(peak(dtype), intensity * bandwidth);
  }
}
