package org.adjoint.internal.run;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.derive.LazyGradients;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.Version;
import org.adjoint.internal.ir.Primitive;
import org.adjoint.op.ShapeOps;

/**
 * The structure of a step that ran before, to hold a pending graph against: roots first, each op
 * against the one expected at its place, its inputs against the nodes found so far. A graph that
 * fits has the key of that step, so its program can run without a {@link Trace}, a map or a key.
 * What does not fit, or might keep its history, goes the long way.
 */
public final class StepTemplate {
  /** More tensors than that are looked through too slowly here. */
  private static final int MOST_WANTED = 16;

  /** What is expected at a place of an op. */
  private record Expected(Primitive primitive, long[] attrs, int[] inputs, int[] indices) {}

  // Places are numbers: leaves first, then scalars, then ops.
  private final Type[] leaves;
  private final int[] leafIndices;
  private final boolean[] donated;
  private final DType[] scalars;
  private final Expected[] ops;

  /** The places of the nodes that are roots; the versions among them come last. */
  private final int[] roots;

  private final int versions;

  /** By version the leaf whose memory it takes, −1 for none. */
  private final int[] donors;

  private StepTemplate(Trace trace, int[] rootPlaces, int versions, int... donors) {
    int leafCount = trace.leaves().size();
    this.leaves = new Type[leafCount];
    this.leafIndices = new int[leafCount];
    this.donated = new boolean[leafCount];
    for (int i = 0; i < leafCount; i++) {
      leaves[i] = trace.leaves().get(i).type();
      leafIndices[i] = trace.leaves().get(i).index();
    }
    this.scalars = new DType[trace.scalars().size()];
    for (int i = 0; i < scalars.length; i++) {
      scalars[i] = trace.scalars().get(i).type(0).dtype();
    }
    this.ops = new Expected[trace.ops().size()];
    for (int at = 0; at < ops.length; at++) {
      ops[at] = expected(trace, at);
    }
    this.roots = rootPlaces;
    this.versions = versions;
    this.donors = donors;
    for (int donor : donors) {
      if (donor >= 0) {
        donated[donor] = true;
      }
    }
  }

  private static Expected expected(Trace trace, int at) {
    Node node = trace.ops().get(at);
    Node[] inputs = trace.inputs(at);
    int[] places = new int[inputs.length];
    int[] indices = new int[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      indices[i] = node.index(i);
      places[i] = place(trace, inputs[i], indices[i]);
    }
    return new Expected(node.op().primitive(), node.attrs(), places, indices);
  }

  private static int place(Trace trace, Node node, int index) {
    if (trace.isOp(node)) {
      return trace.leaves().size() + trace.scalars().size() + trace.opNumber(node);
    }
    return trace.isLeaf(node)
        ? trace.leafNumber(node, index)
        : trace.leaves().size() + trace.scalarNumber(node);
  }

  /**
   * Returns the outline of a trace, before it runs; empty if graphs of its structure have to go the
   * long way.
   *
   * @param donors for each root the leaf whose memory it takes, −1 for none
   */
  public static Optional<StepTemplate> of(Trace trace, int... donors) {
    List<Tensor> roots = trace.roots();
    int[] places = new int[roots.size()];
    int nodes = 0;
    for (Tensor root : roots) {
      if (!trace.isOp(Access.node(root))) {
        return Optional.empty();
      }
      if (Access.index(root) == 0) {
        places[nodes++] = place(trace, Access.node(root), 0);
      }
    }
    boolean[] read = new boolean[trace.leaves().size()];
    for (int at = 0; at < trace.ops().size(); at++) {
      Node node = trace.ops().get(at);
      if (node.op() == ShapeOps.BARRIER) {
        return Optional.empty(); // its attribute varies
      }
      Node[] inputs = trace.inputs(at);
      for (int i = 0; i < inputs.length; i++) {
        if (trace.isLeaf(inputs[i])) {
          read[trace.leafNumber(inputs[i], node.index(i))] = true;
        } else if (inputs[i] instanceof Version) {
          return Optional.empty(); // read before it has a value
        }
      }
    }
    for (boolean isRead : read) {
      if (!isRead) {
        return Optional.empty(); // memory to take over that no op leads to
      }
    }
    int versions = trace.pending().size();
    int[] own = Arrays.copyOfRange(donors, donors.length - versions, donors.length);
    return Optional.of(new StepTemplate(trace, Arrays.copyOf(places, nodes), versions, own));
  }

  /** A pending graph that has the structure. */
  public static final class Match {
    private final StepTemplate outline;
    private final Node[] nodes;

    private Match(StepTemplate outline, Node... nodes) {
      this.outline = outline;
      this.nodes = nodes;
    }

    public int leaves() {
      return outline.leaves.length;
    }

    public Node leaf(int i) {
      return nodes[i];
    }

    public int leafIndex(int i) {
      return outline.leafIndices[i];
    }

    public boolean isDonated(int leaf) {
      return outline.donated[leaf];
    }

    /** Returns how many nodes are roots. */
    public int roots() {
      return outline.roots.length;
    }

    public Node root(int i) {
      return nodes[outline.roots[i]];
    }

    /** Returns how many versions there are: the last roots. */
    public int versions() {
      return outline.versions;
    }

