package org.adjoint.internal.graph;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.adjoint.Parameter;
import org.adjoint.Type;
import org.adjoint.op.Op;
import org.adjoint.op.ShapeOps;

/**
 * The node of one version of a {@link Parameter}: the assigned tensor, detached. It is pending
 * until an evaluation gives it memory, usually that of the version before, which is superseded from
 * then on. The parameter alone moves it from state to state.
 */
public final class Version extends Node {
  private static final long[] NO_ATTRS = {};
  private static final Node[] NOTHING = {};
  private static final int[] FIRST = {0};

  /** By output the index of that one alone: an optimizer assigns outputs of one op. */
  private static final int[][] ONE = new int[64][];

  static {
    Arrays.setAll(ONE, index -> new int[] {index});
  }

  private static final AtomicIntegerFieldUpdater<Version> SUPERSEDED =
      AtomicIntegerFieldUpdater.newUpdater(Version.class, "superseded");
  private static final AtomicIntegerFieldUpdater<Version> HANDED_OUT =
      AtomicIntegerFieldUpdater.newUpdater(Version.class, "handedOut");

  private final ParameterState parameter;
  private final long sequence;
  private final long assignedById = Thread.currentThread().getId();
  private final String assignedByName = Thread.currentThread().getName();

  private volatile boolean snapshot;

  /** 1 from the moment that a newer one has its value. */
  private volatile int superseded;

  /** 1 once a graph may have been built on this version. */
  private volatile int handedOut;

  /**
   * Makes the version that a tensor of these types, its only one, was assigned to. It is part of a
   * graph from the start.
   */
  public Version(ParameterState parameter, long sequence, Node assigned, int index, Type[] types) {
    super(detach(), NO_ATTRS, new Node[] {assigned}, alone(index), types);
    this.parameter = parameter;
    this.sequence = sequence;
    HANDED_OUT.lazySet(this, 1);
  }

  private static int[] alone(int index) {
    return index < ONE.length ? ONE[index] : new int[] {index};
  }

  /** Makes a version that was computed elsewhere and gets its value at once. */
  public Version(ParameterState parameter, long sequence, Type[] types) {
    super(detach(), NO_ATTRS, NOTHING, FIRST, types);
    this.parameter = parameter;
    this.sequence = sequence;
  }

  public static Op detach() {
    return ShapeOps.DETACH;
  }

  public ParameterState parameter() {
    return parameter;
  }

  /** Returns its place among the versions of its parameter. */
  public long sequence() {
    return sequence;
  }

  /** Returns whether this version waits for its first evaluation. */
  public boolean isPending() {
    return !isEvaluated() && superseded == 0;
  }

  public boolean isAssignedByThisThread() {
    return assignedById == Thread.currentThread().getId();
  }

  public String assignedByName() {
    return assignedByName;
  }

  /** States that a graph may have been built on this version, before anything else is read. */
  public void handOut() {
    if (handedOut == 0) {
      handedOut = 1;
    }
  }

  /** Returns whether anybody could tell this version from the next one. */
  public boolean isHandedOut() {
    return handedOut == 1;
  }

  public void keepAsSnapshot() {
    snapshot = true;
  }

  public boolean isSnapshot() {
    return snapshot;
  }

  /** Takes back {@link #keepAsSnapshot}, which a run was ahead of. */
  public void giveUpSnapshot() {
    snapshot = false;
  }

  public boolean isSuperseded() {
    return superseded == 1;
  }

  /** Ends this version: its graph goes, and its value too unless a snapshot keeps it. */
  public void supersede() {
    SUPERSEDED.lazySet(this, 1); // in this order, and seen at the latest with the parameter's lock
    if (!snapshot) {
      forget();
    }
    dropInputs();
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
}
