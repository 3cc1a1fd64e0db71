package org.adjoint.internal.run;

/** How an attempt to run a step ended. */
public enum Outcome {
  /** The program has run, and its results are published. */
  DONE,
  /** Another run, or a thread that waits, is ahead; the same attempt may succeed in a moment. */
  BUSY,
  /** Stale: a version that this run was to compute has been computed, or assigned to, meanwhile. */
  VERSION_SETTLED,
  /** Stale: the run reads a version whose memory has gone to a newer one. */
  VERSION_SUPERSEDED,
  /** Stale: a parameter that the run reads was assigned to and waits for its value. */
  VALUE_PENDING,
  /**
   * Stale: a gradient has come, gone or been replaced by a pending one, or a parameter was frozen.
   */
  GRADIENT_CHANGED,
  /** Stale: memory that the program would overwrite is read elsewhere or shared by a snapshot. */
  MEMORY_SHARED;

  /** Returns whether the step has to be chosen anew. */
  public boolean isStale() {
    return this != DONE && this != BUSY;
  }
}
