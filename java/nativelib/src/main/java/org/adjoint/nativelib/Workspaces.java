package org.adjoint.nativelib;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;

/**
 * The scratch memory of a context's runs, shared by all its programs. There are at most as many as
 * the context has threads, handed out first come, first served: any number of callers cost no more
 * memory than that. Idle ones are kept, the best fit is taken, and one that stays far too big for
 * what it is used for is given back.
 */
final class Workspaces {
  /** After so many runs of one workspace, its size is held against the largest need among them. */
  private static final int REVIEW = 256;

  private static final long LINE = 64;
  private static final Object NOBODY = new Object();

  private final NativeContext context;
  private final Semaphore permits;

  /** Those that no run has; guarded by itself. */
  private final List<Workspace> idle = new ArrayList<>();

  Workspaces(NativeContext context, int threads) {
    this.context = context;
    this.permits = new Semaphore(threads, true);
  }

  /** One run's memory: the planned scratch area, and a block for what the call itself needs. */
  static final class Workspace {
    private long buffer;
    private long address;
    private long bytes;
    private long largestNeed;
    private int runs;
    private ByteBuffer block = ByteBuffer.allocateDirect(0);
    private long blockAddress;

    /** Whose bindings the block holds; {@link #NOBODY} once the memory has moved. */
    private Object holder = NOBODY;

    private Workspace() {}

    /** Returns where the scratch area starts, 0 if the program needs none. */
    long address() {
      return address;
    }

    /** Returns the size of the scratch area. */
    long bytes() {
      return bytes;
    }

    /** Returns whether the block still holds what somebody wrote into it before. */
    boolean holds(Object holder) {
      return this.holder == holder;
    }

    /**
     * States that somebody has written all that he comes back for.
     *
     * @param holder an object that the workspace keeps reachable
     */
    void hold(Object holder) {
      this.holder = holder;
    }

    /** States that the block is overwritten by somebody who does not come back for it. */
    void forget() {
      holder = NOBODY;
    }

    /** Returns the block, whose contents are undefined but for what it {@link #holds}. */
    ByteBuffer block() {
      return block;
    }

    /** Returns the block's address. */
    long blockAddress() {
      return blockAddress;
    }
  }

  /**
   * Takes a workspace, waiting for one if all are in use.
   *
   * @throws org.adjoint.NativeMemoryException if it must grow and there is no room
   */
  Workspace take(long bytes, int blockBytes) {
    permits.acquireUninterruptibly();
    Workspace workspace = null;
    try {
      workspace = bestFit(bytes);
      grow(workspace, bytes, blockBytes);
      return workspace;
    } catch (Throwable e) {
      if (workspace != null) {
        give(workspace);
      } else {
        permits.release();
      }
      throw e;
    }
  }

  /** Gives a workspace back. */
  void give(Workspace workspace) {
    if (++workspace.runs >= REVIEW) {
      if (workspace.largestNeed < workspace.bytes / 4) {
        drop(workspace);
      }
      workspace.runs = 0;
      workspace.largestNeed = 0;
    }
    synchronized (idle) {
      idle.add(workspace);
    }
    permits.release();
  }

  /** Frees the scratch areas of idle workspaces. */
  void releaseIdle() {
    synchronized (idle) {
      idle.forEach(this::drop);
    }
  }

  /**
   * Returns the bytes of idle workspaces and how many there are: memory kept for reuse, not held by
   * anyone.
   */
  Idle idle() {
    synchronized (idle) {
      long bytes = 0;
      long buffers = 0;
      for (Workspace w : idle) {
        bytes += w.bytes;
        buffers += w.buffer == 0 ? 0 : 1;
      }
      return new Idle(bytes, buffers);
    }
  }

  /** What idle workspaces hold. */
  record Idle(long bytes, long buffers) {}

  /**
   * Removes the smallest idle workspace that is large enough, else the largest, else makes an empty
   * one.
   */
  private Workspace bestFit(long bytes) {
    synchronized (idle) {
      int best = -1;
      for (int i = 0; i < idle.size(); i++) {
        if (best < 0 || fitsBetter(idle.get(i).bytes, idle.get(best).bytes, bytes)) {
          best = i;
        }
      }
      return best < 0 ? new Workspace() : idle.remove(best);
    }
  }

  private static boolean fitsBetter(long candidate, long best, long needed) {
    return candidate >= needed ? best < needed || candidate < best : candidate > best;
  }

  private void grow(Workspace w, long bytes, int blockBytes) {
    w.largestNeed = Math.max(w.largestNeed, bytes);
    if (w.bytes < bytes) {
      drop(w);
      // In whole cache lines, as the allocator counts them.
      long lines = Math.addExact(bytes, LINE - 1) / LINE * LINE;
      long buffer = context.allocate(lines, this::releaseIdle);
      w.forget();
      w.buffer = buffer;
      w.address = context.bufferAddress(buffer);
      w.bytes = lines;
    }
    if (w.block.capacity() < blockBytes) {
      int capacity = Math.max(1024, Math.multiplyExact(blockBytes, 2));
      w.forget();
      w.block = ByteBuffer.allocateDirect(capacity).order(ByteOrder.nativeOrder());
      w.blockAddress = Abi.adj_jni_address(w.block);
    }
  }

  private void drop(Workspace w) {
    if (w.buffer != 0) {
      long buffer = w.buffer;
      w.forget();
      w.buffer = 0;
      w.address = 0;
      w.bytes = 0;
      context.free(buffer);
    }
  }
}
