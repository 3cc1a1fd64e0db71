package org.adjoint;

import org.adjoint.internal.backend.MemoryFigures;
import org.adjoint.internal.run.Backends;

/** What off-heap memory the backend in use holds. */
public final class Memory {
  private Memory() {}

  /**
   * The figures of one moment, in bytes.
   *
   * @param budget the most that may be outstanding, 0 for no limit
   * @param outstanding held by values and workspaces, and by kernels' scratch while programs run
   * @param pooled freed and kept for reuse
   * @param peak the highest {@code outstanding} so far
   * @param buffers how many blocks are outstanding
   */
  public record Report(long budget, long outstanding, long pooled, long peak, long buffers) {}

  /** Returns the figures of this moment. */
  public static Report report() {
    MemoryFigures f = Backends.current().memory();
    return new Report(f.budget(), f.outstanding(), f.pooled(), f.peak(), f.buffers());
  }

  /**
   * Gives what is pooled back to the system: freed memory that was kept for reuse, workspaces that
   * no run has, and what the C library keeps of both. What is held stays. Worth its milliseconds
   * after work that took much more than what follows; the pool by itself follows what is held of
   * late.
   */
  public static void trim() {
    Backends.current().trim();
  }
}
