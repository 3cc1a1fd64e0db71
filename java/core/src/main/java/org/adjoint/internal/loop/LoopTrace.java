package org.adjoint.internal.loop;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Graphs;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.NodeTable;
import org.adjoint.internal.graph.PostOrder;
import org.adjoint.internal.graph.ScopeState;
import org.adjoint.op.LoopOp;
import org.adjoint.op.Op;
import org.adjoint.op.ShapeOps;

/**
 * Makes a body of what was built between values that change from turn to turn and results. All that
 * does not change is computed once, outside, and becomes an invariant, numbers too; but views stay
 * inside, where they cost nothing.
 */
final class LoopTrace {
  private final NodeMap varying = new NodeMap();
  private final NodeTable<Tensor[]> bound = new NodeTable<>();
  private final List<Node> order = new ArrayList<>();
  private final List<Node> built = new ArrayList<>();
  private final List<Tensor> arguments = new ArrayList<>();
  private final List<Tensor> invariants = new ArrayList<>();

  private LoopTrace() {}

  /**
   * A loop and what it reads beside carries and sequences.
   *
   * @param invariants tensors of the graph that the loop was made of, in the order of its inputs
   */
  record Closed(LoopOp op, List<Tensor> invariants) {}

  /**
   * Returns the loop that computes {@code results} from values that change: stand-ins, or any
   * tensors on the way to the results.
   *
   * @param carries what goes from turn to turn
   * @param elements one element of each sequence
   * @param results the carries of the next turn, then one element of each stack
   */
  static Closed close(List<Tensor> carries, List<Tensor> elements, List<Tensor> results) {
    // Bodies outlive every scope.
    return ScopeState.outside(() -> new LoopTrace().run(carries, elements, results));
  }

  private Closed run(List<Tensor> carries, List<Tensor> elements, List<Tensor> results) {
    carries.forEach(this::vary);
    elements.forEach(this::vary);
    for (Tensor result : results) {
      walk(Access.node(result));
    }
    for (Node node : order) {
      build(node, node.inputs());
    }
    List<Tensor> mapped =
        results.stream().map(y -> place(Access.node(y), Access.index(y))).toList();
    LoopBody body = new LoopBody(arguments, mapped, carries.size(), elements.size(), built);
    return new Closed(Bodies.of(body), invariants);
  }

  private void vary(Tensor x) {
    varying.put(Access.node(x), 1);
    bind(Access.node(x), Access.index(x), standIn(x));
  }

  private Tensor standIn(Tensor x) {
    Tensor standIn = Access.argument(x.type());
    arguments.add(standIn);
    return standIn;
  }

  private void bind(Node node, int index, Tensor to) {
    Tensor[] outputs = bound.get(node).orElseGet(() -> bound.put(node, new Tensor[node.outputs()]));
    outputs[index] = to;
  }

  private void walk(Node root) {
    PostOrder.walk(
        root,
        node -> varying.get(node) != NodeMap.ABSENT,
        (node, inputs) -> {
          int any = 0;
          for (Node input : inputs) {
            any |= varying.get(input);
          }
          varying.put(node, any);
          if (any == 1) {
            order.add(node);
          }
        });
  }

  private void build(Node node, Node... inputs) {
    Tensor[] mapped = new Tensor[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      mapped[i] = place(inputs[i], node.index(i));
    }
    List<Tensor> outputs = Graphs.apply(node.op(), node.attrs(), mapped);
    built.add(Access.node(outputs.get(0)));
    bound.put(node, outputs.toArray(new Tensor[0]));
  }

  /** Returns what stands for a value inside the body. */
  private Tensor place(Node node, int index) {
    Optional<Tensor[]> known = bound.get(node);
    if (known.isPresent() && known.get()[index] != null) {
      return known.get()[index];
    }
    List<Node> views = new ArrayList<>();
    List<Node[]> inputs = new ArrayList<>();
    Node base = node;
    int output = index;
    while (isView(base) && !bound.has(base)) {
      Node[] from = base.pendingInputs();
      if (from == null) {
        break; // evaluated meanwhile
      }
      views.add(base);
      inputs.add(from);
      output = base.index(0);
      base = from[0];
    }
    Tensor[] there = bound.get(base).orElse(null);
    if (there == null || there[output] == null) {
      Tensor outside = Access.tensor(base, output);
      invariants.add(outside);
      bind(base, output, standIn(outside));
    }
    for (int i = views.size() - 1; i >= 0; i--) {
      build(views.get(i), inputs.get(i));
    }
    return bound.get(node).orElseThrow()[index];
  }

  private static boolean isView(Node node) {
    if (node.kind() != Node.Kind.OP || node.isVariable()) {
      return false;
    }
    Op op = node.op();
    // A reshape costs nothing outside either, and inside would keep elementwise ops apart.
    return op == ShapeOps.BROADCAST_TO || op == ShapeOps.PERMUTE;
  }
}
