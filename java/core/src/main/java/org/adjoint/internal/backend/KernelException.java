package org.adjoint.internal.backend;

/**
 * An instruction failed while a program ran; the evaluator turns it into an exception with op and
 * shapes.
 */
public final class KernelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What was wrong. */
  public enum Reason {
    /** An index or a label in data was outside its axis. */
    OUT_OF_RANGE,
    /** A number in data was NaN or infinite where that is refused. */
    NOT_FINITE,
    /** An integer in data that divides was 0. */
    DIVISION_BY_ZERO,
    /** Anything else. */
    OTHER
  }

  private final int instruction;
  private final Reason reason;
  private final int operand;

  /**
   * Makes the exception.
   *
   * @param instruction the index of the instruction, −1 if none had started
   * @param reason what was wrong
   * @param operand which input of the instruction has the data at fault, −1 where that is not said
   * @param message what was wrong with which values
   */
  public KernelException(int instruction, Reason reason, int operand, String message) {
    super(message);
    this.instruction = instruction;
    this.reason = reason;
    this.operand = operand;
  }

  /** Returns the index of the instruction that failed, −1 if none had started. */
  public int instruction() {
    return instruction;
  }

  /** Returns what was wrong. */
  public Reason reason() {
    return reason;
  }

  /** Returns which input of the instruction has the data at fault, −1 where that is not said. */
  public int operand() {
    return operand;
  }

  /** Returns whether an index or a label was outside its axis. */
  public boolean isOutOfRange() {
    return reason == Reason.OUT_OF_RANGE;
  }
}
