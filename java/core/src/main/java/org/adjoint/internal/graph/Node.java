package org.adjoint.internal.graph;

import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.DoubleSupplier;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.backend.Storage;
import org.adjoint.op.Op;

/**
 * A vertex of the computation graph. Small and without native memory until it is evaluated. What
 * users hold is a {@link Tensor}: a node and one of its outputs.
 *
 * <p>The life of a node is one reference to a record: its phase, inputs and values. Each move is
 * one compare-and-set, so a reader never sees the inputs of one phase with the values of another.
 * Within a phase {@link #close} alone changes something: a value becomes a closed one.
 *
 * <table>
 * <caption>The life of a node</caption>
 * <tr><th>phase</th><th>inputs</th><th>values</th><th>leaves it by</th></tr>
 * <tr><td>PENDING</td><td>yes</td><td>no</td>
 *   <td>{@link #publish} → EVALUATED or LEAF; {@link #retire} → RETIRED;
 *   {@link #close} → LEAF; {@link Version#supersede} → SUPERSEDED</td></tr>
 * <tr><td>EVALUATED</td><td>yes</td><td>yes</td>
 *   <td>{@link #remembers} → LEAF, once none of the nodes that it keeps inputs for is a source;
 *   {@link #retire} → RETIRED</td></tr>
 * <tr><td>LEAF</td><td>no</td><td>yes (none for scalars and arguments)</td>
 *   <td>{@link #retire} → RETIRED; {@link Version#supersede} → SUPERSEDED</td></tr>
 * <tr><td>RETIRED</td><td>no</td><td>if it had any, or once a run publishes them</td>
 *   <td>without values {@link #close} → LEAF, else never</td></tr>
 * <tr><td>SUPERSEDED</td><td>no</td><td>if a snapshot was taken</td><td>never</td></tr>
 * </table>
 */
public abstract sealed class Node permits OpNode, ScalarNode, ValueNode, ArgumentNode {
  static final Node[] NO_NODES = {};

  private static final long NEVER = 0;

  private static final AtomicReferenceFieldUpdater<Node, Life> LIFE =
      AtomicReferenceFieldUpdater.newUpdater(Node.class, Life.class, "life");

  /** The mark of a stand-in, which is a source before anything is built on it. */
  private static final long STAND_IN = 1;

  /** The logical clock: each mark, each cut and each age is a tick. */
  private static final AtomicLong CLOCK = new AtomicLong(STAND_IN);

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

  /** How far the life of a node has come; the table is in the class comment. */
  public enum Phase {
    /** Waits to be computed. */
    PENDING,
    /** Has values, and keeps its inputs for derivatives by the sources that it remembers. */
    EVALUATED,
    /** Has no inputs, or has lost them. */
    LEAF,
    /** Was consumed by an optimizer step: it cannot be differentiated again. */
    RETIRED,
    /** A version of a parameter whose place a newer one has taken. */
    SUPERSEDED
  }

  /**
   * One moment of a node's life.
   *
   * @param sources what an EVALUATED node keeps its inputs for
   * @param cut how derivatives lost their way through this node, or, as long as it has inputs, what
   *     they have lost behind
   */
  record Life(Phase phase, Node[] inputs, Storage[] values, Node[] sources, Cut cut) {
    static final Life EMPTY_LEAF = new Life(Phase.LEAF, NO_NODES, null, NO_NODES, Cut.NONE);

    static Life pending(Node... inputs) {
      return new Life(Phase.PENDING, inputs, null, NO_NODES, Cut.NONE);
    }

    static Life leaf(Storage[] values, Cut cut) {
      return new Life(Phase.LEAF, NO_NODES, values, NO_NODES, cut);
    }
  }

  /**
   * What a run publishes for a node; made before the program runs: nothing is allocated behind it.
   */
  public static final class Result {
    private final Storage[] values;
    private final Life life;

    private Result(Storage[] values, Life life) {
      this.values = values;
      this.life = life;
    }

    /** Sets the value of an output, before the result is published. */
    public void set(int output, Storage value) {
      values[output] = value;
    }

    /** Returns the value of an output. */
    public Storage value(int output) {
      return values[output];
    }
  }

  private final Type[] types;
  private final boolean symbolic;
  private final int hash = newHash();

