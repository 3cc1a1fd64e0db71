package org.adjoint.internal.backend;

import java.util.List;
import org.adjoint.internal.ir.Timing;

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

  /**
   * Runs the program as {@link #run} does, with the same results, and returns what each instruction
   * took: those of {@code Program.flat}, in that order.
   *
   * @param arguments as {@link #run} takes them
   * @param scalars as {@link #run} takes them
   * @throws KernelException if an instruction fails
   */
  List<Timing> runTimed(Storage[] arguments, long[] scalars);

  /**
   * Returns the bytes that a run takes beside its workspace while it lasts: what kernels need for
   * themselves. They count against the budget.
   */
  default long scratchBytes() {
    return 0;
  }

  /**
   * Returns this program bound to what stays from run to run, so that those runs need not look at
   * it. A backend that gains nothing by that may leave it as it is here.
   *
   * @param arguments one storage an argument; those of open ones are not looked at
   * @param open which arguments each run brings
   * @param scalars one raw word a scalar; those of live ones are not looked at
   * @param live which scalars each run brings
   */
  default BoundRun bind(Storage[] arguments, int[] open, long[] scalars, int[] live) {
    Storage[] bound = arguments.clone();
    long[] words = scalars.clone();
    return (storages, values) -> {
      Storage[] all = bound.clone();
      long[] now = words.clone();
      for (int i = 0; i < open.length; i++) {
        all[open[i]] = storages[i];
      }
      for (int i = 0; i < live.length; i++) {
        now[live[i]] = values[i];
      }
      run(all, now);
    };
  }

  /** Frees the program once no run uses it. */
  @Override
  void close();
}
