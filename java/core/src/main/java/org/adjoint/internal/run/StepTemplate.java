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
 * by. A pending graph can also be matched with a template, see {@link Matcher}.
 *
 * <p>Nodes have places: leaves first, then scalars, then ops, each op after its inputs.
 */
public final class StepTemplate {
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
  record Line(
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

  // What a matcher compares a graph with, for no one else.
  final Type[] leaves;
  final int[] leafIndices;
  final DType[] scalars;
  final Line[] ops;

  /** The places of the nodes whose outputs are the roots; the versions among them come last. */
  final int[] roots;

  /** How many of the versions the evaluating thread has assigned: the first ones. */
  final int assigned;

  /** By version the leaf whose memory the version may take, {@link Step#NONE} for none. */
  final int[] donors;

  final boolean[] donated;

  /** The places that lazy gradients are taken by and that are neither donors nor versions. */
  final int[] differentiated;

  /** How many regions there are. */
  final int regions;

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
      if (donor != Step.NONE) {
        donated[donor] = true;
      }
    }
    this.differentiated = differentiated();
    this.hash = newHash();
  }

  private int[] differentiated() {
    int firstOp = firstOp();
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
   * @param donors by version the leaf whose memory the version may take, {@link Step#NONE} for none
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

  /** Returns the place of the first op. */
  int firstOp() {
    return leaves.length + scalars.length;
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

  /** Returns the leaf whose memory a version may take, {@link Step#NONE} for none. */
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

  /** Returns by place the nodes of a pending graph, null if its structure is another. */
  Node[] match(List<Tensor> wanted, List<Version> assignments) {
    return new Matcher(this).match(wanted, assignments);
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
