package org.adjoint.nativelib;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.adjoint.BackendException;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.ir.Program;

/**
 * An {@code adj_program}. A run writes addresses and scalars into a block of its workspace and
 * makes one native call; it allocates nothing. Closing it takes effect when the last run has ended.
 *
 * <p>The block: the word that receives the failed instruction, then an {@code adj_binding}
 * (address, bytes) for each binding, then the scalars, then a word for each argument that is so
 * small that it lives in Java between runs.
 */
final class NativeExecutable implements Executable {
  private static final int BINDINGS = Long.BYTES;
  private static final int BINDING = 2 * Long.BYTES;

  private final NativeContext context;
  private final Workspaces workspaces;
  private final long program;
  private final Cleaner.Cleanable cleanable;

  private final long workspaceBytes;
  private final int arguments;
  private final int scalars;
  private final int scalarsOffset;
  private final int wordsOffset;
  private final int blockBytes;

  /** The runs in progress, and 1 until {@link #close}. */
  private final AtomicInteger users = new AtomicInteger(1);

  private final AtomicBoolean closed = new AtomicBoolean();

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
    long address = create(context, program);
    this.program = address;
    // The context is part of the action: it must not be destroyed before its programs.
    this.cleanable = NativeContext.CLEANER.register(this, () -> destroy(context, address));
  }

  @Override
  public void run(Storage[] storages, long[] values) {
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
    // Without the first check, runs that overlap for ever would keep a closed program alive.
    if (closed.get() || users.getAndUpdate(n -> n == 0 ? 0 : n + 1) == 0) {
      throw new IllegalStateException("run: this program is closed");
    }
    try {
      Workspaces.Workspace workspace = workspaces.take(workspaceBytes, blockBytes);
      try {
        run(workspace, storages, values);
      } finally {
        workspaces.give(workspace);
      }
    } finally {
      release();
    }
  }

  private void run(Workspaces.Workspace workspace, Storage[] storages, long[] values) {
    ByteBuffer block = workspace.block();
    long start = workspace.blockAddress();
    block.putLong(0, -1);
    bind(block, Program.WORKSPACE, workspace.address(), workspaceBytes);
    int words = 0;
    bind(block, Program.SCALARS, start + scalarsOffset, (long) scalars * Long.BYTES);
    for (int i = 0; i < storages.length; i++) {
      Storage storage = storages[i];
      long address;
      if (storage instanceof WordStorage word) {
        int at = wordsOffset + i * Long.BYTES;
        block.putLong(at, word.load());
        address = start + at;
        words++;
      } else {
        address = NativeStorage.address(storage);
      }
      bind(block, Program.ARGUMENTS + i, address, storage.bytes());
    }
    for (int i = 0; i < values.length; i++) {
      block.putLong(scalarsOffset + i * Long.BYTES, values[i]);
    }
    int status =
        Abi.adj_program_run(
            context.address(), program, start + BINDINGS, Program.ARGUMENTS + arguments, start);
    Status.checkRun(status, block.getLong(0));
    for (int i = 0; words > 0; i++) {
      if (storages[i] instanceof WordStorage word) {
        takeBack(word, block.getLong(wordsOffset + i * Long.BYTES));
        words--;
      }
    }
    Reference.reachabilityFence(storages);
    Reference.reachabilityFence(this);
  }

  /** What a run only reads, others may be reading at the same time: it is left alone. */
  private static void takeBack(WordStorage word, long now) {
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
    if (closed.compareAndSet(false, true)) {
      release();
    }
  }

  private void release() {
    if (users.decrementAndGet() == 0) {
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
            context.address(), Abi.adj_jni_address(image), image.capacity(), out);
    Reference.reachabilityFence(image);
    Status.check(status, "load program");
    return out[0];
  }

  private static void destroy(NativeContext context, long program) {
    Abi.adj_program_destroy(program);
    Reference.reachabilityFence(context);
  }
}
