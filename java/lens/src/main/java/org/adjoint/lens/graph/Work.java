package org.adjoint.lens.graph;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.graph.Node;
import org.adjoint.lens.graph.Reading.Vertex;
import org.adjoint.op.Elementwise;
import org.adjoint.op.Reduction;

/**
 * How many operations on numbers a graph asks for, each node once. An elementwise op or a reduction
 * counts one an element that it makes or folds, a product of matrices two (a multiplication and an
 * addition) for each pair of factors; what only moves or repeats numbers counts nothing. Counted in
 * the graph as it was built, before the compiler merges or fuses anything.
 */
public final class Work {
  private static final Set<String> MOVES =
      Set.of(
          "reshape",
          "broadcastTo",
          "permute",
          "slice",
          "unslice",
          "concat",
          "cast",
          "detach",
          "barrier",
          "gather");

  private Work() {}

  /** Returns how many operations it takes to compute all of these tensors together. */
  public static long of(List<Tensor> tensors) {
    Reading reading = new Reading(Map.of());
    tensors.forEach(reading::read);
    long all = 0;
    for (Vertex vertex : reading.vertices()) {
      if (vertex.isOp()) {
        all += operations(vertex.node());
      }
    }
    return all;
  }

  private static long operations(Node node) {
    String name = node.op().name();
    long made = node.type(0).shape().size();
    if (node.op() instanceof Elementwise) {
      return made;
    } else if (MOVES.contains(name)) {
      return 0;
    }
    Type first = node.inputs()[0].type(node.index(0));
    if (name.equals("matmul")) {
      return 2 * made * first.shape().dim(first.shape().rank() - 1);
    }
    boolean folds = node.op() instanceof Reduction || name.equals("scatterAdd");
    return folds ? first.shape().size() : Math.max(made, first.shape().size());
  }
}
