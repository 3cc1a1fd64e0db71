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
   * Checks the options that the user gave for this backend, such as system properties. A wrong one
   * is an error: no other backend is taken in its place.
   *
   * @throws org.adjoint.BackendException naming the option and its value
   */
  default void checkOptions() {}

  /**
   * Opens the backend.
   *
   * @param threads how many cores it may keep busy, callers included; ≥ 1
   * @throws org.adjoint.BackendException saying why it cannot be used here
   */
  Backend open(int threads);
}
