package org.adjoint.internal.graph;

import java.util.Optional;
import org.adjoint.Type;
import org.adjoint.op.Op;

/** A node that an op computes from earlier nodes. */
public non-sealed class OpNode extends Node {
  private final Op op;
  private final long[] attrs;
  private final int[] indices;
  private final Anomaly.Site site;

  /**
   * Makes a pending node.
   *
   * @param attrs the attributes, which the caller does not change afterwards
   * @param indices by input which output of that node is read
   * @param types the types of the outputs
   */
  public OpNode(Op op, long[] attrs, Node[] inputs, int[] indices, Type[] types) {
    super(types, anySymbolic(inputs), Life.pending(inputs));
    this.op = op;
    this.attrs = attrs;
    this.indices = indices;
    this.site = Anomaly.here().orElse(null);
  }

  private static boolean anySymbolic(Node... inputs) {
    for (Node input : inputs) {
      if (input.isSymbolic()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public final Op op() {
    return op;
  }

  @Override
  public final long[] attrs() {
    return attrs;
  }

  @Override
  public final int index(int i) {
    return indices[i];
  }

  /** Returns by input which output of that node is read; nobody may change the array. */
  public final int[] indices() {
    return indices;
  }

  @Override
  public final Optional<Anomaly.Site> site() {
    return Optional.ofNullable(site);
  }

  /** Called when the node has a value, was retired or was closed. */
  @Override
  protected void waitsNoMore() {}

  /** Gives a pending node other inputs, unless it has been published or has other inputs by now. */
  protected final void replaceInputs(Node[] before, Node... after) {
    for (; ; ) {
      Life now = life();
      if (now.phase() != Phase.PENDING || now.inputs() != before) {
        return;
      }
      if (move(now, Life.pending(after))) {
        return;
      }
    }
  }
}
