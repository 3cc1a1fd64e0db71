package org.adjoint.lens.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.PostOrder;
import org.adjoint.internal.graph.Version;
import org.adjoint.internal.ir.Words;

/**
 * The graph behind some tensors, read once: each node after its inputs, with the inputs that it had
 * at that moment. A later evaluation may cut the graph, not the reading. Nothing runs here. All
 * that this module knows of core's nodes, it knows through this class.
 */
public final class Reading {
  /** A place among the vertices that stands for none. */
  public static final int NONE = -1;

  private final List<Vertex> vertices = new ArrayList<>();
  private final NodeMap places = new NodeMap();
  private final Names names;

  /**
   * A node as it was read.
   *
   * @param node the node
   * @param inputs by input the vertex that it is
   */
  public record Vertex(Node node, int[] inputs) {
    /** Returns whether this is an op with its inputs: all else is a leaf. */
    public boolean isOp() {
      return node.kind() == Node.Kind.OP && !isParameter() && inputs.length > 0;
    }

    /** Returns whether this is a version of a parameter. */
    public boolean isParameter() {
      return node instanceof Version;
    }
  }

  /** Starts a reading in which tensors have these names beside those of parameters. */
  public Reading(Map<Tensor, String> names) {
    this.names = new Names(names);
  }

  /** Returns the vertex of a tensor, after reading what leads to it that was not read before. */
  public int read(Tensor x) {
    Node root = Access.node(x);
    PostOrder.walk(
        root,
        node -> node instanceof Version ? new Node[0] : node.inputs(),
        node -> places.get(node) != NodeMap.ABSENT,
        this::add);
    return places.get(root);
  }

  private void add(Node node, Node... inputs) {
    if (places.get(node) != NodeMap.ABSENT) {
      return;
    }
    int[] from = new int[inputs.length];
    for (int i = 0; i < from.length; i++) {
      from[i] = places.get(inputs[i]);
    }
    places.put(node, vertices.size());
    vertices.add(new Vertex(node, from));
  }

  /** Returns what has been read, each vertex after its inputs. */
  public List<Vertex> vertices() {
    return vertices;
  }

  /** Returns the vertex of a tensor, {@link #NONE} if it was not met. */
  public int place(Tensor x) {
    int place = places.get(Access.node(x));
    return place == NodeMap.ABSENT ? NONE : place;
  }

  /** Returns what an output of a vertex is called: by the caller, or as a parameter. */
  public Optional<String> name(int vertex, int output) {
    return names.of(vertices.get(vertex).node(), output);
  }

  /** Returns whether a vertex is a number that an op was given: no variable, without a name. */
  public boolean isNumber(int vertex) {
    Node node = vertices.get(vertex).node();
    return node.kind() == Node.Kind.SCALAR && !node.isVariable() && name(vertex, 0).isEmpty();
  }

  /** Returns a number as a reader expects it: {@code 2}, {@code 0.5}, {@code lr} if it lives. */
  public String number(int vertex) {
    Node node = vertices.get(vertex).node();
    if (node.isLive()) {
      return "live";
    }
    DType dtype = node.type(0).dtype();
    if (!dtype.isFloating()) {
      return Long.toString(node.word());
    }
    double value = Words.number(dtype, node.word());
    if (value == Math.rint(value) && Math.abs(value) < 1e7) {
      return Long.toString((long) value);
    }
    return dtype == DType.F64 ? Double.toString(value) : Float.toString((float) value);
  }
}
