package org.adjoint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.adjoint.internal.graph.Backward;
import org.adjoint.internal.graph.Binding;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.run.Evaluator;
import org.adjoint.op.ShapeOps;

/** What is done to several parameters at once. */
public final class Parameters {
  private Parameters() {}

  /**
   * Returns what {@code body} returns while, on this thread, each parameter among the keys stands
   * for a tensor instead of its own value: gradients go to that tensor, and to nothing if it is a
   * constant. So a model becomes a function of its parameters, for gradients per sample or learning
   * to learn: {@code Vmap.of(x -> Grad.of(w -> Parameters.with(Map.of(p, w), () ->
   * loss.apply(x))).apply(p))}. Calls nest; the parameters themselves do not change.
   *
   * @throws IllegalArgumentException if a tensor has another shape or dtype than its parameter
   */
  public static <T> T with(Map<Parameter, Tensor> values, Supplier<T> body) {
    Map<ParameterState, Node> nodes = new HashMap<>();
    values.forEach(
        (parameter, value) -> {
          if (!value.type().equals(parameter.type())) {
            throw new IllegalArgumentException(
                "parameter '"
                    + parameter.name()
                    + "' is "
                    + parameter.type()
                    + "; it cannot stand for "
                    + value.type());
          }
          Tensor fixed = value.fixed();
          // A parameter is the only output of its node.
          boolean only = fixed.node().outputs() == 1;
          nodes.put(parameter.state(), only ? fixed.node() : ShapeOps.renamed(fixed).node());
        });
    return new Given(nodes).during(body);
  }

  /** The binding of {@link #with}. */
  private static final class Given extends Binding {
    private final Map<ParameterState, Node> nodes;

    Given(Map<ParameterState, Node> nodes) {
      this.nodes = nodes;
    }

    @Override
    public Optional<Node> find(ParameterState parameter) {
      return Optional.ofNullable(nodes.get(parameter));
    }
  }

  /**
   * Evaluates, in one program: every pending assignment of this thread, every loss whose {@link
   * Tensor#backward} reached one of {@code parameters} since the last commit, gradients that those
   * passes left in other parameters, and {@code also}. Then the graphs of those losses are retired:
   * their values stay, differentiating them again is an error. What optimizers call at the end of a
   * step.
   *
   * @throws IndexOutOfBoundsException if a label or an index in the graph is out of range; every
   *     parameter then keeps the value it had
   */
  public static void commit(List<Parameter> parameters, Tensor... also) {
    if (Binding.recording().isPresent()) {
      return; // the whole function will be one program
    }
    Set<Backward> consumed = new LinkedHashSet<>();
    List<Backward> seen = List.of();
    for (Parameter parameter : parameters) {
      List<Backward> passes = parameter.state().consumers();
      if (passes != seen) {
        consumed.addAll(passes);
        seen = passes;
      }
    }
    List<Tensor> roots = new ArrayList<>(consumed.size() + also.length);
    for (Backward backward : consumed) {
      roots.add(backward.loss());
      addOthers(backward, parameters, roots);
    }
    roots.addAll(List.of(also));
    try {
      Evaluator.evaluateTogether(roots);
    } finally {
      consumed.forEach(Backward::retire);
    }
  }

  /** Adds the gradients that a pass left in parameters which are not among {@code own}. */
  private static void addOthers(Backward backward, List<Parameter> own, List<Tensor> roots) {
    List<ParameterState> reached = backward.parameters();
    int same = 0; // as a rule all that was reached is what the optimizer moves, in the same order
    while (same < Math.min(reached.size(), own.size())
        && reached.get(same) == own.get(same).state()) {
      same++;
    }
    if (same == reached.size()) {
      return;
    }
    Set<ParameterState> known = new HashSet<>();
    own.forEach(parameter -> known.add(parameter.state()));
    for (ParameterState other : reached.subList(same, reached.size())) {
      if (!known.contains(other)) {
        other.gradient().ifPresent(roots::add);
      }
    }
  }
}
