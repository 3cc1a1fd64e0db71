package org.adjoint.internal.backend;

/**
 * A program with most of what a run takes given once, by {@link Executable#bind}: a run brings only
 * what was left open. Immutable and safe for concurrent runs. It keeps what is bound reachable;
 * whoever bound it keeps it pinned or owned during each run.
 *
 * <p>Serves the compiled row 784-256-128-10 of {@code Overhead}: when this interface came, Java
 * took 2.9 µs instead of 5.3, on a loaded machine.
 */
@FunctionalInterface
public interface BoundRun {
  /**
   * Runs the program to its end.
   *
   * @param open the storages of the arguments that were left open, each at least of the planned
   *     size and pinned by the caller
   * @param live the raw words of the scalars that were left open
   * @throws KernelException if an instruction fails
   */
  void run(Storage[] open, long[] live);
}
