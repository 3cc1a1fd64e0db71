package org.adjoint.internal.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Anomaly;
import org.adjoint.internal.graph.Binding;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.ThreadState;
import org.adjoint.internal.graph.Version;

/**
 * Turns pending graphs into values: finds the step of a pending graph, by matching the graph with
 * the template of the expected step or by a trace, and has the step run. Pending versions of
 * parameters are computed along.
 */
public final class Evaluator {
  private static final long PAUSE_NANOS = 20_000;

  private Evaluator() {}

  /**
   * Computes the values of {@code wanted}, and every assignment that this thread has pending, in
   * one program. If it fails, the assignments are computed by themselves; if that fails too, group
   * by group: of {@link Joint} assignments all are made or none.
   */
  public static void evaluate(List<Tensor> wanted) {
    ThreadState thread = ThreadState.get();
    if (thread.isReading() || AnomalySearch.isOnHere()) {
      if (!areKnown(wanted)) {
        finish(wanted, List.of()); // assignments wait for the outer run
      }
      return;
    }
    List<Version> assignments = thread.assignments();
    tellDropped(thread, assignments);
    if (assignments.isEmpty() && areKnown(wanted)) {
      thread.clearAssignments();
      return;
    }
    try {
      finish(wanted, assignments);
      tellDropped(thread, assignments); // one may have been dropped while this was computed
    } catch (RuntimeException | Error failure) {
      if (wanted.isEmpty() || !isFinished(assignments)) {
        for (List<Version> joint : Joint.groups(assignments)) {
          if (!isFinished(joint)) {
            abandon(joint);
          }
        }
      }
      thread.takeDropped(); // the failure tells of them
      throw failure;
    } finally {
      thread.clearAssignments();
    }
  }

  /**
   * Tells this thread of its assignments that other threads have dropped.
   *
   * @throws IllegalStateException if there are any; then those that are {@link Joint} with them are
   *     dropped too
   */
  private static void tellDropped(ThreadState thread, List<Version> assignments) {
    List<ParameterState.Dropped> dropped = thread.takeDropped();
    if (dropped.isEmpty()) {
      return;
    }
    List<Version> all = new ArrayList<>(assignments);
    dropped.forEach(one -> all.add(one.version()));
    for (List<Version> joint : Joint.groups(all)) {
      if (dropped.stream().anyMatch(one -> joint.contains(one.version()))) {
        abandon(joint);
      }
    }
    IllegalStateException why = dropped.get(0).why();
    throw new IllegalStateException(
        "parameter '"
            + dropped.get(0).version().parameter().name()
            + "': an assignment could not be computed and was dropped: "
            + why.getMessage(),
        why);
  }

  /**
   * Computes what was assigned to a parameter. What another thread has assigned and cannot be
   * computed any more is dropped, and that thread told: whoever reads the parameter is not to
   * blame.
   */
  public static void settle(ParameterState parameter) {
    Version version = parameter.peek();
    if (!version.isPending()) {
      return;
    }
    if (version.isAssignedByThisThread()) {
      evaluate(List.of(parameter.parameter()));
      return;
    }
    try {
      finish(List.of(Access.tensor(version, 0)), List.of());
    } catch (IllegalStateException e) {
      boolean dropped = parameter.drop(version, e);
      if (!dropped && parameter.isCurrent(version) && version.isPending()) {
        throw e; // there is no value before it
      }
    }
  }

  private static boolean areKnown(List<Tensor> wanted) {
    for (Tensor tensor : wanted) {
      Node node = look(tensor);
      if (!node.isEvaluated() && node.kind() != Node.Kind.SCALAR) {
        return false;
      }
    }
    return true;
  }

  /** Returns the node of a tensor; of a parameter the current version, not handed out. */
  private static Node look(Tensor tensor) {
    return stateOf(tensor).<Node>map(ParameterState::peek).orElseGet(() -> Access.node(tensor));
  }

  /** Returns the state of a tensor that is a parameter which stands for its own value here. */
  private static Optional<ParameterState> stateOf(Tensor tensor) {
    if (!(tensor instanceof Parameter parameter)) {
      return Optional.empty();
    }
    ParameterState state = Access.state(parameter);
    return Binding.of(state).isPresent() ? Optional.empty() : Optional.of(state);
  }

  /** Computes assignments by themselves; returns false if they cannot be computed. */
  private static boolean isFinished(List<Version> assignments) {
    try {
      finish(List.of(), assignments);
      return true;
    } catch (RuntimeException | Error alsoFailed) {
      return false;
    }
  }