  /** Which scope frees its values, null for none. */
  private final ScopeState scope;

  /** When this node was built, by the logical clock. */
  private final long born = CLOCK.get();

  private volatile Life life;
  private volatile long variableSince;
  private volatile boolean owned;

  Node(Type[] types, boolean symbolic, Life life) {
    this.types = types;
    this.symbolic = symbolic;
    this.scope = ScopeState.innermost();
    LIFE.lazySet(this, life);
    // The final fields above are frozen at the end of this constructor, the life is not: nobody may
    // find, by a data race, a node without a life.
    VarHandle.storeStoreFence();
  }

  /** Returns a node that is a scalar with these bits. */
  public static Node scalar(DType dtype, long word) {
    return new ScalarNode(new Type(dtype, Shape.SCALAR), word, null, false);
  }

  /** Returns a node that is a scalar which each run reads anew. */
  public static Node scalar(DType dtype, DoubleSupplier source) {
    return new ScalarNode(new Type(dtype, Shape.SCALAR), 0, source, false);
  }

  /** Returns a node that is the 1 which a gradient starts from. */
  static Node seed(DType dtype, long one) {
    return new ScalarNode(new Type(dtype, Shape.SCALAR), one, null, true);
  }

  /** Returns a node that is a value. */
  public static Node value(Type type, Storage storage) {
    return new ValueNode(type, new Storage[] {storage}, Cut.NONE);
  }

  /** Returns a node that is a value which a run fills in before anybody else sees the node. */
  public static Node value(Type type, Storage[] cell) {
    return new ValueNode(type, cell, Cut.NONE);
  }

  /**
   * Returns a node that is a value out of a program through which nothing can be differentiated.
   *
   * @param cell holds the value, filled in before anybody else sees the node
   * @param lost what the program had led to
   */
  public static Node cutValue(Type type, Storage[] cell, Cut lost) {
    return new ValueNode(type, cell, lost.now());
  }

  /** Returns a node that stands for an argument of that type. */
  public static Node argument(Type type) {
    Node node = new ArgumentNode(type);
    node.markStandIn();
    return node;
  }

  /** Returns the kind. */
  public final Kind kind() {
    // Not a field: a node has just room for the time of its birth instead.
    if (this instanceof OpNode) {
      return Kind.OP;
    }
    if (this instanceof ScalarNode) {
      return Kind.SCALAR;
    }
    return this instanceof ValueNode ? Kind.VALUE : Kind.ARGUMENT;
  }

  /** Returns the op; null for a node of another kind. */
  public Op op() {
    return null;
  }

  /** Returns the attributes of the op, which nobody may change. */
  public long[] attrs() {
    throw new IllegalStateException(kind() + " has no attributes");
  }

  /** Returns which output of input {@code i} this node reads. */
  public int index(int i) {
    throw new IllegalStateException(kind() + " has no input " + i);
  }

  /** Returns whether a derivative passes from this node to its input {@code i}. */
  public final boolean passes(Node[] inputs, int i) {
    return op().isDifferentiable(i) && inputs[i].type(index(i)).dtype().isFloating();
  }

  /** Returns the bits of a scalar; of a live scalar by asking its supplier now. */
  public long word() {
    throw new IllegalStateException(kind() + " is no scalar");
  }

  /** Returns whether this is a scalar that each run reads anew. */
  public boolean isLive() {
    return false;
  }

  /** Returns whether this is the 1 that a gradient starts from. */
  boolean isSeed() {
    return false;
  }

  /** Returns where this node was built, empty unless anomalies were searched for then. */
  public Optional<Anomaly.Site> site() {
    return Optional.empty();
  }

  /** Returns whether this is or depends on a stand-in, and so never has a value. */
  public final boolean isSymbolic() {
    return symbolic;
  }

  /** Returns a number that spreads nodes over hash tables. */
  public final int hash() {
    return hash;
  }

  /** Returns how many outputs there are. */
  public final int outputs() {
    return types.length;
  }

  /** Returns the type of an output. */
  public final Type type(int output) {
    return types[output];
  }

  /** Returns the types of all outputs, which nobody may change. */
  public final Type[] types() {
    return types;
  }

  // ---- the life ----

