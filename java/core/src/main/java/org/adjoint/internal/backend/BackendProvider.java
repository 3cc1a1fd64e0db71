package org.adjoint.internal.backend;

/**
 * How {@link java.util.ServiceLoader} finds a backend. Cheap to make: nothing is loaded before
 * {@link #open}.
 */
public interface BackendProvider {
  /** Returns the name it is chosen by, such as {@code native}. */
  String name();

  /**
   * Returns its place when none is named: the highest that opens is taken. The reference backend
   * has 0.
   */
  int priority();

  /**
   * Opens the backend.
   *
   * @param threads how many cores it may keep busy, callers included; ≥ 1
   * @throws org.adjoint.BackendException saying why it cannot be used here
   */
  Backend open(int threads);
}
