package org.adjoint.internal.loop;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.PostOrder;
import org.adjoint.internal.ir.Primitive;
import org.adjoint.op.Custom;
import org.adjoint.op.ShapeOps;

/**
 * What of each turn has to be stacked for the way back: the fewest bytes from which cheap ops, and
 * ops that the loop has no use for itself, make all that the rules read. A minimum cut between what
 * turns compute and what rules read (M. Chen et al.'s rematerialisation as flow, as in functorch's
 * min-cut partitioner); carries and the results of other ops can only be stacked, elements of
 * sequences are there already.
 *
 * @param stacked values inside the body, every output of a node that is read
 * @param read the sequences that are read as they are
 */
record StackChoice(List<Tensor> stacked, List<Integer> read) {
  private static final int VARIES = 1;
  private static final int LATE = 2;

  /** More vertices are not searched: all that is read is stacked. */
  private static final int MOST = 20_000;

  /** Elementwise ops that cost about as much as reading their result back. */
  private static final Set<String> CHEAP =
      Set.of(
          "plus",
          "minus",
          "times",
          "neg",
          "abs",
          "square",
          "sign",
          "relu",
          "scale",
          "where",
          "maximum",
          "minimum",
          "equal",
          "notEqual",
          "less",
          "lessEqual",
          "greater",
          "greaterEqual",
          "cast",
          "leakyRelu");

  /**
   * Returns the choice for a way back.
   *
   * @param carried what is carried back
   * @param gs the cotangents that are read turn by turn, and carried
   * @param results what the way back computes
   */
  static StackChoice of(
      LoopBody body, List<Tensor> carried, List<Tensor> gs, List<Tensor> results) {
    NodeMap kinds = new NodeMap();
    for (Tensor argument : body.arguments().subList(0, body.firstInvariant())) {
      kinds.put(Access.node(argument), VARIES);
    }
    carried.forEach(g -> kinds.put(Access.node(g), LATE));
    gs.forEach(g -> kinds.put(Access.node(g), LATE));
    List<Node> order = new ArrayList<>();
    for (Tensor result : results) {
      PostOrder.walk(
          Access.node(result),
          node -> kinds.get(node) != NodeMap.ABSENT,
          (node, inputs) -> {
            int kind = 0;
            for (Node input : inputs) {
              kind |= kinds.get(input);
            }
            kinds.put(node, kind);
            order.add(node);
          });
    }
    return new Search(body, kinds, order, results).run();
  }

  private static final class Search {
    private final LoopBody body;
    private final NodeMap kinds;
    private final List<Node> order;
    private final List<Tensor> results;

    /** By vertex its node: the arguments that vary, then early nodes. */
    private final List<Node> vertices = new ArrayList<>();

    private final NodeMap places = new NodeMap();

    /** By vertex which outputs are read. */
    private final List<boolean[]> outputs = new ArrayList<>();

    /** By vertex whether the way back reads it. */
    private boolean[] wanted = {};

    /** What the loop itself computes, whether the way back wants it or not. */
    private final NodeMap forward = new NodeMap();

    Search(LoopBody body, NodeMap kinds, List<Node> order, List<Tensor> results) {
      this.body = body;
      this.kinds = kinds;
      this.order = order;
      this.results = results;
      body.arguments().forEach(argument -> forward.put(Access.node(argument), 0));
      for (Tensor result : body.results()) {
        PostOrder.walk(
            Access.node(result),
            node -> forward.get(node) != NodeMap.ABSENT,
            (node, inputs) -> forward.put(node, 0));
      }
    }

    private boolean isEarly(Node node) {
      return kinds.get(node) == VARIES;
    }

    private boolean isLate(Node node) {
      return (kinds.get(node) & LATE) != 0;
    }

    private void addVertex(Node node) {
      places.put(node, vertices.size());
      vertices.add(node);
      outputs.add(new boolean[node.outputs()]);
    }