  final Life life() {
    return life;
  }

  final boolean move(Life from, Life to) {
    return LIFE.compareAndSet(this, from, to);
  }

  /** Returns how far its life has come. */
  public final Phase phase() {
    return life.phase;
  }

  /** Returns the inputs; none once the node has become a leaf. */
  public Node[] inputs() {
    return life.inputs;
  }

  /** Returns the inputs of a node that waits to be computed, null for one that does not. */
  public final Node[] pendingInputs() {
    Life now = life;
    return now.phase == Phase.PENDING ? now.inputs : null;
  }

  /** Returns the inputs that derivatives may pass to: none once they are kept for no source. */
  public final Node[] rememberedInputs() {
    return phase() == Phase.EVALUATED && !remembers() ? NO_NODES : inputs();
  }

  /** Returns whether every output has a value. */
  public final boolean isEvaluated() {
    return life.values != null;
  }

  /** Returns whether this has a value, and neither is a source of gradients nor reaches one. */
  public final boolean isPlainValue() {
    Life now = life;
    return now.values != null && now.inputs.length == 0 && !isSource();
  }

  /** Returns the value of an output, empty before there is one and for a superseded version. */
  public final Optional<Storage> value(int output) {
    return Optional.ofNullable(valueOrNull(output));
  }

  /** Returns the value of an output, null where {@link #value} is empty: for the hot path. */
  public final Storage valueOrNull(int output) {
    Storage[] now = life.values;
    return now == null ? null : now[output];
  }

  /** Returns what a run will publish for this node, which becomes a leaf that lost nothing more. */
  public final Result result() {
    return result(Cut.NONE);
  }

  /**
   * Returns what a run will publish for this node.
   *
   * @param lost what the graph has lost already of what it led to
   * @param sources the nodes that this one keeps its inputs for; without any, it becomes a leaf
   */
  public final Result result(Cut lost, Node... sources) {
    Storage[] values = new Storage[types.length];
    return new Result(values, evaluated(life, values, lost, sources));
  }

  private Life evaluated(Life before, Storage[] values, Cut lost, Node... sources) {
    if (before.phase == Phase.RETIRED) {
      return new Life(Phase.RETIRED, NO_NODES, values, NO_NODES, before.cut);
    }
    return sources.length > 0
        ? new Life(Phase.EVALUATED, before.inputs, values, sources, lost)
        : Life.leaf(values, cut(lost, before.inputs));
  }

  /**
   * Returns a cut between this node and these inputs, now; {@link Cut#NONE} if no derivative passed
   * to them.
   */
  private Cut cut(Cut lost, Node... inputs) {
    for (int i = 0; i < inputs.length; i++) {
      if (passes(inputs, i)) {
        return lost.now();
      }
    }
    return Cut.NONE;
  }

  /** Returns the next tick of the logical clock. */
  static long tick() {
    return CLOCK.incrementAndGet();
  }

  /** Publishes a result, unless there are values already; returns whether it was published. */
  public final boolean publish(Result result) {
    for (; ; ) {
      Life now = life;
      if (now.values != null || now.phase == Phase.SUPERSEDED) {
        return false;
      }
      // As a rule nothing has happened to the node since the result was made.
      boolean same = now.inputs == result.life.inputs || result.life.phase == Phase.LEAF;
      boolean retired = now.phase == Phase.RETIRED;
      Life next =
          same && !retired
              ? result.life
              : evaluated(now, result.values, result.life.cut, result.life.sources);
      if (LIFE.compareAndSet(this, now, next)) {
        waitsNoMore();
        return true;
      }
    }
  }

  /** Called when the node has ceased to be PENDING. */
  void waitsNoMore() {}

  /** Makes this node a leaf that must not be differentiated again. */
  public final void retire() {
    for (; ; ) {
      Life now = life;
      Cut cut = now.cut.isMade() ? now.cut : cut(now.cut, now.inputs);
      if (LIFE.compareAndSet(
          this, now, new Life(Phase.RETIRED, NO_NODES, now.values, NO_NODES, cut))) {
        waitsNoMore();
        return;
      }
    }
  }

  /** Returns whether an optimizer step has consumed this node. */
  public final boolean isRetired() {
    return phase() == Phase.RETIRED;
  }

