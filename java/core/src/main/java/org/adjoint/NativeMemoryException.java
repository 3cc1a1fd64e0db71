package org.adjoint;

/**
 * Off-heap memory for a value or a workspace could not be had within the budget, even after a
 * garbage collection. The message has the figures; the process and every existing value live on.
 */
public final class NativeMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Makes the exception with its figures. */
  public NativeMemoryException(String message) {
    super(message);
  }
}
