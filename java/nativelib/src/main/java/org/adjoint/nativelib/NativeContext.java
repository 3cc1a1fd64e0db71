package org.adjoint.nativelib;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.file.Path;
import org.adjoint.NativeMemoryException;
import org.adjoint.internal.backend.MemoryFigures;

/**
 * An {@code adj_context}: thread pool, allocator, instruction set. It is destroyed by a {@link
 * Cleaner} when the backend and every storage and program of it are gone, since each of them refers
 * to it until it has given back its own memory.
 */
final class NativeContext {
  static final Cleaner CLEANER = Cleaner.create();

  /** As java.nio does for direct buffers: 1 + 2 + … + 256 ms. */
  private static final int RETRIES = 9;

  private final long address;

  private NativeContext(long address) {
    this.address = address;
    CLEANER.register(this, () -> Abi.adj_context_destroy(address));
  }

  /**
   * Returns a new context; {@code budget} in bytes, 0 for none. The instruction set is the
   * machine's best, or ADJOINT_ISA.
   */
  static NativeContext create(int threads, long budget) {
    long[] out = new long[1];
    Status.check(
        Abi.adj_context_create(threads, budget, null, out), "open with " + threads + " threads");
    return new NativeContext(out[0]);
  }

  /**
   * Returns the {@code adj_context*}. Whoever passes it on keeps this object reachable until the
   * call returns.
   */
  long address() {
    return address;
  }

  /** Returns the instruction set that kernels run on. */
  String isa() {
    return Abi.adj_context_isa(address);
  }

  /** Returns how many cores runs may keep busy together. */
  int threads() {
    return Abi.adj_context_threads(address);
  }

  /** Returns what the BLAS in use says of itself, "" if there is none. */
  String blas() {
    return Abi.adj_blas_config(address);
  }

  /** Opens OpenBLAS and the two libraries it needs. */
  void openBlas(Path quadmath, Path gfortran, Path openblas) {
    int status =
        Abi.adj_jni_blas_open(
            address, quadmath.toString(), gfortran.toString(), openblas.toString());
    Status.check(status, "open OpenBLAS");
  }

  /**
   * Returns a new {@code adj_buffer*}. Where there is no room, memory that is held by unreachable
   * values is drained first.
   *
   * @param idle gives back what its owner keeps for reuse
   * @throws NativeMemoryException if there is still none
   */
  long allocate(long bytes, Runnable idle) {
    long buffer = Abi.adj_jni_allocate(address, bytes);
    Reference.reachabilityFence(this);
    return buffer != 0 ? buffer : allocateAfterMakingRoom(bytes, idle);
  }

  private long allocateAfterMakingRoom(long bytes, Runnable idle) {
    long[] out = new long[1];
    int status = Abi.adj_buffer_allocate(address, bytes, out);
    for (int i = 0; status == Status.OUT_OF_MEMORY && i <= RETRIES; i++) {
      if (i == 0) {
        idle.run();
        Abi.adj_memory_trim(address);
        System.gc();
      } else if (!sleep(1L << (i - 1))) {
        break;
      }
      status = Abi.adj_buffer_allocate(address, bytes, out);
    }
    Status.check(status, "allocate " + bytes + " bytes");
    Reference.reachabilityFence(this);
    return out[0];
  }

  /** Gives back what {@link #allocate} returned. */
  void free(long buffer) {
    Abi.adj_buffer_free(address, buffer);
    Reference.reachabilityFence(this);
  }

  /** Returns the allocator's figures. */
  MemoryFigures memory() {
    long[] figures = new long[5];
    Status.check(Abi.adj_memory_report(address, figures), "memory report");
    Reference.reachabilityFence(this);
    return new MemoryFigures(figures[0], figures[1], figures[2], figures[3], figures[4]);
  }

  /** Returns false if the thread was interrupted, which stays noted. */
  private static boolean sleep(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
