package org.adjoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Predicate;
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
  private sealed interface Source {}

  private record Argument(int index) implements Source {}

  /** The value of a parameter; the new value goes to root {@code root}, −1 if there is none. */
  private record Value(Parameter parameter, int root) implements Source {}

  private record Gradient(Parameter parameter) implements Source {}

  private record Captured(Node node, int index, Type type) implements Source {}

  /** A gradient at the end: a root, −1 if there is none. */
  private record Left(Parameter parameter, int root) {}

  private final Backend backend = Backends.current();
  private final Trace trace = new Trace();
  private final List<Source> sources = new ArrayList<>();
  private final List<Type> results = new ArrayList<>();
  private final List<Left> gradients = new ArrayList<>();
  private final Map<Parameter, Boolean> hadGradient = new HashMap<>();
  private final int roots;
  private final boolean cut;

  /** By which roots overwrite the leaves they replace: usually all of them can. */
  private final Map<List<Integer>, CompiledGraph> programs = new ConcurrentHashMap<>();

  private CompiledStep(List<Tensor> arguments, List<Tensor> results, Recording recording) {
    Map<Node, Source> known = new HashMap<>();
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
      inputs.add(new Tensor(slot.input(), 0));
      if (slot.isGradientAsked()) {
        hadGradient.put(parameter, slot.gradientInput().isPresent());
      }
      slot.gradientInput().ifPresent(node -> known.put(node, new Gradient(parameter)));
      slot.gradientInput().ifPresent(node -> inputs.add(new Tensor(node, 0)));
      if (slot.isGradientTouched()) {
        gradients.add(new Left(parameter, slot.gradient().isPresent() ? outputs.size() : NO_DONOR));
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
    for (Trace.Leaf leaf : trace.leaves()) {
      Source source = known.get(leaf.node());
      sources.add(source != null ? source : new Captured(leaf.node(), leaf.index(), leaf.type()));
    }
    results.forEach(result -> this.results.add(result.type()));
    this.roots = outputs.size();
    this.cut =
        !recording.slots().isEmpty()
            || region.captured().stream().anyMatch(t -> t.node().isVariable());
  }

  /** Calls {@code f} on stand-ins and compiles what it does. */
  static CompiledStep record(Function<List<Tensor>, List<Tensor>> f, List<Type> types) {
    Recording recording = new Recording();
    List<Tensor> arguments = types.stream().map(Vmap::argument).toList();
    List<Tensor> results =
        recording.during(() -> f.apply(arguments).stream().map(Tensor::fixed).toList());
    CompiledStep step = new CompiledStep(arguments, results, recording);
    step.program(step.donors(parameter -> true));
    return step;
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

  /** Returns whether the parameters' gradients are there or absent as they were when recorded. */
  boolean fits() {
    for (Map.Entry<Parameter, Boolean> had : hadGradient.entrySet()) {
      if (had.getKey().settledGradient().isPresent() != had.getValue()) {
        return false;
      }
    }
    return true;
  }

  private int[] donors(Predicate<Parameter> donates) {
    int[] donors = new int[roots];
    Arrays.fill(donors, NO_DONOR);
    for (int i = 0; i < sources.size(); i++) {
      if (sources.get(i) instanceof Value v && v.root() >= 0 && donates.test(v.parameter())) {
        donors[v.root()] = i;
      }
    }
    return donors;
  }

  private CompiledGraph program(int[] donors) {
    return programs.computeIfAbsent(
        Arrays.stream(donors).boxed().toList(),
        key -> ProgramCache.compile(backend, trace, donors));
  }

  /** Runs the program on evaluated arguments and does to the parameters what it says. */
  List<Tensor> run(List<Tensor> arguments) {
    for (; ; ) {
      evaluatePending();
      if (Anomaly.isOn()) {
        Anomaly.search(trace, leaves(arguments));
      }
      Holds holds = new Holds();
      try {
        if (holds.takeAll(arguments)) {
          return finish(program(donors(holds::owns)).run(backend, trace, holds.storages));
        }
      } finally {
        holds.release();
      }
      LockSupport.parkNanos(WAIT_NANOS);
    }
  }

  private List<Tensor> leaves(List<Tensor> arguments) {
    List<Tensor> leaves = new ArrayList<>(sources.size());
    for (Source source : sources) {
      if (source instanceof Argument a) {
        leaves.add(arguments.get(a.index()));
      } else if (source instanceof Value v) {
        leaves.add(new Tensor(v.parameter().current(), 0));
      } else if (source instanceof Gradient g) {
        leaves.add(g.parameter().settledGradient().orElseThrow());
      } else if (source instanceof Captured c) {
        leaves.add(new Tensor(c.node(), c.index()));
      }
    }
    return leaves;
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

  private List<Tensor> finish(Storage[] outcome) {
    for (Source source : sources) {
      if (source instanceof Value v && v.root() >= 0) {
        v.parameter().replace(outcome[v.root()]);
      }
    }
    for (Left left : gradients) {
      Optional<Tensor> gradient =
          left.root() < 0
              ? Optional.empty()
              : Optional.of(value(left.parameter().type(), outcome[left.root()]));
      left.parameter().settleGradient(gradient);
    }
    List<Tensor> values = new ArrayList<>(results.size());
    for (int i = 0; i < results.size(); i++) {
      Tensor value = value(results.get(i), outcome[i]);
      if (cut) {
        value.node().markCut();
      }
      values.add(Scope.register(value));
    }
    return values;
  }

  private static Tensor value(Type type, Storage storage) {
    return new Tensor(Node.value(type, storage), 0);
  }

  /** What one run holds: pins on what it reads, sole ownership of what it overwrites. */
  private final class Holds {
    private final List<Storage> storages = new ArrayList<>(sources.size());
    private final List<Storage> pinned = new ArrayList<>(sources.size());
    private final Map<Parameter, Version> owned = new HashMap<>();
    private final List<Parameter> writing = new ArrayList<>();

    boolean owns(Parameter parameter) {
      return owned.containsKey(parameter);
    }

    /** Returns false if another run holds something alone right now. */
    boolean takeAll(List<Tensor> arguments) {
      for (Source source : sources) {
        boolean taken;
        if (source instanceof Argument a) {
          Tensor x = arguments.get(a.index());
          taken = pin(x.node(), x.index(), x.type());
        } else if (source instanceof Value v) {
          taken = take(v);
        } else if (source instanceof Gradient g) {
          Optional<Tensor> gradient = g.parameter().settledGradient();
          taken =
              gradient.isPresent()
                  && pin(gradient.get().node(), gradient.get().index(), gradient.get().type());
        } else {
          Captured c = (Captured) source;
          taken = pin(c.node(), c.index(), c.type());
        }
        if (!taken) {
          return false;
        }
      }
      return true;
    }

    private boolean take(Value v) {
      if (v.root() >= 0) {
        if (!v.parameter().tryWrite()) {
          return false;
        }
        writing.add(v.parameter());
        Optional<Version> donor = v.parameter().donateCurrent();
        if (donor.isPresent()) {
          owned.put(v.parameter(), donor.get());
          storages.add(donor.get().value(0).orElseThrow());
          return true;
        }
      }
      Version version = v.parameter().current();
      return !version.isPending() && pin(version, 0, version.type(0));
    }

    private boolean pin(Node node, int index, Type type) {
      Optional<Storage> storage = node.value(index);
      if (storage.isEmpty()) {
        return false;
      }
      switch (storage.get().tryPin()) {
        case PINNED -> {
          pinned.add(storage.get());
          storages.add(storage.get());
          return node.value(index).isPresent();
        }
        case CLOSED -> {
          if (node.value(index).isPresent()) {
            throw Evaluator.closed(type);
          }
          return false;
        }
        default -> {
          return false;
        }
      }
    }

    void release() {
      pinned.forEach(Storage::unpin);
      for (int i = 0; i < storages.size(); i++) {
        if (sources.get(i) instanceof Value v && owned.containsKey(v.parameter())) {
          owned.get(v.parameter()).setDonating(false);
          storages.get(i).disown();
        }
      }
      writing.forEach(Parameter::endWrite);
    }
  }
}
