package org.adjoint;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What is done to several parameters at once. */
public final class Parameters {
  private Parameters() {}

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
    Set<Backward> consumed = new LinkedHashSet<>();
    for (Parameter parameter : parameters) {
      consumed.addAll(parameter.consumers());
    }
    Set<Parameter> own = new LinkedHashSet<>(parameters);
    List<Tensor> roots = new ArrayList<>();
    for (Backward backward : consumed) {
      roots.add(backward.loss());
      for (Parameter other : backward.parameters()) {
        if (!own.contains(other)) {
          other.grad().ifPresent(roots::add);
        }
      }
    }
    roots.addAll(List.of(also));
    try {
      Evaluator.evaluateTogether(roots);
    } finally {
      consumed.forEach(Backward::retire);
    }
  }
}