    public Version version(int i) {
      return (Version) root(roots() - outline.versions + i);
    }

    /** Returns the leaf whose memory a version takes, −1 for none. */
    public int donor(int version) {
      return outline.donors[version];
    }

    /** Returns the bits of all scalars now. */
    public long[] words() {
      long[] words = new long[outline.scalars.length];
      for (int i = 0; i < words.length; i++) {
        words[i] = nodes[outline.leaves.length + i].word();
      }
      return words;
    }
  }

  /** Returns what is pending if it has this structure. */
  public Optional<Match> match(List<Tensor> wanted, List<Version> assigned) {
    Node[] nodes = new Node[leaves.length + scalars.length + ops.length];
    return placeRoots(wanted, assigned, nodes)
            && matchOps(nodes)
            && matchLeaves(nodes)
            && matchScalars(nodes)
            && areLazy(nodes) // behind the leaves: one may have been computed for another thread
        ? Optional.of(new Match(this, nodes))
        : Optional.empty();
  }

  private boolean placeRoots(List<Tensor> wanted, List<Version> assigned, Node... nodes) {
    if (assigned.size() != versions || wanted.size() > MOST_WANTED) {
      return false;
    }
    int plain = roots.length - versions;
    int found = 0;
    for (int i = 0; i < wanted.size(); i++) {
      Node node = Access.node(wanted.get(i));
      boolean known = node.isEvaluated();
      for (int root = 0; root < found && !known; root++) {
        known = nodes[roots[root]] == node;
      }
      if (!known) {
        if (found == plain) {
          return false;
        }
        nodes[roots[found++]] = node;
      }
    }
    for (int i = 0; i < versions; i++) {
      Version version = assigned.get(i);
      if (version.parameter().current() != version) {
        return false;
      }
      nodes[roots[plain + i]] = version;
    }
    return found == plain;
  }

  /** Consumers stand behind what they consume, so each place is filled before it is looked at. */
  private boolean matchOps(Node... nodes) {
    int firstOp = nodes.length - ops.length;
    int firstVersion = roots.length - versions;
    int version = roots.length - 1;
    for (int at = nodes.length - 1; at >= firstOp; at--) {
      boolean isVersion = version >= firstVersion && roots[version] == at;
      if (isVersion) {
        version--;
      }
      if (!fits(nodes[at], ops[at - firstOp], isVersion, nodes)) {
        return false;
      }
    }
    return true;
  }

  private static boolean fits(Node node, Expected op, boolean isVersion, Node... nodes) {
    if (node == null // as when a gradient is built before what was walked for it is needed
        || node.kind() != Node.Kind.OP
        || node.op().primitive() != op.primitive
        || node instanceof Version != isVersion) {
      return false;
    }
    Node[] inputs = node.known(); // before values: a node loses its inputs after it got its values
    int[] places = op.inputs;
    if (node.isEvaluated()
        || node.isRetired()
        || node.isVariable()
        || inputs.length != places.length
        || !Arrays.equals(node.attrs(), op.attrs)) {
      return false;
    }
    for (int i = 0; i < places.length; i++) {
      Node input = inputs[i];
      Node expected = nodes[places[i]];
      if (node.index(i) != op.indices[i] || (expected != null && expected != input)) {
        return false;
      }
      nodes[places[i]] = input;
    }
    return true;
  }

  /** Returns whether what gradients that were put off are taken of still waits to be computed. */
  private boolean areLazy(Node... nodes) {
    int firstOp = nodes.length - ops.length;
    LazyGradients seen = null;
    for (int at = firstOp; at < nodes.length; at++) {
      if (nodes[at] instanceof LazyGradients.Gradient gradient
          && LazyGradients.Gradient.isLazy(ops[at - firstOp].inputs.length)) {
        LazyGradients pass = gradient.pass();
        if (pass == null || (pass != seen && !pass.canWait())) {
          return false;
        }
        seen = pass;
      }
    }
    return true;
  }

  /** Only what this run supersedes may be a source of gradients: then no root keeps its history. */
  private boolean matchLeaves(Node... nodes) {
    for (int i = 0; i < leaves.length; i++) {
      Node leaf = nodes[i];
      if (!leaf.isEvaluated() || !leaf.type(leafIndices[i]).equals(leaves[i])) {
        return false;
      }
      if (donated[i] ? leaf.isVariable() : leaf.mayReachSource() || isOverwritten(leaf, nodes)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns whether a leaf that is only read stands where one is overwritten too. Two that are
   * overwritten differ, as the parameters do whose versions supersede them.
   */
  private boolean isOverwritten(Node leaf, Node... nodes) {
    for (int i = 0; i < leaves.length; i++) {
      if (donated[i] && nodes[i] == leaf) {
        return true;
      }
    }
    return false;
  }

  private boolean matchScalars(Node... nodes) {
    for (int i = 0; i < scalars.length; i++) {
      Node scalar = nodes[leaves.length + i];
      if (scalar == null
          || scalar.kind() != Node.Kind.SCALAR
          || scalar.isVariable()
          || scalar.isEvaluated()
          || scalar.type(0).dtype() != scalars[i]) {
        return false;
      }
    }
    return true;
  }
}
