package org.adjoint.internal.run;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.derive.LazyGradients;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.OpNode;
import org.adjoint.internal.graph.Traps;
import org.adjoint.internal.graph.Version;
import org.adjoint.internal.ir.Graph;

/**
 * The pending part of a graph in an order that can run. Values become leaves, scalars become slots,
 * everything else is an op to run. {@link StepTemplate} records the structure, {@link #graph} gives
 * the graph that the compiler sees.
 */
public final class Trace {
  private static final int LEAF = 0;
  private static final int SCALAR = 1;
  private static final int OP = 2;

  private final List<OpNode> ops = new ArrayList<>();
  private final List<Node[]> opInputs = new ArrayList<>();
  private final List<Leaf> leaves = new ArrayList<>();
  private final List<Node> scalars = new ArrayList<>();
  private final List<Tensor> roots = new ArrayList<>();
  private final List<Version> versions = new ArrayList<>();
  private final NodeMap versionSet = new NodeMap();
  private final NodeMap places = new NodeMap();

  /** How many of the roots' nodes are no versions; those come first. */
  private int plainRoots;

  /** How many of the versions were handed in: they come before those met on the way. */
  private int assigned;

  /** The lazy gradients met last, and what was found out about them. */
  private LazyGradients pass;

  private boolean hasLazyGradients;

  private boolean passWaits;
  private boolean passCovered;

  /** The walk's stack: nodes on the way down, their inputs, and which of those comes next. */
  private Node[] path = new Node[32];

  private Node[][] pathInputs = new Node[32][];
  private int[] pathNext = new int[32];
  private int depth;

  /** Makes an empty trace. */
  public Trace() {}

  /**
   * Returns a trace of what is pending for {@code wanted} and {@code assigned}. The first roots are
   * all outputs of the wanted nodes, the last ones versions: those assigned, then those met on the
   * way.
   *
   * @throws IllegalStateException if something cannot be computed
   */
  static Trace pending(List<Tensor> wanted, List<Version> assigned) {
    Trace trace = new Trace();
    trace.fill(wanted, assigned);
    return trace;
  }

  /** Adds what is pending for {@code wanted} and {@code assigned}, as {@link #pending} says. */
  void fill(List<Tensor> wanted, List<Version> assigned) {
    for (Version version : assigned) {
      if (version.isPending()) {
        addVersion(version);
      }
    }
    this.assigned = versions.size();
    NodeMap seen = new NodeMap(wanted.size());
    for (Tensor tensor : wanted) {
      Node node = Access.node(tensor);
      boolean scalar = node.kind() == Node.Kind.SCALAR;
      boolean computed = node.isEvaluated() || seen.get(node) != NodeMap.ABSENT;
      if (!scalar && !computed) {
        seen.put(node, 0);
        walk(node); // a pending version becomes a root at the end, by itself
        if (node instanceof OpNode && !(node instanceof Version) && isOp(node)) {
          plainRoots++;
          addOutputs(node);
        }
      }
    }
    for (int i = 0; i < versions.size(); i++) { // the walks may find more
      walk(versions.get(i));
    }
    for (Version version : versions) {
      addOutputs(version);
    }
    Traps.PENDING.look(ops.size());
  }

  private void addVersion(Version version) {
    if (version.parameter().isCurrent(version) && versionSet.get(version) == NodeMap.ABSENT) {
      versionSet.put(version, 0);
      versions.add(version);
    }
  }

  private void addOutputs(Node node) {
    for (int output = 0; output < node.outputs(); output++) {
      roots.add(Access.tensor(node, output));
    }
  }

  /** Returns the ops, each after its inputs. */
  public List<OpNode> ops() {
    return ops;
  }

  /** Returns the inputs of an op as this trace found them. */
  public Node[] inputs(int at) {
    return opInputs.get(at);
  }

  /** Returns the values that the ops read. */
  public List<Leaf> leaves() {
    return leaves;
  }

  /** Returns the scalars that the ops read. */
  public List<Node> scalars() {
    return scalars;
  }

  /** Returns the values that must exist after the run. */
  public List<Tensor> roots() {
    return roots;
  }

  /** Returns the pending versions that are still current; each is a root. */
  public List<Version> versions() {
    return versions;
  }

