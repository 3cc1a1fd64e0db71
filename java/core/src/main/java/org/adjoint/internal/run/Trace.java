package org.adjoint.internal.run;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.derive.LazyGradients;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.Version;
import org.adjoint.internal.ir.Graph;
import org.adjoint.op.ShapeOps;

/**
 * The pending part of a graph in an order that can run, and its structural key. Values become
 * leaves, scalars become slots, everything else is an op to run. Two traces with equal keys are the
 * same program on other data: the key holds ops, attributes, topology with aliasing of leaves,
 * types, roots and donations, and no value of any scalar.
 */
public final class Trace {
  private static final int USUAL = 256;
  private static final int LEAF = 0;
  private static final int SCALAR = 1;
  private static final int OP = 2;

  /** A leaf: an evaluated node's output. */
  public record Leaf(Node node, int index) {
    public Type type() {
      return node.type(index);
    }

    public Tensor tensor() {
      return Access.tensor(node, index);
    }
  }

  private final List<Node> ops = new ArrayList<>();
  private final List<Node[]> opInputs = new ArrayList<>();
  private final List<Leaf> leaves = new ArrayList<>();
  private final List<Node> scalars = new ArrayList<>();
  private final List<Tensor> roots = new ArrayList<>();
  private final List<Version> pending = new ArrayList<>();
  private final List<Node> candidates = new ArrayList<>();
  private final NodeMap places;
  private final KeyWriter key;

  /** Barriers' regions by their first use; null while none was met. */
  private Map<Long, Long> regions;

  /** The codes of the inputs of the op that is being finished. */
  private long[] codes = new long[32];

  /** The pass of gradients met last, and what was found out about it. */
  private LazyGradients pass;

  private boolean passWaits;
  private boolean passCovered;

  /** The walk's stack: nodes on the way down, their inputs, and which of those comes next. */
  private Node[] path = new Node[32];

  private Node[][] pathInputs = new Node[32][];
  private int[] pathNext = new int[32];
  private int depth;

  /** Makes an empty trace. */
  public Trace() {
    this(new KeyWriter(), USUAL);
  }

  /** Makes an empty trace that expects to be that of a program which ran before. */
  public Trace(ProgramCache.Guess guess) {
    this(new KeyWriter(guess.words()), guess.nodes());
  }

  private Trace(KeyWriter key, int nodes) {
    this.key = key;
    this.places = new NodeMap(nodes);
  }

  /** Returns how many nodes were met so far. */
  public int nodes() {
    return ops.size() + leaves.size() + scalars.size();
  }

  /** Returns the ops, each after its inputs. */
  public List<Node> ops() {
    return ops;
  }

  public List<Leaf> leaves() {
    return leaves;
  }

  public List<Node> scalars() {
    return scalars;
  }

  /** Returns the bits of all scalars now: before a run holds anything that a live one may read. */
  public long[] words() {
    long[] words = new long[scalars.size()];
    for (int i = 0; i < words.length; i++) {
      words[i] = scalars.get(i).word();
    }
    return words;
  }

  public List<Tensor> roots() {
    return roots;
  }

  /** Returns the pending versions met on the way that are still current; each is a root. */
  public List<Version> pending() {
    return pending;
  }

  /**
   * Returns the inputs that derivatives may be taken by or through, some twice: found while the
   * walk has them at hand, since after the run the whole graph has left the caches.
   */
  public List<Node> candidates() {
    return candidates;
  }

  /** Registers a leaf before the walk, so that it has the next number whatever the order. */
  public void declare(Leaf leaf) {
    leafNumber(leaf.node(), leaf.index());
  }

  /** Registers a scalar before the walk. */
  public void declare(Node scalar) {
    places.put(scalar, place(SCALAR, scalars.size()));
    scalars.add(scalar);
  }

