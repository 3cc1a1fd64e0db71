package org.adjoint.internal.loop;

import java.util.ArrayList;
import java.util.List;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Graphs;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeTable;
import org.adjoint.internal.graph.PostOrder;
import org.adjoint.op.LoopOp;

/**
 * A loop that was made of a body's derivatives, and how its invariants follow from those of the
 * loop that it was made of. Holds no values, so that it may be kept.
 *
 * @param op the loop
 * @param invariants what the loop reads, over {@code outer}
 * @param outer stand-ins for the invariants of the loop that it was made of
 */
record Derived(LoopOp op, List<Tensor> invariants, List<Tensor> outer) {
  /** Returns a loop of what was built over stand-ins; see {@link LoopTrace#close}. */
  static Derived close(
      List<Tensor> carries, List<Tensor> elements, List<Tensor> results, List<Tensor> outer) {
    LoopTrace.Closed closed = LoopTrace.close(carries, elements, results);
    return new Derived(closed.op(), closed.invariants(), outer);
  }

  /**
   * Returns the outputs of the loop on these inputs, its invariants computed of {@code outside}.
   */
  List<Tensor> apply(
      long[] attrs, List<Tensor> carries, List<Tensor> sequences, List<Tensor> outside) {
    List<Tensor> inputs = new ArrayList<>(carries);
    inputs.addAll(sequences);
    inputs.addAll(computed(outside));
    return op.apply(attrs, inputs.toArray(new Tensor[0]));
  }

  /** Builds every op anew: a value that some run leaves in a shared node would outlive the run. */
  private List<Tensor> computed(List<Tensor> outside) {
    NodeTable<List<Tensor>> built = new NodeTable<>();
    for (int i = 0; i < outer.size(); i++) {
      built.put(Access.node(outer.get(i)), List.of(outside.get(i)));
    }
    for (Tensor invariant : invariants) {
      PostOrder.walk(
          Access.node(invariant),
          built::has,
          (node, inputs) -> built.put(node, again(node, built, inputs)));
    }
    return invariants.stream()
        .map(y -> built.get(Access.node(y)).orElseThrow().get(Access.index(y)))
        .toList();
  }

  private static List<Tensor> again(Node node, NodeTable<List<Tensor>> built, Node... inputs) {
    if (node.kind() != Node.Kind.OP || node.isEvaluated()) {
      return Access.outputs(node);
    }
    Tensor[] mapped = new Tensor[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      mapped[i] = built.get(inputs[i]).orElseThrow().get(node.index(i));
    }
    return Graphs.apply(node.op(), node.attrs(), mapped);
  }
}
