package org.adjoint.internal.graph;

import java.lang.invoke.VarHandle;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.DoubleSupplier;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.derive.DifferentiablePart;
import org.adjoint.internal.ir.Words;
import org.adjoint.op.Op;

/**
 * A vertex of the computation graph: an op over earlier nodes, a scalar that travels with each run,
 * or a value. Small and without native memory until it is evaluated. What users hold is a {@link
 * Tensor}: a node and one of its outputs.
 */
public class Node {
  private static final Node[] NO_INPUTS = {};
  private static final int[] NO_INDICES = {};

  private static final long NEVER = 0;

  private static final AtomicReferenceFieldUpdater<Node, Node[]> INPUTS =
      AtomicReferenceFieldUpdater.newUpdater(Node.class, Node[].class, "inputs");
  private static final AtomicReferenceFieldUpdater<Node, Storage[]> VALUES =
      AtomicReferenceFieldUpdater.newUpdater(Node.class, Storage[].class, "values");

  @SuppressWarnings("rawtypes") // there is no class literal of Set<ParameterState>
  private static final AtomicReferenceFieldUpdater<Node, Set> BEHIND =
      AtomicReferenceFieldUpdater.newUpdater(Node.class, Set.class, "behind");

  private static final AtomicIntegerFieldUpdater<Node> OWNED =
      AtomicIntegerFieldUpdater.newUpdater(Node.class, "owned");
  private static final AtomicLongFieldUpdater<Node> CUT_AT =
      AtomicLongFieldUpdater.newUpdater(Node.class, "cutAt");

  /** A supplier may ask for values, whose programs read other scalars: so deep, not deeper. */
  private static final int MOST_NESTED = 16;

  /** Counts marks: a cut is after those counted by then, so it can be told which came first. */
  private static final AtomicLong MARKS = new AtomicLong();

  /** Spreads nodes over hash tables; duplicates, as a race makes them, only cost time. */
  private static int nextHash;

  private static int newHash() {
    nextHash += 0x9E3779B9;
    return nextHash;
  }

  /** What a node is. */
  public enum Kind {
    /** An op over inputs. */
    OP,
    /** A scalar without native memory: its bits are handed over with each run. */
    SCALAR,
    /** A value that came from outside. */
    VALUE,
    /** The argument of a function that is being transformed: it never has a value. */
    ARGUMENT
  }

  private final Kind kind;
  private final Op op;
  private final long[] attrs;
  private final int[] indices;
  private final Type[] types;
  private final long word;
  private final DoubleSupplier source;
  private final boolean symbolic;
  private final Anomaly.Site site;
  private final int hash = newHash();

  // No initialisers here: each would be a volatile store, with a full fence, in every new node.
  private volatile Node[] inputs;
  private volatile Storage[] values;
  private volatile long variableSince;
  private volatile long cutAt;
  private volatile boolean retired;
  private volatile boolean seed;
  private volatile int owned;

  /** The parameters that a program read which gave this value; null for none. */
  private volatile Set<ParameterState> behind;

  /**
   * Sources that this evaluated node keeps its inputs for: versions and variables; null for a node
   * that has none.
   */
  private volatile Node[] sources;

  private Node(
      Kind kind,
      Op op,
      long[] attrs,
      Node[] inputs,
      int[] indices,
      Type[] types,
      long word,
      DoubleSupplier source) {
    this.kind = kind;
    this.op = op;
    this.attrs = attrs;
    INPUTS.lazySet(this, inputs);
    this.indices = indices;
    this.types = types;
    this.word = word;
    this.source = source;
    this.symbolic = kind == Kind.ARGUMENT || anySymbolic(inputs);
    this.site = Anomaly.here().orElse(null);
    VarHandle.storeStoreFence(); // whichever thread finds the node finds its inputs
  }

  private static boolean anySymbolic(Node... inputs) {
    for (Node input : inputs) {
      if (input.symbolic) {
        return true;
      }
    }
    return false;
  }