  /** Adds a value that must exist after the run, with all that it needs. */
  public void addRoot(Tensor root) {
    walk(Access.node(root));
    roots.add(root);
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

  /** Returns the number of an op of this trace. */
  public int opNumber(Node op) {
    return places.get(op) >> 2;
  }

  /** Returns the number of a scalar of this trace. */
  public int scalarNumber(Node scalar) {
    return places.get(scalar) >> 2;
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
    Type type = node.type(index);
    leaves.add(new Leaf(node, index));
    Shape shape = type.shape();
    key.add(-1 - type.dtype().code());
    key.add(shape.rank());
    for (int i = 0; i < shape.rank(); i++) {
      key.add(shape.dim(i));
    }
    return leaves.size() - 1;
  }

  private static int place(int kind, int number) {
    return number << 2 | kind;
  }

  /** Takes in all that a node needs, without making it a root. */
  public void walk(Node root) {
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
        finish(node, inputs);
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
    if (places.get(node) != NodeMap.ABSENT) {
      return;
    }
    // Inputs before values: a node loses its inputs only after it got its values.
    boolean waits = node instanceof LazyGradients.Gradient g && waits(g.pass());
    Node[] inputs = waits ? node.known() : node.inputs();
    if (node.isEvaluated()) {
      return;
    }
    if (node.kind() == Node.Kind.SCALAR) {
      key.add(-100 - node.type(0).dtype().code());
      declare(node);
      return;
    }
    if (node.kind() == Node.Kind.ARGUMENT) {
      throw new IllegalStateException(
          "a value was asked for inside a function that Vmap, Checkpoint, Scan or Compiled is"
              + " writing down as a graph, where "
              + node.type(0)
              + " stands for values that come later; choose with Tensor.where instead of if, and"
              + " loop with Scan");
    }
    if (node.isRetired()) {
      throw new IllegalStateException(
          "tensor "
              + node.type(0)
              + " was consumed by an optimizer step that failed, so it has no value; build it anew");
    }
    if (node instanceof Version v) {
      if (v.isSuperseded()) {
        throw v.supersededError();
      }
      if (v.parameter().current() == v) {
        pending.add(v);
      }
    }
    push(node, inputs);
  }

  /** Asked once for all gradients of a pass, one after another. */
  private boolean waits(LazyGradients of) {
    if (of != pass) {
      pass = of;
      passWaits = of != null && of.canWait();
      passCovered = false;
    }
    return of != null && passWaits;
  }

  private boolean covers(LazyGradients of) {
    if (of == null) {
      return false;
    }
    if (of != pass || !passCovered) {
      boolean covered = of.isWithin(this);
      passCovered = of == pass && covered;
      return covered;
    }
    return true;
  }

  private void finish(Node node, Node[] inputs) {
    if (node instanceof LazyGradients.Gradient g
        && LazyGradients.Gradient.isLazy(inputs)
        && !covers(g.pass())) {
      g.build(); // another thread has evaluated some of the forward part just now
      pass = null;
      enter(g);
      return;
    }
    if (codes.length < inputs.length) {
      codes = new long[2 * inputs.length];
    }
    for (int i = 0; i < inputs.length; i++) {
      if (inputs[i].mayReachSource()) {
        candidates.add(inputs[i]);
      }
      codes[i] = code(inputs[i], node.index(i)); // a new leaf describes itself before the op begins
    }
    long[] attrs = node.attrs();
    key.add(node.op().primitive().id());
    key.add(attrs.length);
    if (node.op() == ShapeOps.BARRIER) {
      key.add(region(attrs[0]));
    } else {
      key.addAll(attrs);
    }
    key.add(inputs.length);
    for (int i = 0; i < inputs.length; i++) {
      key.add(codes[i]);
    }
    places.put(node, place(OP, ops.size()));
    ops.add(node);
    opInputs.add(inputs);
  }

  /** Returns a region's number by first use: which one it is means nothing beyond this graph. */
  private long region(long id) {
    if (regions == null) {
      regions = new HashMap<>();
    }
    return regions.computeIfAbsent(id, first -> (long) regions.size());
  }

  /** Returns a number for an input that means the same in every trace of this structure. */
  private long code(Node node, int index) {
    int place = places.get(node);
    if (place == NodeMap.ABSENT || (place & 3) == LEAF) {
      return (long) place(LEAF, leafNumber(node, index)) << Integer.SIZE;
    }
    return (long) place << Integer.SIZE | index;
  }

  /**
   * Returns the structural key, once, with which leaf each root may take the memory of (−1 for
   * none).
   */
  public long[] key(int[] donors) {
    key.add(-200);
    for (int i = 0; i < donors.length; i++) {
      key.add(code(Access.node(roots.get(i)), Access.index(roots.get(i))));
      key.add(donors[i]);
    }
    return key.finish();
  }

  /** Returns the graph for the compiler. */
  public Graph graph(int[] donors) {
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
      Node node = ops.get(at);
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

  private int value(Node node, int index, int[] firsts) {
    int place = places.get(node);
    return switch (place & 3) {
      case LEAF -> leafNumber(node, index);
      case SCALAR -> leaves.size() + (place >> 2);
      default -> firsts[place >> 2] + index;
    };
  }

  /** Returns the inputs of an op as this trace found them. */
  public Node[] inputs(int at) {
    return opInputs.get(at);
  }
}