  /**
   * Returns whether this node is evaluated and keeps its inputs for a node that is a source still;
   * if none of {@link #remembered} is, this node becomes a leaf.
   */
  public final boolean remembers() {
    for (; ; ) {
      Life now = life;
      if (now.phase != Phase.EVALUATED) {
        return false;
      }
      for (Node source : now.sources) {
        if (source.isSource()) {
          return true;
        }
      }
      if (LIFE.compareAndSet(this, now, Life.leaf(now.values, cut(lost(now), now.inputs)))) {
        return false;
      }
    }
  }

  /** Returns what an evaluated node has lost if the sources that it was kept for are none now. */
  private Cut lost(Life evaluated) {
    Cut.Collected lost = new Cut.Collected();
    for (Node source : evaluated.sources) {
      lost.add(source);
    }
    lost.add(this);
    return lost.cut();
  }

  /** Returns the nodes, sources once, that an evaluated node keeps its inputs for. */
  public final Node[] remembered() {
    return life.sources;
  }

  /**
   * Gives up the value of an output: whoever uses the value from now on is told that it was closed.
   * A pending node gives up all outputs, and never gets values.
   */
  public final void close(int output) {
    for (; ; ) {
      Life now = life;
      if (now.values == null) {
        Storage[] closed = new Storage[types.length];
        Arrays.fill(closed, Storage.closed());
        if (LIFE.compareAndSet(this, now, closed(now, closed))) {
          waitsNoMore();
          return;
        }
      } else {
        Storage before;
        synchronized (now.values) {
          before = now.values[output];
          now.values[output] = Storage.closed();
        }
        before.close();
        return;
      }
    }
  }

  private Life closed(Life before, Storage... values) {
    boolean retired = before.phase == Phase.RETIRED;
    return retired
        ? new Life(Phase.RETIRED, NO_NODES, values, NO_NODES, before.cut)
        : Life.leaf(values, cut(Cut.UNSEEN, before.inputs));
  }

  /** Returns whether derivatives once passed this node to inputs that it has lost. */
  public final boolean isCut() {
    return life.cut.isMade();
  }

  /** Returns how derivatives lost their way through this node or behind it. */
  public final Cut cut() {
    return life.cut;
  }

  /**
   * Returns whether a graph that ended in a cut may have reached this node without being kept for
   * it, since this node was no source then.
   */
  public final boolean mayBeHiddenBy(Cut cut) {
    long marked = variableSince;
    return marked != STAND_IN && cut.mayHide(born, marked == NEVER ? Long.MAX_VALUE : marked);
  }

  // ---- marks ----

  /** Makes this node a source. */
  public final void markVariable() {
    if (variableSince == NEVER) {
      variableSince = tick();
    }
  }

  /** Makes all nodes that exist now older than every node from here on. */
  public static void beginAge() {
    tick();
  }

  /** Returns whether this node was built in an earlier age, and so cannot depend on the other. */
  public final boolean isOlderThan(Node other) {
    return born < other.born;
  }

  /**
   * Makes this new node a stand-in for an argument: a source that is a leaf to every derivative,
   * whatever it was made from, until {@link #unmarkStandIn}.
   */
  public final void markStandIn() {
    variableSince = STAND_IN;
  }

  /** Ends {@link #markStandIn}: derivatives pass through this node from now on. */
  public final void unmarkStandIn() {
    variableSince = NEVER;
  }

  /** Returns whether this node stands for an argument of a function that runs now. */
  public final boolean isStandIn() {
    return variableSince == STAND_IN;
  }

  /** Returns whether this node is marked: a {@link #markVariable} or a stand-in. */
  public final boolean isVariable() {
    return variableSince != NEVER;
  }

  /** Returns whether this is a source: gradients may be taken by it now. */
  public boolean isSource() {
    return isVariable();
  }

  /** States that a parameter or a recorded step keeps this value: no scope frees it. */
  public final void markOwned() {
    owned = true;
  }

  /** Returns whether no scope frees this value, because of {@link #markOwned}. */
  public final boolean isOwned() {
    return owned;
  }

  /** Returns the scope that was open when this node was built, null if none was. */
  public final ScopeState scope() {
    return scope;
  }
}