    StackChoice run() {
      for (Tensor argument : body.arguments().subList(0, body.firstInvariant())) {
        addVertex(Access.node(argument));
      }
      order.stream().filter(this::isEarly).forEach(this::addVertex);
      wanted = new boolean[vertices.size()];
      for (Node node : order) {
        Node[] inputs = node.inputs();
        for (int i = 0; i < inputs.length; i++) {
          if (isEarly(inputs[i])) {
            int at = places.get(inputs[i]);
            outputs.get(at)[node.index(i)] = true;
            wanted[at] |= isLate(node);
          }
        }
      }
      for (Tensor result : results) {
        if (isEarly(Access.node(result))) {
          int at = places.get(Access.node(result));
          outputs.get(at)[Access.index(result)] = true;
          wanted[at] = true;
        }
      }
      return chosen(vertices.size() > MOST ? wanted : cut());
    }

    private boolean isElement(int at) {
      return at >= body.carries() && at < body.firstInvariant();
    }

    private boolean[] cut() {
      int n = vertices.size();
      MinCut flow = new MinCut(2 * n + 2);
      int source = 2 * n;
      int sink = 2 * n + 1;
      for (int at = 0; at < n; at++) {
        boolean argument = at < body.firstInvariant();
        flow.edge(2 * at, 2 * at + 1, isElement(at) ? 0 : bytes(at));
        if (wanted[at]) {
          flow.edge(2 * at + 1, sink, MinCut.INFINITE);
        }
        if (argument ? !isElement(at) : !mayBeLate(vertices.get(at))) {
          flow.edge(source, 2 * at, MinCut.INFINITE);
        } else if (!argument) {
          for (Node input : vertices.get(at).inputs()) {
            if (isEarly(input)) {
              flow.edge(2 * places.get(input) + 1, 2 * at, MinCut.INFINITE);
            }
          }
        }
      }
      boolean[] behind = flow.sinkSide(source, sink);
      boolean[] stacked = new boolean[n];
      for (int at = 0; at < n; at++) {
        stacked[at] = behind[2 * at + 1] && !behind[2 * at];
      }
      return stacked;
    }

    private long bytes(int at) {
      long bytes = 1; // of equal ways the one with fewer values
      for (int i = 0; i < outputs.get(at).length; i++) {
        Type type = vertices.get(at).type(i);
        bytes += outputs.get(at)[i] ? type.bytes() : 0;
      }
      return bytes;
    }

    /**
     * Whether the way back may compute a node: again, where that is cheap; or instead of the loop,
     * which computes for its own results only what they are made of.
     */
    private boolean mayBeLate(Node node) {
      return forward.get(node) == NodeMap.ABSENT || isCheap(node);
    }

    private static boolean isCheap(Node node) {
      boolean view =
          node.op().primitive().kernel() == Primitive.NO_KERNEL
              && node.op() != ShapeOps.BARRIER
              && !(node.op() instanceof Custom);
      return view || CHEAP.contains(node.op().name());
    }

    /** Returns the stacks, and the sequences that what is computed again comes down to. */
    private StackChoice chosen(boolean... stacked) {
      boolean[] needed = wanted.clone();
      List<Integer> read = new ArrayList<>();
      for (int at = vertices.size() - 1; at >= 0; at--) {
        if (!needed[at] || (stacked[at] && !isElement(at))) {
          continue;
        }
        if (isElement(at)) {
          read.add(0, at);
          continue;
        }
        for (Node input : vertices.get(at).inputs()) {
          if (isEarly(input)) {
            needed[places.get(input)] = true;
          }
        }
      }
      List<Tensor> values = new ArrayList<>();
      for (int at = 0; at < vertices.size(); at++) {
        for (int i = 0; stacked[at] && !isElement(at) && i < outputs.get(at).length; i++) {
          if (outputs.get(at)[i]) {
            values.add(Access.tensor(vertices.get(at), i));
          }
        }
      }
      return new StackChoice(values, read);
    }
  }
}
