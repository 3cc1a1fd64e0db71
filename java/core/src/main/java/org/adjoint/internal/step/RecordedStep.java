package org.adjoint.internal.step;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Anomaly;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.run.AnomalySearch;
import org.adjoint.internal.run.Backends;
import org.adjoint.internal.run.Evaluator;
import org.adjoint.internal.run.LiveScalars;
import org.adjoint.internal.run.Outcome;
import org.adjoint.internal.run.Step;
import org.adjoint.internal.run.StepScalars;
import org.adjoint.internal.run.TimedRuns;

/** The step of a recorded function: what {@code Compiled} runs. */
public final class RecordedStep extends Step {
  private final Layout layout;
  private final StepScalars scalars;
  private final boolean leasable;

  /** The run that may still hold the parameters, null if none does. */
  private volatile RecordedRun leased;

  private RecordedStep(Backend backend, Layout layout) {
    super(backend, layout.trace(), layout.donors());
    this.layout = layout;
    this.scalars = new StepScalars(layout.trace().scalars());
    this.leasable = layout.changesValuesAlone() && writesWhereItReads();
  }

  /** Returns the step of {@code f}, called once on stand-ins and compiled. */
  public static RecordedStep record(Function<List<Tensor>, List<Tensor>> f, List<Type> types) {
    Backend backend = Backends.current();
    return new RecordedStep(backend, Layout.of(f, types));
  }

  private boolean writesWhereItReads() {
    for (Layout.Written value : layout.written()) {
      if (!isWrittenInPlace(value)) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether the program puts a new value into the memory of the old one. */
  boolean isWrittenInPlace(Layout.Written value) {
    return inPlace().program().rootArguments()[value.root()] == value.leaf();
  }

  Layout layout() {
    return layout;
  }

  StepScalars scalars() {
    return scalars;
  }

  /** Returns whether a run may become a lease. */
  boolean isLeasable() {
    return leasable;
  }

  /** Returns whether this step was recorded for arguments of these types, on this backend. */
  public boolean takes(List<Tensor> arguments, Backend now) {
    Type[] types = layout.arguments();
    boolean same = now == backend() && arguments.size() == types.length;
    for (int i = 0; same && i < types.length; i++) {
      same = arguments.get(i).type().equals(types[i]);
    }
    return same;
  }

  /**
   * Returns whether gradients are present or absent, and parameters frozen or not, as they were
   * when this step was recorded.
   */
  public boolean fits() {
    RecordedRun run = leased;
    if (run != null && !run.hasEnded()) {
      return true; // no parameter of a lease has a gradient
    }
    return layout.holds();
  }

  /**
   * Returns the results of another run of the lease on evaluated arguments; empty if there is no
   * lease, or another thread is running it.
   */
  public Optional<List<Tensor>> runAgain(List<Tensor> arguments, LiveScalars values) {
    RecordedRun run = leased;
    if (run == null || Anomaly.isOn() || TimedRuns.isOnHere()) {
      return Optional.empty();
    }
    Optional<List<Tensor>> results = run.again(arguments, scalars.liveWords(values));
    if (results.isEmpty() && run.hasEnded()) {
      leased = null;
    }
    return results;
  }

  /**
   * Returns the results on evaluated arguments, after changing the parameters as recorded; empty if
   * gradients have come or gone since this step was chosen.
   */
  public Optional<List<Tensor>> run(List<Tensor> arguments, LiveScalars values) {
    for (; ; ) {
      Optional<List<Tensor>> results = runAgain(arguments, values);
      if (results.isPresent()) {
        return results;
      }
      evaluatePending();
      if (Anomaly.isOn()) {
        AnomalySearch.search(
            layout.trace(), Arrays.stream(layout.sources()).map(s -> s.tensor(arguments)).toList());
      }
      long[] words = scalars.words(values);
      RecordedRun run = new RecordedRun(this, arguments);
      Outcome outcome = run.attempt(words);
      switch (outcome) {
        case DONE -> {
          if (!run.hasEnded()) {
            leased = run;
          }
          return Optional.of(run.takeResults());
        }
        case GRADIENT_CHANGED -> {
          return Optional.empty();
        }
        case MEMORY_SHARED -> compileApart(layout::trace);
        case VALUE_PENDING -> {}
        default -> Evaluator.pause();
      }
    }
  }

  /** Computes pending versions and gradients that the program reads, before the run. */
  private void evaluatePending() {
    for (Source source : layout.sources()) {
      if (source instanceof Source.Value v) {
        Evaluator.settle(v.parameter());
      } else if (source instanceof Source.Gradient g) {
        g.parameter()
            .peekGradient()
            .filter(gradient -> !Access.node(gradient).isEvaluated())
            .ifPresent(gradient -> Evaluator.evaluate(List.of(gradient)));
      }
    }
  }

  /** Returns the parameters that a run holds: those whose value or gradient changes. */
  ParameterState[] held() {
    return layout.changed();
  }
}
