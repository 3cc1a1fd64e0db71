package org.adjoint.benchmarks.overhead;

import java.nio.Buffer;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicLong;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.BackendProvider;
import org.adjoint.internal.backend.BoundRun;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.backend.MemoryFigures;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.ir.Program;
import org.adjoint.internal.ir.Timing;

/**
 * The native backend under the name {@value #NAME}, with a clock around every run of a program, so
 * that a step's time splits into what the program takes and what Java takes around it. It is only
 * used where it is named.
 */
public final class TimedProvider implements BackendProvider {
  static final String NAME = "timed";

  /** The nanoseconds that runs have taken on all threads. */
  static final AtomicLong NANOS = new AtomicLong();

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int priority() {
    return Integer.MIN_VALUE;
  }

  @Override
  public Backend open(int threads) {
    for (BackendProvider provider : ServiceLoader.load(BackendProvider.class)) {
      if (provider.name().equals("native")) {
        return new Timed(provider.open(threads));
      }
    }
    throw new IllegalStateException("timed: there is no native backend on the class path");
  }

  private record Timed(Backend backend) implements Backend {
    @Override
    public String name() {
      return NAME;
    }

    @Override
    public String description() {
      return backend.description();
    }

    @Override
    public boolean supports(String kernel) {
      return backend.supports(kernel);
    }

    @Override
    public Storage allocate(long bytes) {
      return backend.allocate(bytes);
    }

    @Override
    public Storage wrap(Buffer direct) {
      return backend.wrap(direct);
    }

    @Override
    public Executable load(Program program) {
      return new TimedExecutable(backend.load(program));
    }

    @Override
    public MemoryFigures memory() {
      return backend.memory();
    }
  }

  private record TimedExecutable(Executable executable) implements Executable {
    @Override
    public void run(Storage[] arguments, long[] scalars) {
      long from = System.nanoTime();
      executable.run(arguments, scalars);
      NANOS.addAndGet(System.nanoTime() - from);
    }

    @Override
    public List<Timing> runTimed(Storage[] arguments, long[] scalars) {
      return executable.runTimed(arguments, scalars);
    }

    @Override
    public BoundRun bind(Storage[] arguments, int[] open, long[] scalars, int[] live) {
      BoundRun bound = executable.bind(arguments, open, scalars, live);
      return (storages, words) -> {
        long from = System.nanoTime();
        bound.run(storages, words);
        NANOS.addAndGet(System.nanoTime() - from);
      };
    }

    @Override
    public void close() {
      executable.close();
    }
  }
}
