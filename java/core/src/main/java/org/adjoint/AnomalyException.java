package org.adjoint;

/**
 * A NaN, or an infinity that no input had, found while {@link Adjoint#anomaly} was on. The message
 * names the op, the shapes, the place in the result and the line that built it.
 */
public final class AnomalyException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Makes the exception with what was found, and where. */
  public AnomalyException(String message) {
    super(message);
  }
}
