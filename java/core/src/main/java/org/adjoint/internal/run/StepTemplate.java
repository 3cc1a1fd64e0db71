package org.adjoint.internal.run;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.derive.LazyGradients;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.OpNode;
import org.adjoint.internal.graph.Version;
import org.adjoint.internal.ir.Primitive;
import org.adjoint.op.ShapeOps;

/**
 * The structure of a pending graph, and nothing else of the graph: ops, attributes, topology with
 * aliasing of leaves, types, roots and donations; no node, and no value of any scalar. Two graphs
 * of equal templates are one program on other data, so a template is the key that steps are found
 * by. A pending graph can also be matched with a template from the roots down, which finds the
 * nodes without a walk, a map or a key.
 *
 * <p>Nodes have places: leaves first, then scalars, then ops, each op after its inputs. A graph
 * that is matched may have one node at two places, as if there were two nodes of equal values: the
 * results are the same.
 *
 * <p>{@link #match} serves the define-by-run rows of {@code Overhead}. When matching came, Java
 * took 33 µs instead of 53 in a step of 784-256-128-10, and 18 instead of 32 in one of 2-16-16-1.
 */
public final class StepTemplate {
  static final int NONE = -1;

  private static final int USUAL = 16;
  private static final boolean[][] NONE_PASSES = new boolean[USUAL][];
  private static final boolean[][] ALL_PASS = new boolean[USUAL][];

  static {
    for (int n = 0; n < USUAL; n++) {
      NONE_PASSES[n] = new boolean[n];
      ALL_PASS[n] = new boolean[n];
      Arrays.fill(ALL_PASS[n], true);
    }
  }

  /**
   * An op at its place.
   *
   * @param inputs the places of its inputs
   * @param indices by input which output of that node is read
   * @param version whether this is a pending and current version of a parameter
   * @param variable whether this is a source by {@link Node#markVariable}
   * @param passes by input whether a derivative passes
   */
  private record Line(
      Primitive primitive,
      long[] attrs,
      int[] inputs,
      int[] indices,
      boolean version,
      boolean variable,
      boolean[] passes) {
    /** Its inputs are a loss and a version, where those of any other detach are one. */
    boolean isLazyGradient() {
      return inputs.length == 2 && primitive == Version.detach().primitive();
    }

    boolean isBarrier() {
      return primitive == ShapeOps.BARRIER.primitive();
    }

    boolean sameAs(Line other) {
      return primitive == other.primitive
          && version == other.version
          && variable == other.variable
          && Arrays.equals(inputs, other.inputs)
          && Arrays.equals(attrs, other.attrs)
          && Arrays.equals(indices, other.indices);
    }

    int hash() {
      int h = 31 * primitive.hashCode() + Arrays.hashCode(inputs);
      return 31 * h + Arrays.hashCode(attrs) + (version ? 7 : 0) + (variable ? 3 : 0);
    }
  }

  private final Type[] leaves;
  private final int[] leafIndices;
  private final DType[] scalars;
  private final Line[] ops;

  /** The places of the nodes whose outputs are the roots; the versions among them come last. */
  private final int[] roots;

  private final int assigned;

  /** By version the leaf whose memory the version may take, {@link #NONE} for none. */
  private final int[] donors;

  private final boolean[] donated;

  /** The places that lazy gradients are taken by and that are neither donors nor versions. */
  private final int[] differentiated;

  private final int regions;
  private final int hash;

  /** By plain root the places that derivatives may end at; found when first needed. */
  private volatile int[][] reach;

