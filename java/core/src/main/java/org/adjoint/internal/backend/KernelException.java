package org.adjoint.internal.backend;

/**
 * An instruction failed while a program ran; the evaluator turns it into an exception with op and
 * shapes.
 */
public final class KernelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int instruction;
  private final boolean outOfRange;

  /**
   * Makes the exception.
   *
   * @param instruction the index of the instruction, −1 if none had started
   * @param outOfRange whether data, an index or a label, was outside its axis
   * @param message what was wrong with which values
   */
  public KernelException(int instruction, boolean outOfRange, String message) {
    super(message);
    this.instruction = instruction;
    this.outOfRange = outOfRange;
  }

  /** Returns the index of the instruction that failed, −1 if none had started. */
  public int instruction() {
    return instruction;
  }

  /** Returns whether an index or a label was outside its axis. */
  public boolean isOutOfRange() {
    return outOfRange;
  }
}
