package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.List;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
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
      ParameterState p = Access.state(parameter);
      if (part.behind().contains(p)) {
        throw compiled("grad", p);
      }
      for (Node node : part.order()) {
        if (node instanceof Version v && v.parameter() == p && isPast(v)) {
          throw v.supersededError();
        }
      }
      return fixed;
    }
    boolean marked =
        Access.node(fixed).isVariable() && Access.node(fixed).variableSince() < part.earliestCut();
    if (part.earliestCut() != Long.MAX_VALUE
        && !marked
        && !(Access.node(fixed) instanceof Version)) {
      throw new IllegalStateException(
          "grad: y does not reach input "
              + i
              + ", "
              + x.type()
              + ", but an evaluation has dropped part of its graph; mark the input with variable()"
              + " before building on it, or differentiate before evaluating");
    }
    return fixed;
  }

  /**
   * Returns the trainable parameters that a node reaches, in the order of a depth-first walk.
   *
   * @throws IllegalStateException if the graph of y reads a version that is current no more, was
   *     dropped by an evaluation, or leads through a compiled function to a trainable parameter
   */
  public static List<ParameterState> trainableParameters(Node y, DifferentiablePart part) {
    List<ParameterState> parameters = new ArrayList<>();
    checkNotCut("backward", y, part);
    for (Node node : part.order()) {
      if (node instanceof Version v && v.parameter().isTrainable()) {
        if (isPast(v)) {
          throw v.supersededError();
        }
        parameters.add(v.parameter());
      }
    }
    if (parameters.isEmpty() && part.earliestCut() != Long.MAX_VALUE) {
      throw dropped("backward", y);
    }
    for (ParameterState parameter : part.behind()) {
      if (parameter.isTrainable()) {
        throw compiled("backward", parameter);
      }
    }
    return parameters;
  }

  /** Returns whether a newer version is the current one. */
  private static boolean isPast(Version v) {
    return !v.parameter().isCurrent(v);
  }

  /** Checks that no evaluation has dropped the whole graph of y. */
  static void checkNotCut(String name, Node y, DifferentiablePart part) {
    if (y.isCut() && part.order().size() == 1) {
      throw dropped(name, y);
    }
  }

  private static IllegalStateException compiled(String name, ParameterState parameter) {
    return new IllegalStateException(
        name
            + ": a result of a compiled function is on the way to parameter '"
            + parameter.name()
            + "', which it read; differentiate inside the function, or detach() its result");
  }

  private static IllegalStateException dropped(String name, Node y) {
    return new IllegalStateException(
        name
            + ": an evaluation has dropped the graph of "
            + y.type(0)
            + ", which reached no current parameter and no variable(), or came out of Compiled;"
            + " mark what you differentiate by with variable() first, or differentiate before"
            + " assign() and step(), or inside the compiled function");
  }
}
