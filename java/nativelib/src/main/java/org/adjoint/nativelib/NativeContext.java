package org.adjoint.nativelib;

import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.adjoint.NativeMemoryException;
import org.adjoint.internal.backend.MemoryFigures;
import org.adjoint.internal.backend.Reaper;
import org.adjoint.internal.backend.Storage;

/**
 * An {@code adj_context}: thread pool, allocator, instruction set. It is destroyed by the {@link
 * Reaper} when the backend and every storage and program of it are gone, since each of them refers
 * to it until it has given back its own memory.
 */
final class NativeContext {
  /** As java.nio does for direct buffers: 1 + 2 + … + 256 ms. */
  private static final int RETRIES = 9;

  private final long api;
  private final long address;
  private final boolean onHost;

  private NativeContext(long api, long address) {
    this.api = api;
    this.address = address;
    this.onHost = Abi.adj_memory_on_host(api, address) != 0;
    Reaper.register(this, () -> Abi.adj_context_destroy(api, address));
  }

  /**
   * Returns a new context of a library; {@code budget} in bytes, 0 for none. The instruction set is
   * the machine's best, or ADJOINT_ISA.
   *
   * @param api the library's table, as {@link NativeLibrary#load} gives it
   */
  static NativeContext create(long api, int threads, long budget) {
    long[] out = new long[1];
    Status.check(
        api,
        Abi.adj_context_create(api, threads, budget, null, out),
        "open with " + threads + " threads");
    return new NativeContext(api, out[0]);
  }

  /** Returns the library's {@code adj_api*}, the first argument of each of {@link Abi}'s calls. */
  long api() {
    return api;
  }

  /**
   * Returns the {@code adj_context*}. Whoever passes it on keeps this object reachable until the
   * call returns.
   */
  long address() {
    return address;
  }

  /** Returns whether the host reads and writes the memory of this context in place. */
  boolean isOnHost() {
    return onHost;
  }

  /**
   * Copies bytes between addresses, each of the host or of this context's memory. Whoever owns the
   * memory keeps it reachable until the call returns.
   */
  void copy(long to, long from, long bytes) {
    Status.check(
        api, Abi.adj_memory_copy(api, address, to, from, bytes), "copy " + bytes + " bytes");
    Reference.reachabilityFence(this);
  }

  /**
   * Returns the address of a storage's memory as programs of this context find it; its owner keeps
   * it open and reachable meanwhile.
   *
   * @throws org.adjoint.BackendException if they cannot reach it
   */
  long addressOf(Storage storage) {
    return onHost ? NativeStorage.address(storage) : DeviceStorage.address(storage, this);
  }

  /** Returns the instruction set or the device that kernels run on. */
  String isa() {
    return Abi.adj_context_isa(api, address);
  }

  /** Returns how many cores runs may keep busy together. */
  int threads() {
    return Abi.adj_context_threads(api, address);
  }

  /** Returns whether any product on this instruction set would go to OpenBLAS, were it open. */
  boolean usesBlas() {
    return Abi.adj_blas_serves(api, address) != 0;
  }

  /** Returns what the BLAS in use says of itself, "" if there is none. */
  String blas() {
    return Abi.adj_blas_config(api, address);
  }

  /** Opens OpenBLAS and the two libraries it needs. */
  void openBlas(Path quadmath, Path gfortran, Path openblas) {
    int status =
        Abi.adj_jni_blas_open(
            api, address, quadmath.toString(), gfortran.toString(), openblas.toString());
    Status.check(api, status, "open OpenBLAS");
  }

  /**
   * Returns a new {@code adj_buffer*}. Where there is no room, memory that is held by unreachable
   * values is drained first.
   *
   * @param idle gives back what its owner keeps for reuse
   * @throws NativeMemoryException if there is still none
   */
  long allocate(long bytes, Runnable idle) {
    long buffer = Abi.adj_jni_allocate(api, address, bytes);
    Reference.reachabilityFence(this);
    return buffer != 0 ? buffer : allocateAfterMakingRoom(bytes, idle);
  }

  private long allocateAfterMakingRoom(long bytes, Runnable idle) {
    long[] out = new long[1];
    int status = afterMakingRoom(() -> Abi.adj_buffer_allocate(api, address, bytes, out), idle);
    Status.check(api, status, "allocate " + bytes + " bytes");
    Reference.reachabilityFence(this);
    return out[0];
  }

  /**
   * Returns the status of an attempt that may find no room: then memory that is held by unreachable
   * values is drained, and it is tried again.
   *
   * @param idle gives back what its owner keeps for reuse
   */
  int afterMakingRoom(IntSupplier attempt, Runnable idle) {
    int status = attempt.getAsInt();
    boolean interrupted = false;
    for (int i = 0; status == Status.OUT_OF_MEMORY && i <= RETRIES; i++) {
      if (i == 0) {
        idle.run();
        trim();
        System.gc();
      } else {
        interrupted |= sleep(1L << (i - 1));
      }
      Reaper.drain();
      status = attempt.getAsInt();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return status;
  }

  /** Gives freed memory that is kept for reuse back to the system. */
  void trim() {
    Status.check(api, Abi.adj_memory_trim(api, address), "trim");
    Reference.reachabilityFence(this);
  }

  /** Returns the address of what {@link #allocate} returned. */
  long bufferAddress(long buffer) {
    return Abi.adj_buffer_address(api, buffer);
  }

  /** Gives back what {@link #allocate} returned. */
  void free(long buffer) {
    Abi.adj_buffer_free(api, address, buffer);
    Reference.reachabilityFence(this);
  }

  /** Returns the names of the library's kernels. */
  Set<String> kernels() {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < Abi.adj_kernel_count(api); i++) {
      names.add(Abi.adj_kernel_name(api, i));
    }
    return Set.copyOf(names);
  }

  /** Returns the allocator's figures. */
  MemoryFigures memory() {
    Reaper.drain();
    long[] figures = new long[5];
    Status.check(api, Abi.adj_memory_report(api, address, figures), "memory report");
    Reference.reachabilityFence(this);
    return new MemoryFigures(figures[0], figures[1], figures[2], figures[3], figures[4]);
  }

  /** Sleeps to the end and returns whether the thread was interrupted, which is noted no more. */
  private static boolean sleep(long milliseconds) {
    boolean interrupted = false;
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds);
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      try {
        TimeUnit.NANOSECONDS.sleep(left);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    return interrupted;
  }
}
