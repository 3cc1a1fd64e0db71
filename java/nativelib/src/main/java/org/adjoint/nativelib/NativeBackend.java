package org.adjoint.nativelib;

import java.nio.Buffer;
import java.util.Set;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.backend.Flight;
import org.adjoint.internal.backend.MemoryFigures;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.ir.Program;

/**
 * The kernels of one of the libraries of native/src, on the CPU or on a GPU, behind the interface
 * that core knows.
 */
final class NativeBackend implements Backend {
  private final String name;
  private final NativeContext context;
  private final Workspaces workspaces;
  private final Set<String> kernels;
  private final String description;

  NativeBackend(String name, NativeContext context) {
    this.name = name;
    this.context = context;
    this.workspaces = new Workspaces(context, context.threads());
    this.kernels = context.kernels();
    this.description = describe(name, context);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public boolean supports(String kernel) {
    return kernels.contains(kernel);
  }

  @Override
  public Storage allocate(long bytes) {
    if (bytes >= 0 && bytes <= WordStorage.MOST_BYTES) {
      return new WordStorage((int) bytes);
    }
    Storage storage =
        context.isOnHost()
            ? NativeStorage.allocate(context, bytes, workspaces::releaseIdle)
            : DeviceStorage.allocate(context, bytes, workspaces::releaseIdle);
    Flight.allocated(bytes);
    return storage;
  }

  @Override
  public Storage wrap(Buffer direct) {
    return context.isOnHost()
        ? NativeStorage.wrap(direct)
        : DeviceStorage.copyOf(direct, context, workspaces::releaseIdle);
  }

  @Override
  public Executable load(Program program) {
    return new NativeExecutable(context, workspaces, program);
  }

  /**
   * Idle workspaces count as pooled: nobody holds them, and they are given back when memory is
   * short.
   */
  @Override
  public MemoryFigures memory() {
    MemoryFigures all = context.memory();
    Workspaces.Idle idle = workspaces.idle();
    return new MemoryFigures(
        all.budget(),
        all.outstanding() - idle.bytes(),
        all.pooled() + idle.bytes(),
        all.peak(),
        all.buffers() - idle.buffers());
  }

  @Override
  public void trim() {
    workspaces.releaseIdle();
    context.trim();
  }

  private static String describe(String name, NativeContext context) {
    int threads = context.threads();
    String blas = context.blas();
    return name
        + ": "
        + context.isa()
        + (threads == 1 ? ", 1 thread, " : ", " + threads + " threads, ")
        + (blas.isEmpty() ? "own matmul" : blas);
  }
}
