package org.adjoint.internal.step;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Ancestors;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.Region;
import org.adjoint.internal.graph.ThreadState;
import org.adjoint.internal.graph.Version;
import org.adjoint.internal.ir.Primitive;
import org.adjoint.internal.run.Evaluator;
import org.adjoint.internal.run.Trace;

/**
 * What a recorded function means as a program: its trace, where each leaf of that comes from and
 * where each root of it goes. It runs nothing; that is what {@link CompiledStep} does.
 */
public final class StepLayout {
  private static final int NONE = -1;

  /** Where a leaf comes from. */
  public sealed interface Source {
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
  public record Value(ParameterState parameter, int root) implements Source {
    @Override
    public Tensor tensor(List<Tensor> arguments) {
      return Access.tensor(parameter.current(), 0);
    }

    public boolean isWritten() {
      return root >= 0;
    }
  }

  /** The gradient that a parameter has before the run. */
  public record Gradient(ParameterState parameter) implements Source {
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
  public record Left(ParameterState parameter, int root) {}

  /** Whether a parameter had a gradient when the function was recorded. */
  public record Before(ParameterState parameter, boolean hadGradient) {}

  private final Trace trace = new Trace();
  private final Type[] arguments;
  private final Source[] sources;
  private final Type[] results;
  private final Left[] gradients;
  private final Before[] before;
  private final int roots;

  /** Whether derivatives might have passed the results if they had kept their graph. */
  private final boolean cut;

  /** The parameters that it reads, and those whose value or gradient it changes. */
  private final Set<ParameterState> read = new LinkedHashSet<>();

  private final ParameterState[] changed;

  private StepLayout(List<Tensor> arguments, List<Tensor> results, Recording recording) {
    Map<Node, Source> known = new HashMap<>();
    Set<ParameterState> written = new LinkedHashSet<>();
    List<Before> asked = new ArrayList<>();
    List<Left> left = new ArrayList<>();
    List<Tensor> inputs = new ArrayList<>(arguments);
    List<Tensor> outputs = new ArrayList<>(results);
    for (int i = 0; i < arguments.size(); i++) {
      known.put(Access.node(arguments.get(i)), new Argument(i));
    }
    for (Recording.Slot slot : recording.slots()) {
      ParameterState parameter = slot.parameter();
      int root = slot.assigned().isPresent() ? outputs.size() : NONE;
      slot.assigned().ifPresent(node -> outputs.add(Access.tensor(node, 0)));
      known.put(slot.input(), new Value(parameter, root));
      read.add(parameter);
      if (slot.assigned().isPresent() || slot.isGradientTouched()) {
        written.add(parameter);
      }
      inputs.add(Access.tensor(slot.input(), 0));
      if (slot.isGradientAsked()) {
        asked.add(new Before(parameter, slot.gradientInput().isPresent()));
      }
      slot.gradientInput().ifPresent(node -> known.put(node, new Gradient(parameter)));
      slot.gradientInput().ifPresent(node -> inputs.add(Access.tensor(node, 0)));
      if (slot.isGradientTouched()) {
        left.add(new Left(parameter, slot.gradient().isPresent() ? outputs.size() : NONE));
        slot.gradient().ifPresent(outputs::add);
      }
    }
    Region region = Region.between(inputs, outputs);
    settle(region.captured());
    inputs.forEach(input -> trace.declare(new Trace.Leaf(Access.node(input), 0)));
    for (Tensor output : outputs) {
      trace.addRoot(output);
      if (Access.node(output).kind() != Node.Kind.SCALAR && !trace.isOp(Access.node(output))) {
        trace.leafNumber(Access.node(output), Access.index(output));
      }
    }
    this.arguments = arguments.stream().map(Tensor::type).toArray(Type[]::new);
    this.sources =
        trace.leaves().stream()
            .map(leaf -> known.getOrDefault(leaf.node(), new Captured(leaf.tensor())))
            .toArray(Source[]::new);
    this.results = results.stream().map(Tensor::type).toArray(Type[]::new);
    this.before = asked.toArray(new Before[0]);
    this.gradients = left.toArray(new Left[0]);
    this.changed = written.toArray(new ParameterState[0]);
    this.roots = outputs.size();
    this.cut =
        !recording.slots().isEmpty()
            || region.captured().stream().anyMatch(t -> Access.node(t).isVariable());
  }

  /** Calls {@code f} on stand-ins of these types and lays out what it does. */
  public static StepLayout of(Function<List<Tensor>, List<Tensor>> f, List<Type> types) {
    Recording recording = new Recording();
    List<Tensor> arguments = types.stream().map(Access::argument).toList();
    List<Tensor> results =
        ThreadState.outsideScopes(
            () -> recording.during(() -> f.apply(arguments).stream().map(Access::fixed).toList()));
    return new StepLayout(arguments, results, recording);
  }

  /** Computes what the function captured, once: it is constant from now on. */
  private static void settle(List<Tensor> captured) {
    List<Tensor> pending = new ArrayList<>();
    for (Tensor tensor : captured) {
      Node node = Access.node(tensor);
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
      if (!node.isEvaluated() && Ancestors.find(node, StepLayout::computes).isPresent()) {
        pending.add(tensor);
      }
    }
    Evaluator.evaluate(pending);
    pending.forEach(
        tensor -> Access.node(tensor).markOwned()); // they outlive the scope of this call
  }

  private static boolean computes(Node node) {
    return node.kind() == Node.Kind.OP && node.op().primitive().kernel() != Primitive.NO_KERNEL;
  }

  public Trace trace() {
    return trace;
  }

  /** Returns the types of the function's arguments. */
  public Type[] arguments() {
    return arguments;
  }

  /** Returns by leaf where it comes from. */
  public Source[] sources() {
    return sources;
  }

  /** Returns how many results the function has: the first roots. */
  public int results() {
    return results.length;
  }

  /** Returns the gradients that the function leaves or takes away. */
  public Left[] gradients() {
    return gradients;
  }

  /** Returns the parameters whose gradients have to be there, or absent, as they were. */
  public Before[] before() {
    return before;
  }

  /** Returns how many roots there are. */
  public int roots() {
    return roots;
  }

  /** Returns the parameter whose value a leaf is, if it is one's. */
  public Optional<ParameterState> parameterOf(int leaf) {
    return leaf >= 0 && leaf < sources.length && sources[leaf] instanceof Value v
        ? Optional.of(v.parameter())
        : Optional.empty();
  }

  /** Returns the leaves that are not parameters' values: each run pins them anew. */
  public int[] leavesToPin() {
    return IntStream.range(0, sources.length).filter(i -> !(sources[i] instanceof Value)).toArray();
  }

  /** Returns a result of the function, whose value a run has left in a storage. */
  public Tensor result(int i, Storage storage) {
    Node node = cut ? Node.cutValue(results[i], storage, read) : Node.value(results[i], storage);
    return Access.register(Access.tensor(node, 0));
  }

  /** Returns the parameters whose value or gradient the function changes. */
  public ParameterState[] changed() {
    return changed;
  }

  /**
   * Returns by parameter that is changed the leaf that is its value, if a run changes the values of
   * all parameters that it knows, and nothing else of them; else nothing.
   */
  public int[] leavesOfChanged() {
    if (!changesValuesAlone()) {
      return new int[0];
    }
    int[] leaves = new int[changed.length];
    for (int leaf = 0; leaf < sources.length; leaf++) {
      if (sources[leaf] instanceof Value v) {
        leaves[Arrays.asList(changed).indexOf(v.parameter())] = leaf;
      }
    }
    return leaves;
  }

  private boolean changesValuesAlone() {
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
}
