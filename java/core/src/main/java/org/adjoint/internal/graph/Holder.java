package org.adjoint.internal.graph;

/** Whoever holds a parameter for itself: a run, or a finished run that goes on holding it. */
public interface Holder {
  /** Ends an idle hold at once; waits for the end of one whose program runs. */
  void letGo();

  /** Ends an idle hold at once; returns false, without waiting, if its program runs. */
  boolean tryLetGo();
}
