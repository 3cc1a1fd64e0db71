package org.adjoint.internal.reference;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.adjoint.NativeMemoryException;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.backend.Flight;
import org.adjoint.internal.backend.MemoryFigures;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.ir.Loop;
import org.adjoint.internal.ir.Program;

/**
 * The meaning of every kernel in plain Java, on direct buffers: what other backends are measured
 * against, and what runs where none of them loads. It computes in double and rounds once; it is
 * single-threaded and refuses to be fast.
 */
final class ReferenceBackend implements Backend {
  private final AtomicLong outstanding = new AtomicLong();
  private final AtomicLong peak = new AtomicLong();
  private final AtomicLong buffers = new AtomicLong();

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public String description() {
    return "reference: plain Java, one thread";
  }

  @Override
  public boolean supports(String kernel) {
    return ReferenceKernels.has(kernel) || kernel.equals(Loop.KERNEL.name());
  }

  @Override
  public Storage allocate(long bytes) {
    if (bytes > Integer.MAX_VALUE - 8) {
      throw new NativeMemoryException(
          "reference backend: a value of "
              + bytes
              + " bytes is larger than its limit of 2 GiB; use the native backend");
    }
    ByteBuffer memory;
    try {
      memory = ByteBuffer.allocateDirect((int) bytes);
    } catch (OutOfMemoryError e) {
      throw new NativeMemoryException(
          "reference backend: no room for "
              + bytes
              + " bytes beside "
              + outstanding.get()
              + " in use; raise"
              + " -XX:MaxDirectMemorySize");
    }
    Flight.allocated(bytes);
    long now = outstanding.addAndGet(bytes);
    peak.accumulateAndGet(now, Math::max);
    buffers.incrementAndGet();
    return new BufferStorage(
        memory,
        () -> {
          outstanding.addAndGet(-bytes);
          buffers.decrementAndGet();
        });
  }

  @Override
  public Storage wrap(Buffer direct) {
    return new WrappedStorage(direct);
  }

  @Override
  public Executable load(Program program) {
    return new ReferenceExecutable(this, program);
  }

  @Override
  public MemoryFigures memory() {
    return new MemoryFigures(0, outstanding.get(), 0, peak.get(), buffers.get());
  }
}
