package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.Version;
import org.adjoint.op.Call;

/**
 * The nodes that derivatives of some outputs can pass, each after its inputs. The walk keeps its
 * own stack: a chain of a million nodes is as good as any. It stops at leaves, at detached tensors,
 * at integers and at a given boundary.
 */
public final class DifferentiablePart {
  public static final Node[] NONE = {};

  private final List<Node> order;
  private final List<Node[]> inputs;

  private final NodeMap positions = new NodeMap();

  private final Optional<NodeMap> boundary;
  private long earliestCut = Long.MAX_VALUE;
  private Set<ParameterState> behind = Set.of();

  /** For each input of each node its position, ABSENT where no derivative passes. */
  private int[] edges;

  /** Where the edges of each node start. */
  private int[] firstEdges;

  private int edgeCount;

  /** The walk's stack: nodes on the way down, their inputs, and which of those comes next. */
  private Node[] path = {};

  private Node[][] pathInputs = {};
  private int[] pathNext = {};
  private int depth;

  private DifferentiablePart(Optional<NodeMap> boundary) {
    this.boundary = boundary;
    this.order = new ArrayList<>();
    this.inputs = new ArrayList<>();
    this.edges = new int[64];
    this.firstEdges = new int[32];
  }

  public static DifferentiablePart of(List<Node> outputs, List<Node> boundary) {
    DifferentiablePart part = new DifferentiablePart(marked(boundary));
    for (Node output : outputs) {
      part.walk(output);
    }
    return part;
  }

  private static Optional<NodeMap> marked(List<Node> nodes) {
    if (nodes.isEmpty()) {
      return Optional.empty();
    }
    NodeMap map = new NodeMap(nodes.size());
    for (Node node : nodes) {
      map.put(node, 0);
    }
    return Optional.of(map);
  }

  /** Returns a node with these inputs as the rules of its op see it. */
  static Call call(Node node, Node[] inputs) {
    List<Tensor> tensors = new ArrayList<>(inputs.length);
    for (int i = 0; i < inputs.length; i++) {
      tensors.add(Access.tensor(inputs[i], node.index(i)));
    }
    return new Call(tensors, Access.outputs(node), node.attrs());
  }

  public List<Node> order() {
    return order;
  }

  /** Returns the place of a node in the order, {@link NodeMap#ABSENT} if it is not part of it. */
  public int position(Node node) {
    return positions.get(node);
  }

  /** Returns whether a derivative passes from the node at a place to its input {@code i}. */
  public boolean passes(int at, int i) {
    return position(at, i) != NodeMap.ABSENT;
  }

  /** Returns the place of input {@code i} of the node at a place, if a derivative passes. */
  public int position(int at, int i) {
    return edges[firstEdges[at] + i];
  }

  /** Returns the inputs of a node as the walk found them; none where the walk stopped. */
  public Node[] inputs(int at) {
    return inputs.get(at);
  }

  /** Returns whether derivatives pass this node to its inputs. */
  public boolean isInner(int at) {
    return inputs.get(at).length > 0;
  }

  /**
   * Returns when the first of the nodes met lost its inputs by an evaluation, on the clock of
   * {@link Node#variableSince}; {@link Long#MAX_VALUE} if none did.
   */
  public long earliestCut() {
    return earliestCut;
  }

  /** Returns the parameters behind values of compiled functions, which no derivative reaches. */
  public Set<ParameterState> behind() {
    return behind;
  }

  private void walk(Node output) {
    enter(output);
    while (depth > 0) {
      int top = depth - 1;
      Node node = path[top];
      Node[] found = pathInputs[top];
      int next = pathNext[top];
      while (next < found.length && !node.passes(found, next)) {
        next++;
      }
      pathNext[top] = next + 1;
      if (next < found.length) {
        enter(found[next]);
      } else {
        path[top] = null;
        pathInputs[top] = null;
        depth = top;
        finish(node, found);
      }
    }
  }

  private void finish(Node node, Node[] found) {
    if (order.size() == firstEdges.length) {
      firstEdges = Arrays.copyOf(firstEdges, 2 * order.size());
    }
    if (edges.length - edgeCount < found.length) {
      edges = Arrays.copyOf(edges, 2 * edges.length + found.length);
    }
    firstEdges[order.size()] = edgeCount;
    for (int i = 0; i < found.length; i++) {
      edges[edgeCount++] = node.passes(found, i) ? position(found[i]) : NodeMap.ABSENT;
    }
    positions.put(node, order.size());
    order.add(node);
    inputs.add(found);
  }

  /** Returns whether every walk stops at a node. */
  public static boolean stopsAt(Node node) {
    return node.kind() != Node.Kind.OP || node instanceof Version;
  }

  private boolean isBoundary(Node node) {
    return stopsAt(node) || (boundary.isPresent() && boundary.get().get(node) != NodeMap.ABSENT);
  }

  private void enter(Node node) {
    if (position(node) != NodeMap.ABSENT) {
      return;
    }
    if (node.isRetired()) {
      throw new IllegalStateException(
          "grad: the graph of "
              + node.type(0)
              + " was consumed by an optimizer step; its value stays, but it cannot be"
              + " differentiated again. Call grad before step(), or build the loss anew");
    }
    // Read once: an evaluation on another thread may cut the node while derivatives are taken.
    Node[] found = isBoundary(node) ? NONE : node.rememberedInputs();
    if (found.length == 0 && node.isCut()) {
      earliestCut = Math.min(earliestCut, node.cutAt());
      if (!node.behind().isEmpty()) {
        behind = behind.isEmpty() ? new LinkedHashSet<>() : behind;
        behind.addAll(node.behind());
      }
    }
    if (depth == path.length) {
      int more = Math.max(32, 2 * depth);
      path = Arrays.copyOf(path, more);
      pathInputs = Arrays.copyOf(pathInputs, more);
      pathNext = Arrays.copyOf(pathNext, more);
    }
    path[depth] = node;
    pathInputs[depth] = found;
    pathNext[depth++] = 0;
  }
}
