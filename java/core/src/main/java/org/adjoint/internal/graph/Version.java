package org.adjoint.internal.graph;

import java.util.Arrays;
import org.adjoint.Parameter;
import org.adjoint.Type;
import org.adjoint.internal.backend.Storage;
import org.adjoint.op.Op;
import org.adjoint.op.ShapeOps;

/**
 * The node of one version of a {@link Parameter}: the assigned tensor, detached. It is pending
 * until an evaluation gives it memory, usually that of the version before, which is superseded from
 * then on. {@link ParameterState} alone moves it, under its lock.
 */
public final class Version extends OpNode {
  private static final long[] NO_ATTRS = {};
  private static final int[] FIRST = {0};
  private static final long NOBODY = 0; // ids of threads are positive
  private static final Life SUPERSEDED =
      new Life(Phase.SUPERSEDED, NO_NODES, null, NO_NODES, Cut.NONE);

  /** By output the array of that index alone, shared: an optimizer assigns outputs of one op. */
  private static final int[][] ONE = new int[64][];

  static {
    Arrays.setAll(ONE, index -> new int[] {index});
  }

  private final ParameterState parameter;
  private final long assignedById = Thread.currentThread().getId();
  private final String assignedByName = Thread.currentThread().getName();

  /** The life that {@link #supersede} gives: without values, unless these are kept. */
  private Life afterwards = SUPERSEDED;

  /** Whether a graph may have been built on this version; guarded by the parameter's lock. */
  private boolean handedOut;

  /**
   * The thread for whose sake the value is kept once this version is superseded, {@link #NOBODY} if
   * it is not. Guarded by the parameter's lock until then.
   */
  private long keptFor = NOBODY;

  /** Makes the pending version that stands for output {@code index} of {@code assigned}. */
  Version(ParameterState parameter, Node assigned, int index, Type[] types) {
    super(detach(), NO_ATTRS, new Node[] {assigned}, alone(index), types);
    this.parameter = parameter;
  }

  /** Makes the version after {@code before}, for a run to fill in. */
  Version(Version before) {
    super(detach(), NO_ATTRS, NO_NODES, FIRST, before.types());
    this.parameter = before.parameter;
  }

  private static int[] alone(int index) {
    return index < ONE.length ? ONE[index] : new int[] {index};
  }

  /** Returns the op of a version: its value is the assigned one, and no derivative passes. */
  public static Op detach() {
    return ShapeOps.DETACH;
  }

  /** Returns the parameter that this is a version of. */
  public ParameterState parameter() {
    return parameter;
  }

  /** Returns whether this version waits for its first evaluation. */
  public boolean isPending() {
    return phase() == Phase.PENDING;
  }

  /** Returns whether the calling thread has assigned it. */
  public boolean isAssignedByThisThread() {
    return assignedById == Thread.currentThread().getId();
  }

  String assignedByName() {
    return assignedByName;
  }

  /** Notes that a graph may be built on this version. */
  void handOut() {
    handedOut = true;
  }

  /** Returns whether a graph may have been built on this version. */
  boolean isHandedOut() {
    return handedOut;
  }

  /** Returns whether a newer version has taken its place. */
  public boolean isSuperseded() {
    return phase() == Phase.SUPERSEDED;
  }

  /** Keeps the value readable afterwards, from memory that a snapshot shares. */
  void keepAfterwards() {
    if (afterwards == SUPERSEDED) {
      afterwards = new Life(Phase.SUPERSEDED, NO_NODES, life().values(), NO_NODES, Cut.NONE);
    }
  }

  /**
   * Keeps the value readable because the thread that has assigned {@code next} may have built on
   * this version. Nobody frees the memory but the collector.
   */
  void keepForAssignerOf(Version next) {
    if (afterwards == SUPERSEDED) {
      keepAfterwards();
      keptFor = next.assignedById;
    }
  }

  /** Returns whether the value is kept for the sake of one thread. */
  boolean isKeptForOne() {
    return keptFor != NOBODY;
  }

  /**
   * Returns whether the value of {@code next}, another version of this parameter, may be computed
   * from that of this superseded one: not if this one is kept for the sake of one thread, and
   * another has assigned {@code next}. It would replace the first thread's assignment as if that
   * had not been made.
   */
  public boolean mayLeadTo(Version next) {
    return keptFor == NOBODY || keptFor == next.assignedById;
  }

  /** Returns whether this version is superseded and has no value any more. */
  public boolean isLost() {
    return isSuperseded() && !isEvaluated();
  }

  /**
   * Ends this version: its graph goes, and its value too unless it is kept.
   *
   * @param overwritten whether a newer version has the memory, as after {@code release()} of the
   *     snapshot
   */
  void supersede(boolean overwritten) {
    Life next = overwritten ? SUPERSEDED : afterwards;
    for (; ; ) {
      Life now = life();
      if (now.phase() == Phase.SUPERSEDED || move(now, next)) {
        return;
      }
    }
  }

  @Override
  public boolean isSource() {
    return parameter.isCurrent(this) || isVariable();
  }

  /** Returns the error for reading a version whose memory has gone to a newer one. */
  public IllegalStateException supersededError() {
    return new IllegalStateException(
        "parameter '"
            + parameter.name()
            + "' "
            + type(0)
            + ": this graph reads a superseded version of it; evaluate before step(), or pass the"
            + " tensor to step(…); differentiate before assign(); or take a snapshot() first");
  }

  /** Returns the memory of this version, null while it has none. */
  Storage memory() {
    return valueOrNull(0);
  }
}