  int plainRoots() {
    return plainRoots;
  }

  int assigned() {
    return assigned;
  }

  /** Returns whether a node met so far is pending no more, so that the trace is out of date. */
  boolean isOutOfDate() {
    for (int i = 0; i < depth; i++) {
      if (path[i].phase() != Node.Phase.PENDING) {
        return true;
      }
    }
    return isPendingNoMore(ops) || isPendingNoMore(versions);
  }

  private static boolean isPendingNoMore(List<? extends Node> nodes) {
    for (Node node : nodes) {
      if (node.phase() != Node.Phase.PENDING) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether every version is an op: not if another thread has settled one meanwhile. */
  boolean computesVersions() {
    for (Version version : versions) {
      if (!isOp(version)) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether gradients are ops of this trace instead of what they mean. */
  boolean hasLazyGradients() {
    return hasLazyGradients;
  }

  /** Gives a leaf the next number, before the walk meets it. */
  public void declare(Leaf leaf) {
    leafNumber(leaf.node(), leaf.index());
  }

  /** Gives a scalar the next number, before the walk meets it. */
  public void declare(Node scalar) {
    places.put(scalar, place(SCALAR, scalars.size()));
    scalars.add(scalar);
  }

  /** Adds a root, with all that the root needs. */
  public void addRoot(Tensor root) {
    Node node = Access.node(root);
    walk(node);
    roots.add(root);
    if (node.kind() != Node.Kind.SCALAR && !isOp(node)) {
      leafNumber(node, Access.index(root));
    }
  }

  /** Returns whether this trace computes a node. */
  public boolean isOp(Node node) {
    int place = places.get(node);
    return place != NodeMap.ABSENT && (place & 3) == OP;
  }

  /** Returns whether this trace reads a node's value. */
  public boolean isLeaf(Node node) {
    int place = places.get(node);
    return place != NodeMap.ABSENT && (place & 3) == LEAF;
  }

  /** Returns the number of a leaf, adding it if it is new. */
  public int leafNumber(Node node, int index) {
    int place = places.get(node);
    if (place == NodeMap.ABSENT) {
      places.put(node, place(LEAF, leaves.size()));
      return addLeaf(node, index);
    }
    int first = place >> 2;
    if (leaves.get(first).index() == index) {
      return first;
    }
    // Another output of an evaluated node: rare, so a walk over the leaves will do.
    for (int i = 0; i < leaves.size(); i++) {
      if (leaves.get(i).node() == node && leaves.get(i).index() == index) {
        return i;
      }
    }
    return addLeaf(node, index);
  }

  private int addLeaf(Node node, int index) {
    leaves.add(new Leaf(node, index));
    return leaves.size() - 1;
  }

  /** Returns the number of a node's output once the trace is complete: leaves, scalars, ops. */
  int number(Node node, int index) {
    int place = places.get(node);
    return switch (place & 3) {
      case LEAF -> leafNumber(node, index);
      case SCALAR -> leaves.size() + (place >> 2);
      default -> leaves.size() + scalars.size() + (place >> 2);
    };
  }

  private static int place(int kind, int number) {
    return number << 2 | kind;
  }

  /** Adds all that a node needs, without making the node a root. */
  private void walk(Node root) {
    enter(root);
    while (depth > 0) {
      int top = depth - 1;
      Node[] inputs = pathInputs[top];
      int next = pathNext[top]++;
      if (next < inputs.length) {
        enter(inputs[next]);
      } else {
        Node node = path[top];
        path[top] = null;
        pathInputs[top] = null;
        depth = top;
        finish((OpNode) node, inputs);
      }
    }
  }

  private void push(Node node, Node[] inputs) {
    if (depth == path.length) {
      path = Arrays.copyOf(path, 2 * depth);
      pathInputs = Arrays.copyOf(pathInputs, 2 * depth);
      pathNext = Arrays.copyOf(pathNext, 2 * depth);
    }
    path[depth] = node;
    pathInputs[depth] = inputs;
    pathNext[depth++] = 0;
  }

  private void enter(Node node) {
    if (places.get(node) != NodeMap.ABSENT || node.isEvaluated()) {
      return;
    }
    switch (node.kind()) {
      case SCALAR -> declare(node);
      case VALUE -> {}
      case ARGUMENT ->
          throw new IllegalStateException(
              "a value was asked for inside a function that Vmap, Checkpoint, Scan or Compiled is"
                  + " writing down as a graph, where "
                  + node.type(0)
                  + " stands for values that come later; choose with Tensor.where instead of if,"
                  + " and loop with Scan");
      case OP -> enterOp((OpNode) node);
    }
  }

  private void enterOp(OpNode node) {
    boolean lazy = node instanceof LazyGradients.Gradient g && waits(g.pass());
    if (!lazy && node instanceof LazyGradients.Gradient g) {
      g.build();
    }
    Node[] inputs = node.pendingInputs();
    if (inputs == null) {
      if (node.isEvaluated()) {
        return; // by another thread, just now
      }
      if (node instanceof Version v && v.isSuperseded()) {
        throw v.supersededError();
      }
      throw new IllegalStateException(
          "tensor "
              + node.type(0)
              + " was consumed by an optimizer step that failed, so it has no value; build it"
              + " anew");
    }
    if (node instanceof Version v) {
      addVersion(v);
    }
    push(node, inputs);
  }

  /** Returns whether these gradients can wait; found out once for neighbours of one pass. */
  private boolean waits(LazyGradients of) {
    if (of != pass) {
      pass = of;
      passWaits = of != null && of.canWait();
      passCovered = false;
    }
    return of != null && passWaits;
  }

  /** Returns whether this trace computes the whole forward part of these gradients. */
  private boolean covers(LazyGradients of) {
    if (of == null) {
      return false;
    }
    if (of != pass || !passCovered) {
      boolean covered = of.isWithin(this::isOp);
      passCovered = of == pass && covered;
      return covered;
    }
    return true;
  }

  private void finish(OpNode node, Node... inputs) {
    if (node instanceof LazyGradients.Gradient g
        && LazyGradients.Gradient.isLazy(inputs)
        && !covers(g.pass())) {
      g.build(); // another thread has evaluated part of the forward graph
      pass = null;
      enter(g);
      return;
    }
    for (int i = 0; i < inputs.length; i++) {
      int place = places.get(inputs[i]);
      if (place == NodeMap.ABSENT || (place & 3) == LEAF) {
        leafNumber(inputs[i], node.index(i));
      }
    }
    hasLazyGradients |=
        node instanceof LazyGradients.Gradient && LazyGradients.Gradient.isLazy(inputs);
    places.put(node, place(OP, ops.size()));
    ops.add(node);
    opInputs.add(inputs);
  }

  /**
   * Returns the graph for the compiler.
   *
   * @param donors by root the leaf whose memory the root takes, −1 for none
   */
  public Graph graph(int... donors) {
    List<Type> leafTypes = new ArrayList<>();
    for (Leaf leaf : leaves) {
      leafTypes.add(leaf.type());
    }
    List<DType> scalarTypes = new ArrayList<>();
    for (Node scalar : scalars) {
      scalarTypes.add(scalar.type(0).dtype());
    }
    int next = leaves.size() + scalars.size();
    int[] firsts = new int[ops.size()];
    List<Graph.Node> nodes = new ArrayList<>(ops.size());
    for (int at = 0; at < ops.size(); at++) {
      OpNode node = ops.get(at);
      firsts[at] = next;
      Node[] inputs = opInputs.get(at);
      int[] values = new int[inputs.length];
      for (int i = 0; i < inputs.length; i++) {
        values[i] = value(inputs[i], node.index(i), firsts);
      }
      nodes.add(new Graph.Node(node.op().primitive(), node.attrs(), values, node.types(), next));
      next += node.outputs();
    }
    int[] rootValues = new int[roots.size()];
    for (int i = 0; i < rootValues.length; i++) {
      rootValues[i] = value(Access.node(roots.get(i)), Access.index(roots.get(i)), firsts);
    }
    return new Graph(leafTypes, scalarTypes, nodes, rootValues, donors);
  }

  private int value(Node node, int index, int... firsts) {
    int place = places.get(node);
    return switch (place & 3) {
      case LEAF -> leafNumber(node, index);
      case SCALAR -> leaves.size() + (place >> 2);
      default -> firsts[place >> 2] + index;
    };
  }
}
