package org.adjoint;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.adjoint.op.Fused;

/**
 * Replaces fused ops that a backend has no kernel for by what they mean in other ops: a graph in, a
 * graph out. Leaves and scalars keep their numbers; scalars that expansions bring along follow
 * them, as constants of the program.
 */
final class Expansion {
  private Expansion() {}

  /** Returns the trace itself if the backend has all its kernels, else one that it can run. */
  static Trace of(Trace trace, Predicate<String> supported) {
    Trace current = trace;
    while (needed(current, supported)) {
      current = once(current, supported);
    }
    return current;
  }

  private static boolean needed(Trace trace, Predicate<String> supported) {
    for (Node node : trace.ops()) {
      if (lacks(node, supported)) {
        return true;
      }
    }
    return false;
  }

  private static boolean lacks(Node node, Predicate<String> supported) {
    return node.op() instanceof Fused && !supported.test(node.op().primitive().kernel().name());
  }

  private static Trace once(Trace trace, Predicate<String> supported) {
    NodeMap numbers = new NodeMap();
    List<List<Tensor>> mapped = new ArrayList<>();
    for (int at = 0; at < trace.ops().size(); at++) {
      Node node = trace.ops().get(at);
      Node[] inputs = trace.inputs(at);
      List<Tensor> newInputs = new ArrayList<>();
      for (int i = 0; i < inputs.length; i++) {
        newInputs.add(map(inputs[i], node.index(i), numbers, mapped));
      }
      List<Tensor> outputs =
          lacks(node, supported)
              ? ((Fused) node.op()).expand(newInputs, node.attrs())
              : Graphs.apply(node.op(), node.attrs(), newInputs.toArray(new Tensor[0]));
      numbers.put(node, mapped.size());
      mapped.add(outputs);
    }
    Trace result = new Trace();
    for (Trace.Leaf leaf : trace.leaves()) {
      result.declare(leaf);
    }
    for (Node scalar : trace.scalars()) {
      result.declare(scalar);
    }
    for (Tensor root : trace.roots()) {
      result.addRoot(map(root.node(), root.index(), numbers, mapped));
    }
    return result;
  }

  private static Tensor map(Node node, int index, NodeMap numbers, List<List<Tensor>> mapped) {
    int number = numbers.get(node);
    return number == NodeMap.ABSENT ? new Tensor(node, index) : mapped.get(number).get(index);
  }
}
