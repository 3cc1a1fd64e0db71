package org.adjoint.model;

/**
 * One thing that a thread does to the shared state.
 *
 * @param number what distinguishes its effect from others of its kind
 */
record Operation(Kind kind, int number) {
  /** What can be done, and whether several threads may do it at once and mean anything by it. */
  enum Kind {
    /** Reads a. */
    READ(true, false),
    /** Computes a plus 0 in a scope and reads that. */
    READ_IN_SCOPE(true, true),
    /** a ← 3a + number, by a compiled function; reads a as it was. */
    STEP(true, false),
    /** a ← 3a + number, by assignment and evaluation. */
    ASSIGN(true, true),
    /** a ← a + what a supplier counts up to. */
    COUNT(false, false),
    /** a ↔ b. */
    SWAP(false, false),
    /** a ↔ b, pending while an unrelated evaluation fails. */
    SWAP_AND_FAIL(false, false),
    /** Reads a snapshot of a, which must stay as it is. */
    SNAPSHOT(true, false),
    /** Adds number to the gradient, by backward(). */
    BACKWARD(true, false),
    /** Adds number to the gradient, by backward() in a compiled function. */
    BACKWARD_COMPILED(true, false),
    /** Forgets the gradient. */
    ZERO(true, false),
    /** Reads the gradient. */
    GRADIENT(true, false),
    /** Makes a loss of a and a snapshot of a; reads the gradient, which is a. */
    ANCHOR(false, false);

    private final boolean concurrent;
    private final boolean refusable;

    Kind(boolean concurrent, boolean refusable) {
      this.concurrent = concurrent;
      this.refusable = refusable;
    }

    /** Returns whether threads may do this beside each other. */
    boolean isConcurrent() {
      return concurrent;
    }

    /** Returns whether another thread's step may be a reason to refuse it, with no effect. */
    boolean isRefusable() {
      return refusable;
    }
  }
}