  private static Node leaf(Kind kind, Type type, long word, DoubleSupplier source) {
    return new Node(kind, null, null, NO_INPUTS, NO_INDICES, new Type[] {type}, word, source);
  }

  /** Makes a node of an op. */
  public Node(Op op, long[] attrs, Node[] inputs, int[] indices, Type[] types) {
    this(Kind.OP, op, attrs, inputs, indices, types, 0, null);
  }

  /** Returns a node that is a scalar with these bits. */
  public static Node scalar(DType dtype, long word) {
    return leaf(Kind.SCALAR, new Type(dtype, Shape.SCALAR), word, null);
  }

  /** Returns a node that is a scalar which each run reads anew. */
  public static Node scalar(DType dtype, DoubleSupplier source) {
    return leaf(Kind.SCALAR, new Type(dtype, Shape.SCALAR), 0, source);
  }

  /** Returns a node that is a value. */
  public static Node value(Type type, Storage storage) {
    Node node = leaf(Kind.VALUE, type, 0, null);
    VALUES.lazySet(node, new Storage[] {storage});
    return node;
  }

  /**
   * Returns a node that is a value out of a program through which nothing can be differentiated.
   *
   * @param read the parameters that the program read
   */
  public static Node cutValue(Type type, Storage storage, Set<ParameterState> read) {
    Node node = value(type, storage);
    BEHIND.lazySet(node, read);
    CUT_AT.lazySet(node, now());
    return node;
  }

  /** Returns a node that stands for an argument of that type. */
  public static Node argument(Type type) {
    Node node = leaf(Kind.ARGUMENT, type, 0, null);
    node.markVariable();
    return node;
  }

  public final Kind kind() {
    return kind;
  }

  public final Op op() {
    return op;
  }

  public final long[] attrs() {
    return attrs;
  }

  /** Returns the bits of a scalar, those of this moment if it is live. */
  public final long word() {
    return source == null ? word : Words.of(types[0].dtype(), read());
  }

  private double read() {
    ThreadState local = ThreadState.get();
    if (local.reading > MOST_NESTED) {
      throw new UnsupportedOperationException(
          "scalar: its supplier asks for a value that cannot be computed without the scalar; let it"
              + " read a Java number, or make the value part of the graph");
    }
    local.reading++;
    try {
      return source.getAsDouble();
    } finally {
      local.reading--;
    }
  }

  /** Returns whether this depends on a stand-in, and so never has a value. */
  public final boolean isSymbolic() {
    return symbolic;
  }

  /** Returns where it was built, if anomalies are searched for. */
  public final Optional<Anomaly.Site> site() {
    return Optional.ofNullable(site);
  }

  /** Returns whether this is a scalar that each run reads anew. */
  public final boolean isLive() {
    return source != null;
  }

  public final int hash() {
    return hash;
  }

  public final int outputs() {
    return types.length;
  }

  public final Type type(int output) {
    return types[output];
  }

  public final Type[] types() {
    return types;
  }

  /** Returns the inputs; none once the node has become a leaf. */
  public Node[] inputs() {
    return inputs;
  }

  /** Returns the inputs as far as they are known: others than {@link #inputs} if put off. */
  public final Node[] known() {
    return inputs;
  }

  /** Gives inputs that were put off, unless the node has become a leaf. */
  public final void settleInputs(Node[] putOff, Node... settled) {
    INPUTS.compareAndSet(this, putOff, settled);
  }

  /** Returns which output of input {@code i} this node reads. */
  public final int index(int i) {
    return indices[i];
  }

  /** Returns whether this has a value, and neither is a source of gradients nor reaches one. */
  public final boolean isPlainValue() {
    return values != null && inputs.length == 0 && !isSource();
  }

  /** Returns whether every output has a value. */
  public final boolean isEvaluated() {
    return values != null;
  }

  /** Returns the value of an output, empty while it has none or after a newer version took it. */
  public final Optional<Storage> value(int output) {
    Storage[] now = values;
    return now == null ? Optional.empty() : Optional.of(now[output]);
  }

