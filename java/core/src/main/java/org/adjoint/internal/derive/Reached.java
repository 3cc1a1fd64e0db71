package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Cut;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.Version;

/**
 * Finds the inputs and parameters that a derivative reaches, or says why it reaches them no more.
 */
public final class Reached {
  private Reached() {}

  /**
   * Returns {@code x} as a tensor that is no parameter, and marks its position as needed if the
   * graph reaches it.
   *
   * @throws IllegalStateException if x may have been reached before an evaluation or assignment
   */
  public static Tensor wanted(int i, Tensor x, DifferentiablePart part, boolean[] needed) {
    Tensor fixed = Access.tensor(Access.node(x), Access.index(x));
    if (!x.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "grad: input "
              + i
              + " is "
              + x.type()
              + "; integers and booleans have no derivative, cast() it first");
    }
    int at = part.position(Access.node(fixed));
    if (at != NodeMap.ABSENT) {
      needed[at] = true;
      return fixed;
    }
    if (x instanceof Parameter parameter) {
      checkNotLost(Access.state(parameter), part);
    } else {
      checkNotLost(i, fixed, part);
    }
    return fixed;
  }

  private static void checkNotLost(ParameterState p, DifferentiablePart part) {
    for (Cut cut : part.cuts()) {
      if (cut.hides(p)) {
        throw lost("grad", p);
      }
    }
    for (Node node : part.order()) {
      if (node instanceof Version v && v.parameter() == p && isPast(v)) {
        throw v.supersededError();
      }
    }
  }

  private static void checkNotLost(int i, Tensor x, DifferentiablePart part) {
    Node node = Access.node(x);
    if (node instanceof Version) {
      return;
    }
    for (Cut cut : part.cuts()) {
      if (cut.captured().contains(node) || node.mayBeHiddenBy(cut)) {
        throw new IllegalStateException(
            "grad: y does not reach input "
                + i
                + ", "
                + x.type()
                + ", but an evaluation has dropped part of its graph, or part of it came out of"
                + " Compiled; mark the input with variable() before building on it, differentiate"
                + " before evaluating, or inside the compiled function");
      }
    }
  }

  /**
   * Returns the trainable parameters that derivatives reach, in the order of a depth-first walk.
   *
   * @throws IllegalStateException if the graph reads a version that is current no more, leads
   *     through a compiled function to a trainable parameter, or leads to none where an evaluation
   *     has dropped the way to one
   */
  public static List<ParameterState> trainableParameters(DifferentiablePart part) {
    List<ParameterState> parameters = new ArrayList<>();
    for (Node node : part.order()) {
      if (node instanceof Version v && v.parameter().isTrainable()) {
        if (isPast(v)) {
          throw v.supersededError();
        }
        parameters.add(v.parameter());
      }
    }
    for (Cut cut : part.cuts()) {
      // A carried state goes on from where it was cut, as long as it leads to any parameter.
      Set<ParameterState> lost = new LinkedHashSet<>(cut.compiled());
      lost.addAll(parameters.isEmpty() ? cut.superseded() : Set.of());
      for (ParameterState parameter : lost) {
        if (parameter.isTrainable()) {
          throw lost("backward", parameter);
        }
      }
      if (cut.unseen() && parameters.isEmpty()) {
        throw new IllegalStateException(
            "backward: a part of the graph was released before it was computed");
      }
    }
    return parameters;
  }

  /** Returns whether a newer version is the current one. */
  private static boolean isPast(Version v) {
    return !v.parameter().isCurrent(v);
  }

  private static IllegalStateException lost(String name, ParameterState parameter) {
    return new IllegalStateException(
        name
            + ": an evaluation has dropped the graph that read an earlier version of parameter '"
            + parameter.name()
            + "', or a result of a compiled function that read it is on the way; differentiate"
            + " before assign() and step(), or inside the compiled function, or detach() the value");
  }
}