  private static void abandon(List<Version> assignments) {
    for (Version version : assignments) {
      version.parameter().abandon(version);
    }
  }

  /**
   * Computes values and every assignment that this thread has pending as one whole: if anything
   * fails, every assignment is dropped.
   */
  public static void evaluateTogether(List<Tensor> wanted) {
    ThreadState thread = ThreadState.get();
    List<Version> assignments = thread.assignments();
    tellDropped(thread, assignments);
    try {
      finish(wanted, assignments);
      tellDropped(thread, assignments); // one may have been dropped while this was computed
    } catch (RuntimeException | Error failure) {
      abandon(assignments);
      thread.takeDropped(); // the failure tells of them
      throw failure;
    } finally {
      thread.clearAssignments();
    }
  }

  /** Returns the program that would compute {@code wanted} now; empty if nothing is pending. */
  public static Optional<CompiledGraph> program(List<Tensor> wanted) {
    return listing(wanted).map(Listing::compiled);
  }

  /**
   * A program and the leaves that its first arguments are, in their order: for who draws it.
   *
   * @param compiled the program
   * @param leaves the values that it reads
   */
  public record Listing(CompiledGraph compiled, List<Leaf> leaves) {}

  /** Returns the program of {@link #program}, with its leaves. */
  public static Optional<Listing> listing(List<Tensor> wanted) {
    Trace trace = Trace.pending(wanted.stream().map(Access::fixed).toList(), List.of());
    if (trace.roots().isEmpty()) {
      return Optional.empty();
    }
    StepTemplate template = StepTemplate.of(trace, donors(trace));
    CompiledGraph compiled = Backends.cache().get(template, trace).inPlace();
    return Optional.of(new Listing(compiled, List.copyOf(trace.leaves())));
  }

  /**
   * Runs the program that would compute {@code wanted} now, and drops its results: everything stays
   * as it is. Returns false if nothing is pending.
   *
   * @throws IllegalStateException if one of them cannot be computed
   */
  public static boolean rehearse(List<Tensor> wanted) {
    Trace trace = Trace.pending(wanted.stream().map(Access::fixed).toList(), List.of());
    if (trace.roots().isEmpty()) {
      return false;
    }
    TracedStep step = Backends.cache().get(StepTemplate.of(trace, donors(trace)), trace);
    step.compileApart(() -> trace);
    Node[] nodes = StepTemplate.nodes(trace);
    StepTemplate template = step.template();
    long[] words = new LiveScalars().words(nodes, template.leaves(), template.scalars());
    Outcome outcome = new Rehearsal(step, nodes).attempt(words);
    while (outcome == Outcome.BUSY) {
      pause();
      outcome = new Rehearsal(step, nodes).attempt(words);
    }
    if (outcome.isStale()) {
      throw superseded(trace);
    }
    return true;
  }

  private static void finish(List<Tensor> wanted, List<Version> assignments) {
    StepCache cache = Backends.cache();
    LiveScalars scalars = new LiveScalars();
    while (attempt(cache, scalars, wanted, assignments) == Outcome.BUSY) {
      pause();
    }
  }

  /** Waits some microseconds for another run to get on. */
  public static void pause() {
    LockSupport.parkNanos(PAUSE_NANOS);
  }

  private static Outcome attempt(
      StepCache cache, LiveScalars scalars, List<Tensor> wanted, List<Version> assignments) {
    List<Tensor> fixed = pendingOf(wanted);
    TracedStep expected = Anomaly.isOn() ? null : cache.expected();
    Node[] nodes = expected == null ? null : expected.template().match(fixed, assignments);
    if (nodes != null) {
      Outcome outcome = run(expected, scalars, nodes);
      if (outcome == Outcome.DONE) {
        cache.ranAsExpected(expected);
      }
      if (!outcome.isStale()) {
        return outcome;
      }
    }
    try {
      return attemptAnew(cache, scalars, fixed, assignments);
    } catch (IllegalStateException e) {
      if (!sameNodes(fixed, pendingOf(wanted))) {
        return Outcome.BUSY; // a wanted parameter has another current version, which may succeed
      }
      throw e;
    }
  }

  private static boolean sameNodes(List<Tensor> some, List<Tensor> others) {
    boolean same = some.size() == others.size();
    for (int i = 0; same && i < some.size(); i++) {
      same = Access.node(some.get(i)) == Access.node(others.get(i));
    }
    return same;
  }

