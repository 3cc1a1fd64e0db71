package org.adjoint.internal.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.ir.Timing;

/**
 * The switch by which runs on a thread take the time of each of their instructions. While no thread
 * has it on, a run looks at one flag. Leases rest meanwhile: a run that is timed is one that was
 * made for it.
 */
public final class TimedRuns {
  private static final ThreadLocal<List<TimedRun>> HERE = new ThreadLocal<>();

  /** How many threads have the switch on. */
  private static volatile int on;

  private TimedRuns() {}

  /**
   * A run, and what its instructions took.
   *
   * @param graph what ran
   * @param parameters by argument the name of the parameter that it is, empty for another argument
   * @param nanoseconds what the whole took
   * @param timings by instruction, in the order of {@code Program.flat}
   */
  public record TimedRun(
      CompiledGraph graph, List<String> parameters, long nanoseconds, List<Timing> timings) {
    /** Copies the lists. */
    public TimedRun {
      parameters = List.copyOf(parameters);
      timings = List.copyOf(timings);
    }
  }

  /**
   * Does some work, and returns the runs that this thread has made for it, in order.
   *
   * @throws IllegalStateException if the work is itself part of work that is timed
   */
  public static List<TimedRun> of(Runnable work) {
    if (HERE.get() != null) {
      throw new IllegalStateException("profile: this thread is being profiled already");
    }
    List<TimedRun> runs = new ArrayList<>();
    HERE.set(runs);
    count(1);
    try {
      work.run();
    } finally {
      count(-1);
      HERE.remove();
    }
    return runs;
  }

  private static synchronized void count(int more) {
    on += more;
  }

  /** Returns whether runs on this thread are timed. */
  public static boolean isOnHere() {
    return on > 0 && HERE.get() != null;
  }

  /** Runs a program, timed if this thread has the switch on. */
  static void run(
      CompiledGraph graph,
      Storage[] arguments,
      IntFunction<Optional<ParameterState>> parameterOf,
      long... scalars) {
    if (!isOnHere()) {
      graph.executable().run(arguments, scalars);
      return;
    }
    long start = System.nanoTime();
    List<Timing> timings = graph.executable().runTimed(arguments, scalars);
    long took = System.nanoTime() - start;
    List<String> parameters = new ArrayList<>();
    for (int i = 0; i < arguments.length; i++) {
      parameters.add(parameterOf.apply(i).map(ParameterState::name).orElse(""));
    }
    HERE.get().add(new TimedRun(graph, parameters, took, timings));
  }
}
