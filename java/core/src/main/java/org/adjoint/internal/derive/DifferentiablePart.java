package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Cut;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.OpNode;
import org.adjoint.internal.graph.Version;
import org.adjoint.op.Call;

/**
 * The nodes that derivatives of some outputs can pass, each after its inputs. The walk that finds
 * them keeps a stack of its own, so any depth will do, and stops at leaves, at detached tensors, at
 * integers, at the stand-ins of functions that run, and at a given boundary: nodes, or whatever is
 * older than a function's arguments.
 */
public final class DifferentiablePart {
  /** No inputs. */
  public static final Node[] NONE = {};

  private final List<Node> order;
  private final List<Node[]> inputs;

  private final NodeMap positions = new NodeMap();

  private final Optional<NodeMap> boundary;

  /** What is older is not entered. */
  private final Optional<Node> oldest;

  private List<Cut> cuts = List.of();

  /** By input of each node the position of that input, ABSENT where no derivative passes. */
  private int[] edges;

  /** By position where the edges of the node start. */
  private int[] firstEdges;

  private int edgeCount;

  /** The walk's stack: nodes on the way down, their inputs, and which of those comes next. */
  private Node[] path = {};

  private Node[][] pathInputs = {};
  private int[] pathNext = {};
  private int depth;

  private DifferentiablePart(Optional<NodeMap> boundary, Optional<Node> oldest) {
    this.boundary = boundary;
    this.oldest = oldest;
    this.order = new ArrayList<>();
    this.inputs = new ArrayList<>();
    this.edges = new int[64];
    this.firstEdges = new int[32];
  }

  /**
   * Returns the part that derivatives of {@code outputs} can pass.
   *
   * @param boundary nodes that the walk does not enter
   */
  public static DifferentiablePart of(List<Node> outputs, List<Node> boundary) {
    return new DifferentiablePart(marked(boundary), Optional.empty()).filled(outputs);
  }

  /**
   * Returns the part that derivatives of {@code outputs} can pass on their way to arguments of
   * functions that run: nothing older is entered, however long the history of what the functions
   * capture.
   */
  public static DifferentiablePart behind(List<Node> outputs, List<Node> arguments) {
    Optional<Node> oldest = arguments.stream().reduce((a, b) -> b.isOlderThan(a) ? b : a);
    return new DifferentiablePart(Optional.empty(), oldest).filled(outputs);
  }

  private DifferentiablePart filled(List<Node> outputs) {
    outputs.forEach(this::walk);
    return this;
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

  /** Returns the nodes, each after its inputs; positions count in this order. */
  public List<Node> order() {
    return order;
  }

  /** Returns the position of a node, {@link NodeMap#ABSENT} if it is not in this part. */
  public int position(Node node) {
    return positions.get(node);
  }

  /** Returns whether a derivative passes from the node at a position to its input {@code i}. */
  public boolean passes(int at, int i) {
    return position(at, i) != NodeMap.ABSENT;
  }

  /**
   * Returns the position of input {@code i} of the node at a position, {@link NodeMap#ABSENT} if no
   * derivative passes.
   */
  public int position(int at, int i) {
    return edges[firstEdges[at] + i];
  }

  /** Returns the inputs of the node at a position as the walk met them; none where it stopped. */
  public Node[] inputs(int at) {
    return inputs.get(at);
  }

  /** Returns whether the walk went on behind the node at a position. */
  public boolean isInner(int at) {
    return inputs.get(at).length > 0;
  }

  /** Returns the cuts of the nodes met that have lost their inputs. */
  public List<Cut> cuts() {
    return cuts;
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
  private static boolean stopsAt(Node node) {
    return !(node instanceof OpNode) || node instanceof Version || node.isStandIn();
  }

  private boolean isBoundary(Node node) {
    return stopsAt(node)
        || (boundary.isPresent() && boundary.get().get(node) != NodeMap.ABSENT)
        || (oldest.isPresent() && node.isOlderThan(oldest.get()));
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
      cuts = cuts.isEmpty() ? new ArrayList<>() : cuts;
      cuts.add(node.cut());
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