  /** Returns the time of a cut: after all marks so far, and not after the next. */
  private static long now() {
    return MARKS.get() + 1;
  }

  /** Gives the node its values unless another thread did; returns whether these were taken. */
  public final boolean publish(Storage[] storages) {
    return VALUES.compareAndSet(this, null, storages);
  }

  /** Takes the values away from a version whose memory a newer one took over. */
  public final void forget() {
    VALUES.lazySet(this, null);
  }

  /** Makes this node a leaf: what it was computed from may be freed. */
  public final void cut() {
    Node[] before = inputs;
    for (int i = 0; i < before.length; i++) {
      if (cutAt == NEVER && DifferentiablePart.passes(this, before, i)) {
        CUT_AT.lazySet(this, now());
      }
    }
    dropInputs();
    if (sources != null) {
      sources = null;
    }
  }

  /**
   * Frees what a version was assigned; unlike {@link #cut} nothing could have been differentiated
   * behind it.
   */
  public void dropInputs() {
    INPUTS.lazySet(this, NO_INPUTS);
  }

  /** Returns the parameters that a program read which gave this value. */
  public final Set<ParameterState> behind() {
    Set<ParameterState> read = behind;
    return read == null ? Set.of() : read;
  }

  /** Returns whether derivatives once passed this node to inputs that it has lost. */
  public final boolean isCut() {
    return cutAt != NEVER;
  }

  /** Returns when it lost them: after the marks whose {@link #variableSince} is less. */
  public final long cutAt() {
    return cutAt;
  }

  /** Makes this node a leaf that must not be differentiated again. */
  public final void retire() {
    retired = true;
    cut();
  }

  public final boolean isRetired() {
    return retired;
  }

  /** States that this is the 1 that a gradient starts from. */
  public final void markSeed() {
    seed = true;
  }

  public final boolean isSeed() {
    return seed;
  }

  public final void markVariable() {
    if (variableSince == NEVER) {
      variableSince = MARKS.incrementAndGet();
    }
  }

  public final boolean isVariable() {
    return variableSince != NEVER;
  }

  /** Returns when it was marked; graphs cut before then may have passed through it. */
  public final long variableSince() {
    return variableSince;
  }

  /** States that a parameter holds this value; no scope frees it. */
  public final void markOwned() {
    OWNED.lazySet(this, 1);
  }

  public final boolean isOwned() {
    return owned == 1;
  }

  /** Keeps the inputs of an evaluated node for as long as one of {@code reached} is current. */
  public final void keepFor(Node[] reached) {
    sources = reached;
  }

  /**
   * Returns whether differentiation may still reach a current version or a variable through this
   * evaluated node, adding those to {@code found}; if not, the node becomes a leaf.
   */
  public final boolean reachesSource(Set<Node> found) {
    boolean reaches = isSource();
    if (reaches) {
      found.add(this);
    }
    Node[] kept = sources;
    for (int i = 0; kept != null && i < kept.length; i++) {
      if (kept[i].isSource()) {
        found.add(kept[i]);
        reaches = true;
      }
    }
    if (!reaches && kind == Kind.OP && isEvaluated()) {
      cut();
    }
    return reaches;
  }

  /** Returns whether {@link #reachesSource()} may be true now or after a run. */
  public final boolean mayReachSource() {
    return isVariable() || sources != null || this instanceof Version;
  }

  /**
   * Returns whether this is a source, or keeps its inputs for one; if those that it kept them for
   * are gone, the node becomes a leaf.
   */
  public final boolean reachesSource() {
    Node[] kept = sources;
    boolean reaches = isSource();
    for (int i = 0; !reaches && kept != null && i < kept.length; i++) {
      reaches = kept[i].isSource();
    }
    if (!reaches && kept != null) {
      cut();
    }
    return reaches;
  }

  /** Returns whether gradients are taken with respect to this node. */
  public boolean isSource() {
    return isVariable();
  }
}
