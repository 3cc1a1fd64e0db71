package org.adjoint.internal.backend;

/** A program that a backend has validated. Immutable and safe for concurrent runs. */
public interface Executable extends AutoCloseable {
  /**
   * Runs the program to its end.
   *
   * @param arguments one storage an argument, each at least of the planned size and pinned by the
   *     caller
   * @param scalars one raw word a scalar: the bits of the value in its own type, in the low bytes
   * @throws KernelException if an instruction fails
   */
  void run(Storage[] arguments, long[] scalars);

  /** Frees the program once no run uses it. */
  @Override
  void close();
}