  private StepTemplate(Trace trace, int... donors) {
    int leafCount = trace.leaves().size();
    this.leaves = new Type[leafCount];
    this.leafIndices = new int[leafCount];
    for (int i = 0; i < leafCount; i++) {
      leaves[i] = trace.leaves().get(i).type();
      leafIndices[i] = trace.leaves().get(i).index();
    }
    this.scalars = new DType[trace.scalars().size()];
    for (int i = 0; i < scalars.length; i++) {
      scalars[i] = trace.scalars().get(i).type(0).dtype();
    }
    Map<Long, Long> regionNumbers = new HashMap<>();
    this.ops = new Line[trace.ops().size()];
    for (int at = 0; at < ops.length; at++) {
      ops[at] = line(trace, at, regionNumbers);
    }
    this.regions = regionNumbers.size();
    this.roots = new int[trace.plainRoots() + trace.versions().size()];
    int count = 0;
    for (Tensor root : trace.roots()) {
      if (Access.index(root) == 0) {
        roots[count++] = trace.number(Access.node(root), 0);
      }
    }
    this.assigned = trace.assigned();
    this.donors = donors;
    this.donated = new boolean[leafCount];
    for (int donor : donors) {
      if (donor != NONE) {
        donated[donor] = true;
      }
    }
    this.differentiated = differentiated();
    this.hash = newHash();
  }

  private int[] differentiated() {
    int firstOp = leaves.length + scalars.length;
    return Arrays.stream(ops)
        .filter(Line::isLazyGradient)
        .mapToInt(op -> op.inputs[1])
        .filter(place -> place < firstOp ? !donated[place] : !ops[place - firstOp].version)
        .distinct()
        .toArray();
  }

  /**
   * Returns the template of a trace of a pending graph.
   *
   * @param donors by version the leaf whose memory the version may take, {@link #NONE} for none
   */
  static StepTemplate of(Trace trace, int... donors) {
    return new StepTemplate(trace, donors);
  }

  private static Line line(Trace trace, int at, Map<Long, Long> regionNumbers) {
    OpNode node = trace.ops().get(at);
    Node[] inputs = trace.inputs(at);
    int[] places = new int[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      places[i] = trace.number(inputs[i], node.index(i));
    }
    long[] attrs = node.attrs();
    if (node.op() == ShapeOps.BARRIER) {
      // A region's id means nothing beyond this graph: regions are numbered by their first use.
      attrs =
          new long[] {regionNumbers.computeIfAbsent(attrs[0], id -> (long) regionNumbers.size())};
    }
    boolean version = node instanceof Version v && trace.versions().contains(v);
    return new Line(
        node.op().primitive(),
        attrs,
        places,
        node.indices(),
        version,
        node.isVariable(),
        passes(node, inputs));
  }

  /** Returns by input whether a derivative passes; the usual answers are shared arrays. */
  private static boolean[] passes(OpNode node, Node... inputs) {
    boolean[] passes = new boolean[inputs.length];
    boolean lazy = node instanceof LazyGradients.Gradient; // detached
    int count = 0;
    for (int i = 0; i < inputs.length; i++) {
      passes[i] = !lazy && node.passes(inputs, i);
      count += passes[i] ? 1 : 0;
    }
    if (inputs.length < USUAL && (count == 0 || count == inputs.length)) {
      return count == 0 ? NONE_PASSES[inputs.length] : ALL_PASS[inputs.length];
    }
    return passes;
  }

  private int newHash() {
    int h = Arrays.hashCode(leaves);
    h = 31 * h + Arrays.hashCode(leafIndices);
    h = 31 * h + Arrays.hashCode(scalars);
    for (Line op : ops) {
      h = 31 * h + op.hash();
    }
    h = 31 * h + Arrays.hashCode(roots);
    return 31 * h + Arrays.hashCode(donors) + assigned;
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof StepTemplate other
        && hash == other.hash
        && assigned == other.assigned
        && ops.length == other.ops.length
        && Arrays.equals(roots, other.roots)
        && Arrays.equals(donors, other.donors)
        && Arrays.equals(leaves, other.leaves)
        && Arrays.equals(leafIndices, other.leafIndices)
        && Arrays.equals(scalars, other.scalars)
        && sameOps(other);
  }

