package org.adjoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.ir.Primitive;

/**
 * What {@link Compiled} runs: one recorded function as a program, with where each leaf of it comes
 * from and where each root of it goes. A run holds what it reads and owns what it overwrites, as
 * any evaluation does; nothing changes unless it succeeds.
 */
final class CompiledStep {
  private static final long WAIT_NANOS = 20_000;
  private static final int NO_DONOR = -1;

  /** Where a leaf comes from. */
  sealed interface Source {
    /** Returns the tensor that stands there now. */
    Tensor tensor(List<Tensor> arguments);
  }

  private record Argument(int index) implements Source {
    @Override
    public Tensor tensor(List<Tensor> arguments) {
      return arguments.get(index);
    }
  }

  /** The value of a parameter; the new value goes to root {@code root}, −1 if there is none. */
  record Value(Parameter parameter, int root) implements Source {
    @Override
    public Tensor tensor(List<Tensor> arguments) {
      return new Tensor(parameter.current(), 0);
    }

    boolean isWritten() {
      return root >= 0;
    }
  }

  /** The gradient that a parameter has before the run. */
  record Gradient(Parameter parameter) implements Source {
    @Override
    public Tensor tensor(List<Tensor> arguments) {
      return parameter.settledGradient().orElseThrow();
    }
  }

  private record Captured(Tensor tensor) implements Source {
    @Override
    public Tensor tensor(List<Tensor> arguments) {
      return tensor;
    }
  }

  /** A gradient at the end: a root, −1 if there is none. */
  private record Left(Parameter parameter, int root) {}

  /** Whether a parameter had a gradient when the function was recorded. */
  private record Before(Parameter parameter, boolean hadGradient) {}

  private final Backend backend = Backends.current();
  private final Trace trace = new Trace();
  private final Type[] types;
  private final Source[] sources;
  private final Type[] results;
  private final Left[] gradients;
  private final Before[] before;
  private final int roots;
  private final boolean cut;

  /** The parameters that it reads, and those whose value or gradient it changes. */
  private final Set<Parameter> read = new LinkedHashSet<>();

  private final Parameter[] changed;

  /** The words of the scalars, and which of them each run reads anew. */
  private final long[] constants;

  private final int[] live;
  private final Node[] liveScalars;

  /** Overwrites every parameter in place. */
  private final CompiledGraph program;

  /** The leaves that are not parameters' values: each run pins them anew. */
  private final int[] pinned;

  /** By parameter that is changed, the leaf that is its value; empty if some run has to let go. */
  private final int[] kept;

  /** What is held between two runs. */
  private record Holding(Lease lease, StepHolds holds) {}

  private volatile Optional<Holding> holding = Optional.empty();

  /** By which leaves a run owns: a snapshot or another thread may keep it from others. */
  private final Map<BitSet, CompiledGraph> others = new ConcurrentHashMap<>();

