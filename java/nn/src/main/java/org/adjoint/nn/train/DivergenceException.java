package org.adjoint.nn.train;

/**
 * A training was stopped because its loss is no longer a finite number; the message says where and
 * what helps.
 */
public final class DivergenceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Makes the exception. */
  public DivergenceException(String message) {
    super(message);
  }
}
