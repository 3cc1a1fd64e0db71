package org.adjoint.internal.ir;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Type;

/**
 * What the compiler compiles: a list of nodes in an order that respects their inputs. Values are
 * numbered: the leaves first, then the scalars, then the outputs of the nodes in order. Immutable;
 * a pass makes a new one with a {@link Builder}.
 *
 * @param leaves the types of the values that exist before the run
 * @param scalars the types of the scalars that arrive with the run
 * @param nodes the ops
 * @param roots the values that must exist after the run
 * @param donors for each root the leaf whose memory it may take over, or −1
 */
public record Graph(
    List<Type> leaves, List<DType> scalars, List<Node> nodes, int[] roots, int[] donors) {
  /**
   * One op: its attributes, the numbers of its inputs, the types of its outputs, the number of its
   * first output.
   */
  public record Node(Primitive op, long[] attrs, int[] inputs, Type[] outputs, int first) {
    @Override
    public String toString() {
      String attributes = attrs.length == 0 ? "" : Arrays.toString(attrs);
      return "v"
          + first
          + " = "
          + op
          + attributes
          + Arrays.toString(inputs)
          + " : "
          + Arrays.toString(outputs);
    }
  }

  /** Returns how many values there are. */
  public int values() {
    if (nodes.isEmpty()) {
      return leaves.size() + scalars.size();
    }
    Node last = nodes.get(nodes.size() - 1);
    return last.first() + last.outputs().length;
  }

  /** Returns the type of every value. */
  public Type[] types() {
    Type[] types = new Type[values()];
    int at = 0;
    for (Type leaf : leaves) {
      types[at++] = leaf;
    }
    for (DType scalar : scalars) {
      types[at++] = new Type(scalar, Shape.SCALAR);
    }
    for (Node node : nodes) {
      for (Type output : node.outputs()) {
        types[at++] = output;
      }
    }
    return types;
  }

  /** Returns for every value how often nodes and roots read it. */
  public int[] uses() {
    int[] uses = new int[values()];
    for (Node node : nodes) {
      for (int input : node.inputs()) {
        uses[input]++;
      }
    }
    for (int root : roots) {
      uses[root]++;
    }
    return uses;
  }

  /** Returns the graph as text, a node a line. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("leaves " + leaves + " scalars " + scalars + "\n");
    for (Node node : nodes) {
      text.append(node).append('\n');
    }
    return text.append("roots ").append(Arrays.toString(roots)).append('\n').toString();
  }

  /**
   * Copies a graph node by node while a pass changes it; keeps the map from old values to new ones.
   */
  public static final class Builder {
    private final Graph old;
    private final int[] map;
    private final List<Node> nodes = new ArrayList<>();
    private int next;

    /** Starts with the leaves and scalars of {@code old} and no nodes. */
    public Builder(Graph old) {
      this.old = old;
      this.map = new int[old.values()];
      this.next = old.leaves.size() + old.scalars.size();
      Arrays.fill(map, -1);
      for (int i = 0; i < next; i++) {
        map[i] = i;
      }
    }

    /** Returns the new number of an old value. */
    public int map(int value) {
      return map[value];
    }

    /** Returns the new numbers of old values. */
    public int[] map(int[] values) {
      int[] mapped = new int[values.length];
      for (int i = 0; i < values.length; i++) {
        mapped[i] = map[values[i]];
      }
      return mapped;
    }

    /** Appends a node whose inputs are new numbers; returns the number of its first output. */
    public int add(Primitive op, long[] attrs, int[] inputs, Type[] outputs) {
      int first = next;
      nodes.add(new Node(op, attrs, inputs, outputs, first));
      next += outputs.length;
      return first;
    }

    /** Appends a copy of an old node. */
    public void keep(Node node) {
      replace(node, add(node.op(), node.attrs(), map(node.inputs()), node.outputs()));
    }

    /** States that the outputs of an old node are the new values from {@code first} on. */
    public void replace(Node node, int first) {
      for (int i = 0; i < node.outputs().length; i++) {
        map[node.first() + i] = first + i;
      }
    }

    /** States that an old value is a new one. */
    public void replace(int old, int value) {
      map[old] = value;
    }

    /** Returns the new graph. */
    public Graph build() {
      return new Graph(old.leaves, old.scalars, List.copyOf(nodes), map(old.roots), old.donors);
    }
  }
}