  private CompiledStep(List<Tensor> arguments, List<Tensor> results, Recording recording) {
    Map<Node, Source> known = new HashMap<>();
    Set<Parameter> written = new LinkedHashSet<>();
    List<Before> asked = new ArrayList<>();
    List<Left> left = new ArrayList<>();
    List<Tensor> inputs = new ArrayList<>(arguments);
    List<Tensor> outputs = new ArrayList<>(results);
    for (int i = 0; i < arguments.size(); i++) {
      known.put(arguments.get(i).node(), new Argument(i));
    }
    for (Recording.Slot slot : recording.slots()) {
      Parameter parameter = slot.parameter();
      int root = slot.assigned().isPresent() ? outputs.size() : NO_DONOR;
      slot.assigned().ifPresent(node -> outputs.add(new Tensor(node, 0)));
      known.put(slot.input(), new Value(parameter, root));
      read.add(parameter);
      if (slot.assigned().isPresent() || slot.isGradientTouched()) {
        written.add(parameter);
      }
      inputs.add(new Tensor(slot.input(), 0));
      if (slot.isGradientAsked()) {
        asked.add(new Before(parameter, slot.gradientInput().isPresent()));
      }
      slot.gradientInput().ifPresent(node -> known.put(node, new Gradient(parameter)));
      slot.gradientInput().ifPresent(node -> inputs.add(new Tensor(node, 0)));
      if (slot.isGradientTouched()) {
        left.add(new Left(parameter, slot.gradient().isPresent() ? outputs.size() : NO_DONOR));
        slot.gradient().ifPresent(outputs::add);
      }
    }
    Region region = Region.between(inputs, outputs);
    settle(region.captured());
    inputs.forEach(input -> trace.declare(new Trace.Leaf(input.node(), 0)));
    for (Tensor output : outputs) {
      trace.addRoot(output);
      if (output.node().kind() != Node.Kind.SCALAR && !trace.isOp(output.node())) {
        trace.leafNumber(output.node(), output.index());
      }
    }
    this.types = arguments.stream().map(Tensor::type).toArray(Type[]::new);
    this.sources =
        trace.leaves().stream()
            .map(leaf -> known.getOrDefault(leaf.node(), new Captured(leaf.tensor())))
            .toArray(Source[]::new);
    this.results = results.stream().map(Tensor::type).toArray(Type[]::new);
    this.before = asked.toArray(new Before[0]);
    this.gradients = left.toArray(new Left[0]);
    this.changed = written.toArray(new Parameter[0]);
    this.roots = outputs.size();
    List<Node> scalars = trace.scalars();
    this.constants = scalars.stream().mapToLong(Node::word).toArray();
    this.live = IntStream.range(0, scalars.size()).filter(i -> scalars.get(i).isLive()).toArray();
    this.liveScalars = scalars.stream().filter(Node::isLive).toArray(Node[]::new);
    this.cut =
        !recording.slots().isEmpty()
            || region.captured().stream().anyMatch(t -> t.node().isVariable());
    this.program = compile(i -> true);
    this.pinned =
        IntStream.range(0, sources.length).filter(i -> !(sources[i] instanceof Value)).toArray();
    this.kept = keepsAll() ? leavesOfChanged() : new int[0];
  }

  /** Returns whether a run changes the values of all parameters that it knows, and nothing else. */
  private boolean keepsAll() {
    int values = 0;
    for (Source source : sources) {
      if (source instanceof Gradient || (source instanceof Value v && !v.isWritten())) {
        return false;
      }
      values += source instanceof Value ? 1 : 0;
    }
    for (Left gradient : gradients) {
      if (gradient.root() >= 0) {
        return false;
      }
    }
    return values == changed.length && values == read.size();
  }

  private int[] leavesOfChanged() {
    int[] leaves = new int[changed.length];
    for (int leaf = 0; leaf < sources.length; leaf++) {
      if (sources[leaf] instanceof Value v) {
        leaves[Arrays.asList(changed).indexOf(v.parameter())] = leaf;
      }
    }
    return leaves;
  }

  /** Calls {@code f} on stand-ins and compiles what it does. */
  static CompiledStep record(Function<List<Tensor>, List<Tensor>> f, List<Type> types) {
    Recording recording = new Recording();
    List<Tensor> arguments = types.stream().map(Vmap::argument).toList();
    List<Tensor> results =
        Scope.outside(
            () -> recording.during(() -> f.apply(arguments).stream().map(Tensor::fixed).toList()));
    return new CompiledStep(arguments, results, recording);
  }

  /** Computes what the function captured, once: it is constant from now on. */
  private static void settle(List<Tensor> captured) {
    List<Tensor> pending = new ArrayList<>();
    for (Tensor tensor : captured) {
      Node node = tensor.node();
      Ancestors.find(node, n -> n instanceof Version v && !v.isSnapshot())
          .ifPresent(
              version -> {
                throw new IllegalStateException(
                    "compiled: the function captures "
                        + tensor.type()
                        + ", which was built from parameter '"
                        + ((Version) version).parameter().name()
                        + "' outside of it and would never change again; build it inside, or"
                        + " detach() and eval() it first");
              });
      // Views of scalars cost nothing as they are and memory if computed.
      if (!node.isEvaluated() && Ancestors.find(node, CompiledStep::computes).isPresent()) {
        pending.add(tensor);
      }
    }
    Evaluator.evaluate(pending);
    pending.forEach(tensor -> tensor.node().markOwned()); // they outlive the scope of this call
  }

  private static boolean computes(Node node) {
    return node.kind() == Node.Kind.OP && node.op().primitive().kernel() != Primitive.NO_KERNEL;
  }

  /** Returns whether it was recorded for arguments of these types, on this backend. */
  boolean takes(List<Tensor> arguments, Backend now) {
    boolean same = now == backend && arguments.size() == types.length;
    for (int i = 0; same && i < types.length; i++) {
      same = arguments.get(i).type().equals(types[i]);
    }
    return same;
  }

