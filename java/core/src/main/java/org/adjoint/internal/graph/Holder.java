package org.adjoint.internal.graph;

/** Whoever holds a parameter for itself: a run, or a finished run that goes on holding it. */
public interface Holder {
  /** Ends the hold: at once while no program runs, else after waiting for the program's end. */
  void letGo();

  /** Ends the hold if no program runs; returns false, without waiting, if one does. */
  boolean tryLetGo();
}