  /** Returns the tensors to compute; of a parameter its current version, if that is pending. */
  private static List<Tensor> pendingOf(List<Tensor> wanted) {
    List<Tensor> fixed = new ArrayList<>(wanted.size());
    for (Tensor tensor : wanted) {
      Optional<ParameterState> state = stateOf(tensor);
      if (state.isEmpty()) {
        fixed.add(Access.fixed(tensor));
      } else {
        Version current = state.get().peek();
        if (current.isPending()) {
          fixed.add(Access.tensor(current, 0));
        }
      }
    }
    return fixed;
  }

  private static Outcome attemptAnew(
      StepCache cache, LiveScalars scalars, List<Tensor> wanted, List<Version> assignments) {
    Trace trace = new Trace();
    try {
      trace.fill(wanted, assignments);
    } catch (IllegalStateException e) {
      if (trace.isOutOfDate()) {
        return Outcome.BUSY; // another thread has computed some of these nodes
      }
      throw e;
    }
    if (!trace.computesVersions()) {
      return Outcome.BUSY;
    }
    if (trace.roots().isEmpty()) {
      return Outcome.DONE;
    }
    if (Anomaly.isOn()) {
      if (trace.hasLazyGradients()) {
        return Outcome.BUSY; // the switch was turned while this trace was made
      }
      AnomalySearch.search(trace, trace.leaves().stream().map(Leaf::tensor).toList());
    }
    StepTemplate template = StepTemplate.of(trace, donors(trace));
    TracedStep step = cache.get(template, trace);
    Node[] nodes = StepTemplate.nodes(trace);
    Outcome outcome = run(step, scalars, nodes);
    if (outcome == Outcome.MEMORY_SHARED) {
      step.compileApart(() -> trace);
      outcome = run(step, scalars, nodes);
    }
    if (outcome == Outcome.VERSION_SUPERSEDED && !trace.isOutOfDate()) {
      throw superseded(trace);
    }
    return outcome.isStale() ? Outcome.BUSY : outcome;
  }

  private static IllegalStateException superseded(Trace trace) {
    for (Leaf leaf : trace.leaves()) {
      if (leaf.node() instanceof Version version && version.isSuperseded()) {
        return version.supersededError();
      }
    }
    return new IllegalStateException("a version that this graph reads was superseded meanwhile");
  }

  /**
   * Returns by version the leaf that is the settled version before, added to the trace if no op
   * reads it; {@link Step#NONE} if there is none, or the trace computes it.
   */
  private static int[] donors(Trace trace) {
    int[] donors = new int[trace.versions().size()];
    for (int i = 0; i < donors.length; i++) {
      Version settled = trace.versions().get(i).parameter().settled();
      boolean isLeaf = settled != null && !trace.isOp(settled);
      donors[i] = isLeaf ? trace.leafNumber(settled, 0) : Step.NONE;
    }
    return donors;
  }

  private static Outcome run(TracedStep step, LiveScalars scalars, Node... nodes) {
    StepTemplate template = step.template();
    long[] words = scalars.words(nodes, template.leaves(), template.scalars());
    return TracedRun.of(step, nodes).attempt(words);
  }

  // ---- reading ----

  /**
   * Returns the storage of a tensor, computed and pinned; of a parameter, the storage of a version
   * that was current during the call, however fast other threads step.
   */
  public static Storage read(Tensor tensor) {
    StackReserve.check();
    Optional<ParameterState> state = stateOf(tensor);
    if (state.isPresent()) {
      for (; ; ) {
        evaluate(List.of());
        settle(state.get());
        Optional<Storage> pinned = state.get().pinCurrent();
        if (pinned.isPresent()) {
          return pinned.get();
        }
      }
    }
    Node node = Access.node(tensor);
    int index = Access.index(tensor);
    for (; ; ) {
      evaluate(List.of(tensor));
      Optional<Storage> pinned = pin(node, index);
      if (pinned.isPresent()) {
        return pinned.get();
      }
      pause();
    }
  }

  private static Optional<Storage> pin(Node node, int index) {
    Storage memory = node.valueOrNull(index);
    Storage.Pin pin = Storage.Pin.CLOSED;
    if (memory != null) {
      pin = node instanceof Version v ? v.parameter().tryPin(v, null) : memory.tryPin();
    }
    if (pin == Storage.Pin.CLOSED) {
      if (node instanceof Version v && v.isLost()) {
        throw v.supersededError();
      }
      throw closed(node.type(index));
    }
    return pin == Storage.Pin.PINNED ? Optional.of(memory) : Optional.empty();
  }

  /** Returns the error for reading a value that was freed. */
  public static IllegalStateException closed(Type type) {
    return new IllegalStateException(
        "tensor "
            + type
            + " was closed, by release() or by the Scope it was made in; Scope.keep() keeps one");
  }
}
