package org.adjoint;

/**
 * A backend could not be loaded, or failed inside; the message says which one, why, and what to do.
 */
public final class BackendException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Makes the exception with its cause, which may be absent ({@code null}). */
  public BackendException(String message, Throwable cause) {
    super(message, cause);
  }
}
