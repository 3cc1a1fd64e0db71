package org.adjoint.internal.run;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.adjoint.Grad;
import org.adjoint.Tensor;
import org.adjoint.internal.derive.LazyGradients;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Graphs;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.ir.Loop;
import org.adjoint.op.Fused;
import org.adjoint.op.LoopOp;

/**
 * Replaces fused ops that a backend has no kernel for by their expansions, and {@link
 * LazyGradients} by their graphs: a graph in, a graph out. Leaves and scalars keep their numbers;
 * scalars that expansions bring along follow them, as constants of the program.
 */
public final class Expansion {
  private Expansion() {}

  /** Returns a trace that the backend has all kernels for: the given one, if it is such a trace. */
  public static Trace of(Trace trace, Predicate<String> supported) {
    Trace current = trace;
    while (needed(current, supported)) {
      current = once(current, supported);
    }
    return current;
  }

  private static boolean needed(Trace trace, Predicate<String> supported) {
    for (int at = 0; at < trace.ops().size(); at++) {
      if (isLazy(trace, at) || lacks(trace.ops().get(at), supported)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isLazy(Trace trace, int at) {
    return trace.ops().get(at) instanceof LazyGradients.Gradient
        && LazyGradients.Gradient.isLazy(trace.inputs(at));
  }

  private static boolean lacks(Node node, Predicate<String> supported) {
    return node.op() instanceof LoopOp loop
        ? !supported.test(Loop.KERNEL.name()) || loop.body().lacks(supported)
        : node.op() instanceof Fused && !supported.test(node.op().primitive().kernel().name());
  }

  private static Trace once(Trace trace, Predicate<String> supported) {
    NodeMap numbers = new NodeMap();
    List<List<Tensor>> mapped = new ArrayList<>();
    for (int at = 0; at < trace.ops().size(); at++) {
      Node node = trace.ops().get(at);
      if (isLazy(trace, at)) {
        if (numbers.get(node) == NodeMap.ABSENT) {
          differentiate(trace, at, numbers, mapped);
        }
        continue;
      }
      Node[] inputs = trace.inputs(at);
      List<Tensor> newInputs = new ArrayList<>();
      for (int i = 0; i < inputs.length; i++) {
        newInputs.add(map(inputs[i], node.index(i), numbers, mapped));
      }
      List<Tensor> outputs =
          lacks(node, supported)
              ? expand(node, newInputs, supported)
              : Graphs.apply(node.op(), node.attrs(), newInputs.toArray(new Tensor[0]));
      numbers.put(node, mapped.size());
      mapped.add(outputs);
    }
    Trace result = new Trace();
    for (Leaf leaf : trace.leaves()) {
      result.declare(leaf);
    }
    for (Node scalar : trace.scalars()) {
      result.declare(scalar);
    }
    for (Tensor root : trace.roots()) {
      result.addRoot(map(Access.node(root), Access.index(root), numbers, mapped));
    }
    return result;
  }

  private static List<Tensor> expand(Node node, List<Tensor> inputs, Predicate<String> supported) {
    return node.op() instanceof LoopOp loop
        ? loop.body().expand(inputs, node.attrs(), supported)
        : ((Fused) node.op()).expand(inputs, node.attrs());
  }

  /** Builds a gradient, and along with it all others of the same loss: gradients share nodes. */
  private static void differentiate(
      Trace trace, int first, NodeMap numbers, List<List<Tensor>> mapped) {
    Node loss = trace.inputs(first)[0];
    List<Node> gradients = new ArrayList<>();
    List<Tensor> xs = new ArrayList<>();
    for (int at = first; at < trace.ops().size(); at++) {
      if (isLazy(trace, at) && trace.inputs(at)[0] == loss) {
        gradients.add(trace.ops().get(at));
        xs.add(map(trace.inputs(at)[1], 0, numbers, mapped));
      }
    }
    Tensor y = map(loss, 0, numbers, mapped);
    List<Tensor> built = Grad.grad(y, xs.toArray(new Tensor[0]));
    for (int i = 0; i < built.size(); i++) {
      numbers.put(gradients.get(i), mapped.size());
      mapped.add(List.of(built.get(i).detach()));
    }
  }

  private static Tensor map(Node node, int index, NodeMap numbers, List<List<Tensor>> mapped) {
    int number = numbers.get(node);
    return number == NodeMap.ABSENT ? Access.tensor(node, index) : mapped.get(number).get(index);
  }
}
