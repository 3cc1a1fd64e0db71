package org.adjoint.internal.backend;

import java.nio.Buffer;
import org.adjoint.internal.ir.Program;

/**
 * Something that owns memory and runs programs. Stateless towards its callers: any number of
 * threads may use it at once. Backends whose memory is the host's may be handed each other's
 * storages; one with a memory of its own takes its own alone, and those of at most eight bytes.
 */
public interface Backend {
  /** Returns the name it is chosen by, such as {@code native}. */
  String name();

  /** Returns one line for people: instruction set, threads, libraries in use. */
  String description();

  /**
   * Returns whether programs may call the kernel of this name. What it lacks is expanded into what
   * it has.
   */
  boolean supports(String kernel);

  /**
   * Returns fresh memory of {@code bytes} ≥ 0 with undefined contents.
   *
   * @throws org.adjoint.NativeMemoryException if there is no room
   */
  Storage allocate(long bytes);

  /**
   * Returns a storage that reads a direct buffer of native byte order, from its position to its
   * limit: in place, or where that cannot be, as it is now.
   */
  Storage wrap(Buffer direct);

  /** Returns the program, validated and ready to run. */
  Executable load(Program program);

  /** Returns the memory figures of this moment. */
  MemoryFigures memory();

  /**
   * Gives memory that is kept for reuse back to the system. A backend that keeps none does nothing.
   */
  default void trim() {}
}