  private boolean sameOps(StepTemplate other) {
    for (int at = 0; at < ops.length; at++) {
      if (!ops[at].sameAs(other.ops[at])) {
        return false;
      }
    }
    return true;
  }

  /** Returns about how many bytes this template takes. */
  long bytes() {
    long bytes = 64L * leaves.length;
    for (Line op : ops) {
      bytes += 96 + 9L * op.inputs.length + 8L * op.attrs.length;
    }
    return bytes;
  }

  // ---- what is at which place ----

  int leaves() {
    return leaves.length;
  }

  int leafIndex(int leaf) {
    return leafIndices[leaf];
  }

  int scalars() {
    return scalars.length;
  }

  int plainRoots() {
    return roots.length - donors.length;
  }

  /** Returns the place of a root; plain roots come first, then versions. */
  int root(int i) {
    return roots[i];
  }

  int versions() {
    return donors.length;
  }

  /** Returns the place of a version. */
  int version(int i) {
    return roots[plainRoots() + i];
  }

  /** Returns the leaf whose memory a version may take, {@link #NONE} for none. */
  int donor(int version) {
    return donors[version];
  }

  /** Returns the nodes of a trace by place. */
  static Node[] nodes(Trace trace) {
    Node[] nodes = new Node[trace.leaves().size() + trace.scalars().size() + trace.ops().size()];
    int at = 0;
    for (Leaf leaf : trace.leaves()) {
      nodes[at++] = leaf.node();
    }
    for (Node scalar : trace.scalars()) {
      nodes[at++] = scalar;
    }
    for (Node op : trace.ops()) {
      nodes[at++] = op;
    }
    return nodes;
  }

  // ---- matching ----

  /** Returns by place the nodes of a pending graph, null if its structure is another. */
  Node[] match(List<Tensor> wanted, List<Version> assignments) {
    Node[] nodes = new Node[leaves.length + scalars.length + ops.length];
    return placeRoots(wanted, assignments, nodes)
            && matchOps(nodes)
            && matchLeaves(nodes)
            && matchScalars(nodes)
            && areDifferentiatedOnce(nodes)
            && areLazy(nodes) // last: another thread may have evaluated some by now
        ? nodes
        : null;
  }

  private boolean placeRoots(List<Tensor> wanted, List<Version> assignments, Node... nodes) {
    if (assignments.size() != assigned) {
      return false;
    }
    int plain = plainRoots();
    int found = 0;
    for (int i = 0; i < wanted.size(); i++) {
      Node node = Access.node(wanted.get(i));
      boolean known = node.isEvaluated();
      for (int root = found - 1; root >= 0 && !known; root--) {
        known = nodes[roots[root]] == node;
      }
      if (!known) {
        if (found == plain) {
          return false;
        }
        nodes[roots[found++]] = node;
      }
    }
    for (int i = 0; i < assigned; i++) {
      nodes[version(i)] = assignments.get(i);
    }
    return found == plain;
  }

  /** Walks backwards: consumers stand behind their inputs and fill their places first. */
  private boolean matchOps(Node... nodes) {
    int firstOp = leaves.length + scalars.length;
    long[] regionIds = regions == 0 ? null : new long[regions];
    for (int at = nodes.length - 1; at >= firstOp; at--) {
      // null: no consumer of this place exists in the new graph
      if (!(nodes[at] instanceof OpNode node) || !fits(node, ops[at - firstOp], regionIds, nodes)) {
        return false;
      }
    }
    return true;
  }

