package org.adjoint.internal.step;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Ancestors;
import org.adjoint.internal.graph.Cut;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.Region;
import org.adjoint.internal.graph.ScopeState;
import org.adjoint.internal.graph.Version;
import org.adjoint.internal.ir.Primitive;
import org.adjoint.internal.run.Evaluator;
import org.adjoint.internal.run.Leaf;
import org.adjoint.internal.run.Step;
import org.adjoint.internal.run.Trace;

/**
 * What a recorded function does: its trace, where each leaf comes from and where each root goes.
 *
 * @param trace over stand-ins, which never have values
 * @param arguments the types of the function's arguments
 * @param sources by leaf where the leaf comes from
 * @param results the types of the function's results: the first roots
 * @param written the parameters that get a new value
 * @param gradients the parameters that are left with another gradient, or none
 * @param asked the parameters whose gradient the function looked at
 * @param differentiated the parameters that backward passes reached, frozen ones too
 * @param changed the parameters whose value or gradient changes, each once
 * @param read every parameter that the function knows
 * @param passes by result whether derivatives might have passed it if it had kept its graph
 * @param lost what such derivatives had led to, but for the arguments
 */
record Layout(
    Trace trace,
    Type[] arguments,
    Source[] sources,
    Type[] results,
    Written[] written,
    Left[] gradients,
    Asked[] asked,
    Differentiated[] differentiated,
    ParameterState[] changed,
    Set<ParameterState> read,
    boolean[] passes,
    Cut lost) {
  /** A parameter whose old value is a leaf and whose new one is a root. */
  record Written(ParameterState parameter, int leaf, int root) {}

  /** A gradient at the end: a root, {@link Step#NONE} if there is none. */
  record Left(ParameterState parameter, int root) {}

  /** Whether a parameter had a gradient when the function was recorded. */
  record Asked(ParameterState parameter, boolean hadGradient) {}

  /** Whether a parameter that a backward pass reached was given a gradient, or is frozen. */
  record Differentiated(ParameterState parameter, boolean trainable) {}

  /** Returns the layout of {@code f}, called once on stand-ins of these types. */
  static Layout of(Function<List<Tensor>, List<Tensor>> f, List<Type> types) {
    Recording recording = new Recording();
    List<Tensor> arguments = types.stream().map(Access::argument).toList();
    List<Tensor> results =
        ScopeState.outside(
            () -> recording.during(() -> f.apply(arguments).stream().map(Access::fixed).toList()));
    return new Builder(arguments, results, recording).build();
  }

  /** Puts the parts of a layout together. */
  private static final class Builder {
    private final List<Tensor> arguments;
    private final List<Tensor> results;
    private final Recording recording;
    private final Map<Node, Source> known = new HashMap<>();
    private final Map<Node, Integer> roots = new HashMap<>();
    private final Set<ParameterState> changed = new LinkedHashSet<>();
    private final Set<ParameterState> read = new LinkedHashSet<>();
    private final List<Asked> asked = new ArrayList<>();
    private final List<Differentiated> differentiated = new ArrayList<>();
    private final List<Left> left = new ArrayList<>();
    private final List<Tensor> inputs = new ArrayList<>();
    private final List<Tensor> outputs = new ArrayList<>();

    Builder(List<Tensor> arguments, List<Tensor> results, Recording recording) {
      this.arguments = arguments;
      this.results = results;
      this.recording = recording;
    }

    Layout build() {
      inputs.addAll(arguments);
      outputs.addAll(results);
      for (int i = 0; i < arguments.size(); i++) {
        known.put(Access.node(arguments.get(i)), new Source.Argument(i));
      }
      recording.slots().forEach(this::add);
      Region region = Region.between(inputs, outputs);
      compute(region.captured());
      Trace trace = new Trace();
      inputs.forEach(input -> trace.declare(new Leaf(Access.node(input), 0)));
      outputs.forEach(trace::addRoot);
      Captured captured = new Captured(region.captured());
      boolean[] passes = new boolean[results.size()];
      for (int i = 0; i < passes.length; i++) {
        passes[i] = captured.isReached(Access.node(results.get(i)));
      }
      return new Layout(
          trace,
          types(arguments),
          trace.leaves().stream().map(this::source).toArray(Source[]::new),
          types(results),
          written(trace),
          left.toArray(Left[]::new),
          asked.toArray(Asked[]::new),
          differentiated.toArray(Differentiated[]::new),
          changed.toArray(ParameterState[]::new),
          read,
          passes,
          captured.lost(read));
    }

    private static Type[] types(List<Tensor> tensors) {
      return tensors.stream().map(Tensor::type).toArray(Type[]::new);
    }

    private Source source(Leaf leaf) {
      return known.getOrDefault(leaf.node(), new Source.Captured(leaf.tensor()));
    }

    private void add(Recording.Slot slot) {
      ParameterState parameter = slot.parameter();
      read.add(parameter);
      known.put(slot.input(), new Source.Value(parameter));
      inputs.add(Access.tensor(slot.input(), 0));
      if (slot.assigned().isPresent() || slot.isGradientTouched()) {
        changed.add(parameter);
      }
      if (slot.assigned().isPresent()) {
        roots.put(slot.input(), outputs.size());
        outputs.add(Access.tensor(slot.assigned().get(), 0));
      }
      if (slot.isGradientAsked()) {
        asked.add(new Asked(parameter, slot.gradientInput().isPresent()));
      }
      if (slot.isDifferentiated()) {
        differentiated.add(new Differentiated(parameter, parameter.isTrainable()));
      }
      if (slot.gradientInput().isPresent()) {
        Node before = slot.gradientInput().get();
        known.put(before, new Source.Gradient(parameter));
        inputs.add(Access.tensor(before, 0));
      }
      if (slot.isGradientTouched()) {
        left.add(new Left(parameter, slot.gradient().isPresent() ? outputs.size() : Step.NONE));
        slot.gradient().ifPresent(outputs::add);
      }
    }

    private Written[] written(Trace trace) {
      List<Written> written = new ArrayList<>();
      for (Recording.Slot slot : recording.slots()) {
        Integer root = roots.get(slot.input());
        if (root != null) {
          written.add(new Written(slot.parameter(), trace.leafNumber(slot.input(), 0), root));
        }
      }
      return written.toArray(Written[]::new);
    }

    /** Computes the captured tensors, once: they are constant from now on. */
    private static void compute(List<Tensor> captured) {
      List<Tensor> pending = new ArrayList<>();
      for (Tensor tensor : captured) {
        Node node = Access.node(tensor);
        Ancestors.find(node, n -> n instanceof Version v && v.isSource())
            .ifPresent(version -> refuse(tensor, (Version) version));
        // Views of scalars cost nothing as they are and memory if computed.
        if (!node.isEvaluated() && Ancestors.find(node, Builder::computes).isPresent()) {
          pending.add(tensor);
        }
      }
      Evaluator.evaluate(pending);
      pending.forEach(tensor -> Access.node(tensor).markOwned()); // they outlive every scope
    }

    private static void refuse(Tensor captured, Version version) {
      throw new IllegalStateException(
          "compiled: the function captures "
              + captured.type()
              + ", which was built from parameter '"
              + version.parameter().name()
              + "' outside of it and would never change again; build it inside, or detach() and"
              + " eval() it first");
    }

    private static boolean computes(Node node) {
      return node.kind() == Node.Kind.OP && node.op().primitive().kernel() != Primitive.NO_KERNEL;
    }
  }

  /** What a function captured, which its program takes for constant. */
  private record Captured(List<Tensor> tensors) {
    /** Returns whether derivatives pass from a node to an argument or to a captured tensor. */
    boolean isReached(Node from) {
      NodeMap ends = new NodeMap();
      tensors.forEach(tensor -> ends.put(Access.node(tensor), 0));
      NodeMap seen = new NodeMap();
      List<Node> open = new ArrayList<>(List.of(from));
      while (!open.isEmpty()) {
        Node node = open.remove(open.size() - 1);
        if (seen.get(node) != NodeMap.ABSENT) {
          continue;
        }
        seen.put(node, 0);
        boolean floating = Arrays.stream(node.types()).anyMatch(t -> t.dtype().isFloating());
        if (floating && (node.kind() == Node.Kind.ARGUMENT || ends.get(node) != NodeMap.ABSENT)) {
          return true;
        }
        Node[] inputs = node.inputs();
        for (int i = 0; i < inputs.length; i++) {
          if (node.passes(inputs, i)) {
            open.add(inputs[i]);
          }
        }
      }
      return false;
    }

    /** Returns what results lose: the parameters read, and the sources behind what was captured. */
    Cut lost(Set<ParameterState> read) {
      Cut.Collected lost = new Cut.Collected();
      read.forEach(lost::addCompiled);
      for (Tensor tensor : tensors) {
        lost.add(Access.node(tensor));
        for (Node source : Ancestors.all(Access.node(tensor), Node::isSource)) {
          lost.addCaptured(source);
        }
      }
      return lost.cut();
    }
  }

  /** Returns what the results of a run on these arguments lose. */
  Cut lost(List<Tensor> given) {
    boolean more = false;
    for (int i = 0; i < given.size(); i++) {
      more |= Access.node(given.get(i)).cut() != Cut.NONE;
    }
    if (!more) {
      return lost;
    }
    Cut.Collected all = new Cut.Collected();
    all.add(lost);
    given.forEach(argument -> all.add(Access.node(argument)));
    return all.cut();
  }

  /** Returns by root the leaf whose memory the root may take, {@link Step#NONE} for none. */
  int[] donors() {
    int[] donors = new int[trace.roots().size()];
    Arrays.fill(donors, Step.NONE);
    for (Written value : written) {
      donors[value.root()] = value.leaf();
    }
    return donors;
  }

  /**
   * Returns whether gradients are present or absent, and parameters frozen or not, as they were
   * when the function was recorded: another function was, if not.
   */
  boolean holds() {
    for (Asked parameter : asked) {
      if (parameter.parameter().peekGradient().isPresent() != parameter.hadGradient()) {
        return false;
      }
    }
    for (Differentiated parameter : differentiated) {
      if (parameter.parameter().isTrainable() != parameter.trainable()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns whether a run changes the values of all parameters that the function knows, and nothing
   * else of these parameters: only such a run can become a lease.
   */
  boolean changesValuesAlone() {
    for (Source source : sources) {
      if (source instanceof Source.Gradient) {
        return false;
      }
    }
    for (Left gradient : gradients) {
      if (gradient.root() != Step.NONE) {
        return false;
      }
    }
    return written.length > 0 && written.length == changed.length && written.length == read.size();
  }
}