  /** Returns whether the parameters' gradients are there or absent as they were when recorded. */
  boolean fits() {
    if (holding().isPresent()) {
      return true; // until somebody wants one of them, none gets a gradient
    }
    for (Before parameter : before) {
      if (parameter.parameter().settledGradient().isPresent() != parameter.hadGradient()) {
        return false;
      }
    }
    return true;
  }

  private CompiledGraph compile(IntPredicate donates) {
    int[] donors = new int[roots];
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
   * Runs the program on evaluated arguments and does to the parameters what it says; empty if their
   * gradients have come or gone since it was chosen.
   */
  Optional<List<Tensor>> run(List<Tensor> arguments) {
    for (; ; ) {
      Optional<Holding> held = holding();
      Optional<List<Tensor>> results;
      if (held.isPresent() && !Anomaly.isOn()) {
        results = runAgain(held.get(), arguments);
        if (results.isEmpty() && held.get().lease().hasEnded()) {
          continue;
        }
      } else {
        evaluatePending();
        if (Anomaly.isOn()) {
          Anomaly.search(trace, Arrays.stream(sources).map(s -> s.tensor(arguments)).toList());
        }
        long[] words = scalars(); // before anything is held that a live one may read
        StepHolds holds = new StepHolds(sources, changed);
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
                    finish(holds, graph.run(backend, words, holds.storages(), this::parameterOf)));
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
  private Optional<Holding> holding() {
    Optional<Holding> held = holding;
    if (held.isPresent() && held.get().lease().hasEnded()) {
      holding = Optional.empty();
      return Optional.empty();
    }
    return held;
  }

  /** Runs on what is held since the run before; empty if another thread does, or wants it. */
  private Optional<List<Tensor>> runAgain(Holding held, List<Tensor> arguments) {
    long[] words = scalars();
    if (!held.lease().tryStart()) {
      return Optional.empty();
    }
    StepHolds holds = held.holds();
    try {
      return holds.take(pinned, arguments)
          ? Optional.of(results(program.run(backend, words, holds.storages(), this::parameterOf)))
          : Optional.empty();
    } finally {
      holds.unpin(pinned);
      held.lease().stop();
    }
  }

  /** Keeps what a run holds for the next one, if all parameters are changed in place. */
  private boolean keep(StepHolds holds) {
    if (kept.length == 0
        || !holds.ownsAllThatIsWritten()
        || Anomaly.isOn()
        || Eager.isOn()) { // gradients are added up with a parameter locked

      return false;
    }
    Optional<Lease> lease = Lease.of(holds, changed, kept);
    if (lease.isEmpty()) {
      return false;
    }
    holds.unpin(pinned);
    holding = Optional.of(new Holding(lease.get(), holds));
    lease.get().stop();
    return true;
  }

  /** Returns the parameter whose value a leaf is, if it is one's. */
  private Optional<Parameter> parameterOf(int leaf) {
    return leaf >= 0 && leaf < sources.length && sources[leaf] instanceof Value v
        ? Optional.of(v.parameter())
        : Optional.empty();
  }

  /** Returns the words of the graph's scalars: those that live are read now. */
  private long[] scalars() {
    long[] words = constants.clone();
    for (int i = 0; i < live.length; i++) {
      words[live[i]] = liveScalars[i].word();
    }
    return words;
  }

  private void evaluatePending() {
    for (Source source : sources) {
      if (source instanceof Value v && v.parameter().current().isPending()) {
        v.parameter().eval();
      } else if (source instanceof Gradient g) {
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
    for (Left left : gradients) {
      Optional<Tensor> gradient =
          left.root() < 0
              ? Optional.empty()
              : Optional.of(value(left.parameter().type(), outcome[left.root()]));
      left.parameter().settleGradient(gradient);
    }
    return results(outcome);
  }

  private List<Tensor> results(Storage... outcome) {
    List<Tensor> values = new ArrayList<>(results.length);
    for (int i = 0; i < results.length; i++) {
      Tensor value = value(results[i], outcome[i]);
      if (cut) {
        value.node().markCut(read);
      }
      values.add(Scope.register(value));
    }
    return values;
  }

  private static Tensor value(Type type, Storage storage) {
    return new Tensor(Node.value(type, storage), 0);
  }
}
