package org.adjoint.nativelib;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.adjoint.BackendException;
import org.adjoint.internal.backend.BoundRun;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.backend.Reaper;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.ir.Program;
import org.adjoint.internal.ir.Timing;

/**
 * An {@code adj_program}. A run writes addresses and scalars into a block of its workspace and
 * makes one native call; it allocates nothing. Closing it takes effect when the last run has ended.
 *
 * <p>The block: the word that receives the failed instruction, then an {@code adj_binding}
 * (address, bytes) for each binding, then the scalars, then a word for each argument that is so
 * small that it lives in Java between runs. The run carries all that is behind the bindings: a GPU
 * copies it to its own memory and back.
 */
final class NativeExecutable implements Executable {
  private static final int BINDINGS = Long.BYTES;
  private static final int BINDING = 2 * Long.BYTES;

  /** An {@code adj_timing}. */
  private static final int TIMING = 3 * Long.BYTES;

  // Fields and not objects: each would be one more thing that the program before has pushed out of
  // the caches.
  private static final AtomicIntegerFieldUpdater<NativeExecutable> USERS =
      AtomicIntegerFieldUpdater.newUpdater(NativeExecutable.class, "users");
  private static final AtomicIntegerFieldUpdater<NativeExecutable> CLOSED =
      AtomicIntegerFieldUpdater.newUpdater(NativeExecutable.class, "closed");

  private final NativeContext context;
  private final Workspaces workspaces;
  private final long program;
  private final Cleaner.Cleanable cleanable;

  private final long workspaceBytes;
  private final int arguments;
  private final int scalars;
  private final int scalarsOffset;
  private final int wordsOffset;
  private final int carriedBytes;
  private final int blockBytes;

  /** How many timings a timed run gives. */
  private final int timings;

  /** The runs in progress, and 1 until {@link #close}. */
  private volatile int users = 1;

  private volatile int closed;

  NativeExecutable(NativeContext context, Workspaces workspaces, Program program) {
    this.context = context;
    this.workspaces = workspaces;
    this.workspaceBytes = program.workspaceBytes();
    this.arguments = program.argumentBytes().length;
    this.scalars = program.scalars().size();
    this.scalarsOffset =
        Math.addExact(BINDINGS, Math.multiplyExact(Program.ARGUMENTS + arguments, BINDING));
    this.wordsOffset = Math.addExact(scalarsOffset, Math.multiplyExact(scalars, Long.BYTES));
    this.blockBytes = Math.addExact(wordsOffset, Math.multiplyExact(arguments, Long.BYTES));
    this.carriedBytes = blockBytes - scalarsOffset;
    this.timings = program.flat().size();
    long address = create(context, program);
    this.program = address;
    // The context is part of the action: it must not be destroyed before its programs.
    this.cleanable = Reaper.register(this, () -> destroy(context, address));
  }

  @Override
  public void run(Storage[] storages, long[] values) {
    run(storages, 0, values);
  }

  @Override
  public List<Timing> runTimed(Storage[] storages, long[] values) {
    ByteBuffer taken =
        ByteBuffer.allocateDirect(Math.multiplyExact(timings, TIMING))
            .order(ByteOrder.nativeOrder());
    run(storages, Abi.adj_jni_address(taken), values);
    List<Timing> all = new ArrayList<>(timings);
    for (int at = 0; at < taken.capacity(); at += TIMING) {
      long nanoseconds = taken.getLong(at);
      long runs = taken.getLong(at + Long.BYTES);
      all.add(new Timing(nanoseconds, runs, (int) taken.getLong(at + 2 * Long.BYTES)));
    }
    return all;
  }

  /** Runs; {@code timed} is where timings go, 0 for a run that is not timed. */
  private void run(Storage[] storages, long timed, long... values) {
    if (storages.length != arguments || values.length != scalars) {
      throw new IllegalArgumentException(
          "run: the program takes "
              + arguments
              + " arguments and "
              + scalars
              + " scalars, got "
              + storages.length
              + " and "
              + values.length);
    }
    Workspaces.Workspace workspace = start();
    try {
      run(workspace, storages, timed, values);
    } finally {
      stop(workspace);
    }
  }

  @Override
  public BoundRun bind(Storage[] storages, int[] open, long[] values, int[] live) {
    return new NativeBoundRun(this, storages, open, values, live);
  }

  /** Starts a run: the program stays until {@link #stop}. */
  Workspaces.Workspace start() {
    // Without the first check, runs that overlap for ever would keep a closed program alive.
    if (closed != 0 || USERS.getAndUpdate(this, n -> n == 0 ? 0 : n + 1) == 0) {
      throw new IllegalStateException("run: this program is closed");
    }
    try {
      return workspaces.take(workspaceBytes, blockBytes);
    } catch (Throwable e) {
      release();
      throw e;
    }
  }

  /** Ends a run. */
  void stop(Workspaces.Workspace workspace) {
    try {
      workspaces.give(workspace);
    } finally {
      release();
    }
  }