  private static boolean fits(OpNode node, Line op, long[] regionIds, Node... nodes) {
    if (node.op().primitive() != op.primitive || node.isVariable() != op.variable) {
      return false;
    }
    Node[] inputs = node.pendingInputs();
    int[] places = op.inputs;
    if (inputs == null
        || inputs.length != places.length
        || !sameAttrs(node.attrs(), op, regionIds)
        || isCurrentVersion(node) != op.version) {
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

  private static boolean isCurrentVersion(Node node) {
    return node instanceof Version v && v.parameter().isCurrent(v);
  }

  private static boolean sameAttrs(long[] attrs, Line op, long... regionIds) {
    if (!op.isBarrier()) {
      return Arrays.equals(attrs, op.attrs);
    }
    int number = (int) op.attrs[0];
    for (int other = 0; other < regionIds.length; other++) {
      if (other != number && regionIds[other] == attrs[0]) {
        return false; // two regions of the template are one here
      }
    }
    if (regionIds[number] != 0 && regionIds[number] != attrs[0]) {
      return false;
    }
    regionIds[number] = attrs[0]; // ids start at 1
    return true;
  }

  private boolean matchLeaves(Node... nodes) {
    for (int i = 0; i < donors.length; i++) {
      Version version = (Version) nodes[version(i)];
      Version settled = version.parameter().settled();
      int leaf = donors[i];
      if ((settled != null) != (leaf != NONE)) {
        return false;
      }
      if (leaf != NONE) {
        if (nodes[leaf] != null && nodes[leaf] != settled) {
          return false;
        }
        nodes[leaf] = settled; // no op need read the donor
      }
    }
    for (int i = 0; i < leaves.length; i++) {
      Node leaf = nodes[i];
      if (leaf == null
          || !leaf.isEvaluated()
          || leafIndices[i] >= leaf.outputs()
          || !leaf.type(leafIndices[i]).equals(leaves[i])
          || (!donated[i] && leaf instanceof Version && isOverwritten(leaf, nodes))) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns whether a leaf that is only read is also at the place of a donor. Two donors are never
   * one node: they are versions of different parameters.
   */
  private boolean isOverwritten(Node leaf, Node... nodes) {
    for (int donor : donors) {
      if (donor != NONE && nodes[donor] == leaf) {
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
          || scalar.isEvaluated()
          || scalar.type(0).dtype() != scalars[i]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns whether nothing that a lazy gradient is taken by is at two places: the program has the
   * derivative by one of them, and the gradient is the sum of both. Donors and versions are at one
   * place each: see {@link #isOverwritten}, and a run cannot hold a parameter twice.
   */
  private boolean areDifferentiatedOnce(Node... nodes) {
    int firstOp = leaves.length + scalars.length;
    for (int place : differentiated) {
      int from = place < firstOp ? 0 : firstOp;
      int to = place < firstOp ? leaves.length : nodes.length;
      for (int other = from; other < to; other++) {
        if (other != place && nodes[other] == nodes[place]) {
          return false;
        }
      }
    }
    return true;
  }

  /** Returns whether the forward part of each lazy gradient is still pending. */
  private boolean areLazy(Node... nodes) {
    int firstOp = leaves.length + scalars.length;
    LazyGradients seen = null;
    for (int at = firstOp; at < nodes.length; at++) {
      if (nodes[at] instanceof LazyGradients.Gradient gradient
          && ops[at - firstOp].inputs.length == 2) {
        LazyGradients pass = gradient.pass();
        if (pass == null || (pass != seen && !pass.canWait())) {
          return false;
        }
        seen = pass;
      }
    }
    return true;
  }

  // ---- history ----

  /**
   * Returns the places that derivatives through plain root {@code i} may end at: leaves, variables
   * and versions.
   */
  int[] reach(int i) {
    int[][] found = reach;
    if (found == null) {
      found = Reach.of(this);
      reach = found;
    }
    return found[i];
  }

  // For Reach.

  /** Returns how many ops there are. */
  int ops() {
    return ops.length;
  }

  int[] inputs(int op) {
    return ops[op].inputs;
  }

  boolean passes(int op, int input) {
    return ops[op].passes[input];
  }

  /** Returns whether a derivative may end at an op: at a variable, or at a version. */
  boolean isSource(int op) {
    return ops[op].variable || ops[op].version;
  }

  /** Returns whether derivatives go on behind an op: not behind a version, which is detached. */
  boolean isInner(int op) {
    return !ops[op].version;
  }
}
