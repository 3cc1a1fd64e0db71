package org.adjoint.internal.step;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.adjoint.Compiled;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Anomaly;
import org.adjoint.internal.graph.Eager;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.run.Backends;
import org.adjoint.internal.run.CompiledGraph;
import org.adjoint.internal.run.ProgramCache;
import org.adjoint.internal.run.Trace;
import org.adjoint.internal.step.StepLayout.Source;
import org.adjoint.internal.step.StepLayout.Value;

/**
 * What {@link Compiled} runs: one recorded function as a program. A run holds what it reads and
 * owns what it overwrites, as any evaluation does; nothing changes unless it succeeds.
 */
public final class CompiledStep {
  private static final long WAIT_NANOS = 20_000;
  private static final int NO_DONOR = -1;

  private final Backend backend = Backends.current();
  private final StepLayout layout;
  private final Trace trace;
  private final Type[] types;
  private final Source[] sources;
  private final StepScalars scalars;

  /** Overwrites every parameter in place. */
  private final CompiledGraph program;

  /** By parameter that is changed, the leaf that is its value; empty if some run has to let go. */
  private final int[] kept;

  /** The runs on what is held since the one before, null if nothing is. */
  private volatile LeasedRun leased;

  /** By which leaves a run owns: a snapshot or another thread may keep it from others. */
  private final Map<BitSet, CompiledGraph> others = new ConcurrentHashMap<>();

  private CompiledStep(StepLayout layout) {
    this.layout = layout;
    this.trace = layout.trace();
    this.types = layout.arguments();
    this.sources = layout.sources();
    this.scalars = new StepScalars(trace.scalars());
    this.program = compile(i -> true);
    this.kept = layout.leavesOfChanged();
  }

  /** Calls {@code f} on stand-ins and compiles what it does. */
  public static CompiledStep record(Function<List<Tensor>, List<Tensor>> f, List<Type> types) {
    return new CompiledStep(StepLayout.of(f, types));
  }

  /** Returns whether it was recorded for arguments of these types, on this backend. */
  public boolean takes(List<Tensor> arguments, Backend now) {
    boolean same = now == backend && arguments.size() == types.length;
    for (int i = 0; same && i < types.length; i++) {
      same = arguments.get(i).type().equals(types[i]);
    }
    return same;
  }

  /** Returns whether the parameters' gradients are there or absent as they were when recorded. */
  public boolean fits() {
    if (leased().isPresent()) {
      return true; // until somebody wants one of them, none gets a gradient
    }
    for (StepLayout.Before parameter : layout.before()) {
      if (parameter.parameter().settledGradient().isPresent() != parameter.hadGradient()) {
        return false;
      }
    }
    return true;
  }

  private CompiledGraph compile(IntPredicate donates) {
    int[] donors = new int[layout.roots()];
    Arrays.fill(donors, NO_DONOR);
    for (int i = 0; i < sources.length; i++) {
      if (sources[i] instanceof Value v && v.isWritten() && donates.test(i)) {
        donors[v.root()] = i;
      }
    }
    return ProgramCache.compile(backend, trace, donors);
  }

  /** Returns the program that overwrites what this run owns, which is usually all it may. */
  private CompiledGraph program(StepHolds holds) {
    return holds.ownsAllThatIsWritten()
        ? program
        : others.computeIfAbsent(holds.owned(), owned -> compile(owned::get));
  }

  /**
   * Runs on evaluated arguments and on what the run before has left held; empty if nothing is held,
   * or not for this run now.
   */
  public Optional<List<Tensor>> runAgain(List<Tensor> arguments) {
    LeasedRun again = leased;
    // Not one that has ended: it would read the scalars that live, and the next run once more.
    return again == null || again.hasEnded() || Anomaly.isOn()
        ? Optional.empty()
        : again.run(arguments);
  }

  /**
   * Runs the program on evaluated arguments and does to the parameters what it says; empty if their
   * gradients have come or gone since it was chosen.
   */
  public Optional<List<Tensor>> run(List<Tensor> arguments) {
    for (; ; ) {
      Optional<LeasedRun> again = leased();
      Optional<List<Tensor>> results;
      if (again.isPresent() && !Anomaly.isOn()) {
        results = again.get().run(arguments);
        if (results.isEmpty() && again.get().hasEnded()) {
          continue;
        }
      } else {
        evaluatePending();
        if (Anomaly.isOn()) {
          Anomaly.search(trace, Arrays.stream(sources).map(s -> s.tensor(arguments)).toList());
        }
        long[] words = scalars.words(); // before anything is held that a live one may read
        StepHolds holds = new StepHolds(sources, layout.changed());
        boolean kept = false;
        try {
          boolean locked = holds.lock();
          if (locked && !fits()) {
            return Optional.empty();
          }
          results = Optional.empty();
          if (locked && holds.takeAll(arguments)) {
            CompiledGraph graph = program(holds);
            results =
                Optional.of(
                    finish(
                        holds, graph.run(backend, words, holds.storages(), layout::parameterOf)));
            kept = keep(holds);
          }
        } finally {
          if (!kept) {
            holds.release();
          }
        }
      }
      if (results.isPresent()) {
        return results;
      }
      LockSupport.parkNanos(WAIT_NANOS);
    }
  }

  /** What the run before has left held, unless somebody wanted one of the parameters since. */
  private Optional<LeasedRun> leased() {
    LeasedRun again = leased;
    if (again != null && again.hasEnded()) {
      leased = null;
      return Optional.empty();
    }
    return Optional.ofNullable(again);
  }

  /** Keeps what a run holds for the next one, if all parameters are changed in place. */
  private boolean keep(StepHolds holds) {
    if (kept.length == 0
        || !holds.ownsAllThatIsWritten()
        || Anomaly.isOn()
        || Eager.isOn()) { // gradients are added up with a parameter locked

      return false;
    }
    Optional<Lease> lease = Lease.of(holds, layout.changed(), kept);
    if (lease.isEmpty()) {
      return false;
    }
    holds.unpin();
    leased = new LeasedRun(lease.get(), holds, program, backend, layout, scalars);
    lease.get().stop();
    return true;
  }

  private void evaluatePending() {
    for (Source source : sources) {
      if (source instanceof Value v && v.parameter().current().isPending()) {
        v.parameter().parameter().eval();
      } else if (source instanceof StepLayout.Gradient g) {
        g.parameter().settledGradient().ifPresent(Tensor::eval);
      }
    }
  }

  private List<Tensor> finish(StepHolds holds, Storage[] outcome) {
    for (int i = 0; i < sources.length; i++) {
      if (sources[i] instanceof Value v && v.isWritten()) {
        holds.settle(i, v.parameter(), outcome[v.root()]);
      }
    }
    for (StepLayout.Left left : layout.gradients()) {
      Optional<Tensor> gradient =
          left.root() < 0
              ? Optional.empty()
              : Optional.of(value(left.parameter().type(), outcome[left.root()]));
      left.parameter().settleGradient(gradient);
    }
    return results(outcome);
  }

  private List<Tensor> results(Storage... outcome) {
    List<Tensor> values = new ArrayList<>(layout.results());
    for (int i = 0; i < layout.results(); i++) {
      values.add(layout.result(i, outcome[i]));
    }
    return values;
  }

  private static Tensor value(Type type, Storage storage) {
    return Access.tensor(Node.value(type, storage), 0);
  }
}