  private void run(Workspaces.Workspace workspace, Storage[] storages, long timed, long... values) {
    workspace.forget();
    ByteBuffer block = workspace.block();
    prepare(workspace);
    int words = 0;
    for (int i = 0; i < storages.length; i++) {
      bind(workspace, i, storages[i]);
      words += storages[i] instanceof WordStorage ? 1 : 0;
    }
    for (int i = 0; i < values.length; i++) {
      scalar(block, i, values[i]);
    }
    call(workspace, timed);
    for (int i = 0; words > 0; i++) {
      if (storages[i] instanceof WordStorage word) {
        takeBack(block, i, word);
        words--;
      }
    }
    Reference.reachabilityFence(storages);
  }

  /** Binds what belongs to the workspace. */
  void prepare(Workspaces.Workspace workspace) {
    ByteBuffer block = workspace.block();
    long values = workspace.blockAddress() + scalarsOffset;
    bind(block, Program.WORKSPACE, workspace.address(), workspaceBytes);
    bind(block, Program.SCALARS, values, (long) scalars * Long.BYTES);
  }

  /** Binds an argument; a word is carried into the block. */
  void bind(Workspaces.Workspace workspace, int argument, Storage storage) {
    long address;
    if (storage instanceof WordStorage word) {
      address = workspace.blockAddress() + wordsOffset + (long) argument * Long.BYTES;
      carry(workspace.block(), argument, word);
    } else {
      address = context.addressOf(storage);
    }
    bind(workspace.block(), Program.ARGUMENTS + argument, address, storage.bytes());
  }

  /** Writes the value of an argument that lives in Java. */
  void carry(ByteBuffer block, int argument, WordStorage word) {
    block.putLong(wordsOffset + argument * Long.BYTES, word.load());
  }

  /** Writes a scalar. */
  void scalar(ByteBuffer block, int scalar, long value) {
    block.putLong(scalarsOffset + scalar * Long.BYTES, value);
  }

  /** Runs on what the block holds. */
  void call(Workspaces.Workspace workspace) {
    call(workspace, 0);
  }

  private void call(Workspaces.Workspace workspace, long timed) {
    ByteBuffer block = workspace.block();
    long start = workspace.blockAddress();
    int status = attempt(block, start, timed);
    if (status == Status.OUT_OF_MEMORY && block.getLong(0) < 0) {
      // Nothing has run: there was no room for the kernels' scratch.
      status = context.afterMakingRoom(() -> attempt(block, start, timed), workspaces::releaseIdle);
    }
    Status.checkRun(context.api(), status, block.getLong(0));
    Reference.reachabilityFence(this);
  }

  private int attempt(ByteBuffer block, long start, long timed) {
    block.putLong(0, -1);
    long bindings = start + BINDINGS;
    int count = Program.ARGUMENTS + arguments;
    if (timed == 0) {
      return Abi.adj_program_run(
          context.api(), context.address(), program, bindings, count, carriedBytes, start);
    }
    return Abi.adj_program_run_timed(
        context.api(),
        context.address(),
        program,
        bindings,
        count,
        carriedBytes,
        timed,
        timings,
        start);
  }

  @Override
  public long scratchBytes() {
    long[] bytes = new long[1];
    int status = Abi.adj_program_scratch(context.api(), program, bytes);
    Status.check(context.api(), status, "scratch of a program");
    Reference.reachabilityFence(this);
    return bytes[0];
  }

  /** What a run only reads, others may be reading at the same time: it is left alone. */
  void takeBack(ByteBuffer block, int argument, WordStorage word) {
    long now = block.getLong(wordsOffset + argument * Long.BYTES);
    if (word.load() != now) {
      word.store(now);
    }
  }

  private static void bind(ByteBuffer block, int binding, long address, long bytes) {
    int at = BINDINGS + binding * BINDING;
    block.putLong(at, address);
    block.putLong(at + Long.BYTES, bytes);
  }

  @Override
  public void close() {
    if (CLOSED.compareAndSet(this, 0, 1)) {
      release();
    }
  }

  private void release() {
    if (USERS.decrementAndGet(this) == 0) {
      cleanable.clean();
    }
  }

  private static long create(NativeContext context, Program program) {
    ByteBuffer image;
    try {
      image = ProgramImage.of(program);
    } catch (ArithmeticException | IllegalArgumentException e) {
      throw new BackendException("native backend: program image: " + e.getMessage(), e);
    }
    long[] out = new long[1];
    int status =
        Abi.adj_program_create(
            context.api(), context.address(), Abi.adj_jni_address(image), image.capacity(), out);
    Reference.reachabilityFence(image);
    Status.check(context.api(), status, "load program");
    return out[0];
  }

  private static void destroy(NativeContext context, long program) {
    Abi.adj_program_destroy(context.api(), program);
    Reference.reachabilityFence(context);
  }
}
