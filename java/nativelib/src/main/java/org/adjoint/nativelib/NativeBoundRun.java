package org.adjoint.nativelib;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.stream.IntStream;
import org.adjoint.internal.backend.BoundRun;
import org.adjoint.internal.backend.Storage;

/**
 * A program whose arguments and scalars were written into a workspace's block by an earlier run:
 * where that block still holds them, a run writes what is open and the values that live in Java,
 * and looks at nothing else. Another run in between has overwritten them, so they are written anew.
 */
final class NativeBoundRun implements BoundRun {
  private final NativeExecutable executable;
  private final Storage[] storages;
  private final int[] open;
  private final long[] scalars;
  private final int[] live;

  /** The bound arguments that live in Java, and their numbers. */
  private final WordStorage[] words;

  private final int[] wordNumbers;

  /**
   * What a workspace remembers of this: not the object itself, or an idle workspace would keep all
   * memory that is bound.
   */
  private final Object mark = new Object();

  NativeBoundRun(
      NativeExecutable executable, Storage[] storages, int[] open, long[] scalars, int[] live) {
    this.executable = executable;
    this.storages = storages.clone();
    this.open = open;
    this.scalars = scalars.clone();
    this.live = live;
    for (int at : open) {
      this.storages[at] = null;
    }
    this.wordNumbers =
        IntStream.range(0, storages.length)
            .filter(i -> this.storages[i] instanceof WordStorage)
            .toArray();
    this.words = new WordStorage[wordNumbers.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = (WordStorage) storages[wordNumbers[i]];
    }
  }

  @Override
  public void run(Storage[] now, long[] values) {
    if (now.length != open.length || values.length != live.length) {
      throw new IllegalArgumentException(
          "run: "
              + open.length
              + " arguments and "
              + live.length
              + " scalars are open, got "
              + now.length
              + " and "
              + values.length);
    }
    Workspaces.Workspace workspace = executable.start();
    try {
      run(workspace, now, values);
    } finally {
      executable.stop(workspace);
    }
  }

  private void run(Workspaces.Workspace workspace, Storage[] now, long... values) {
    ByteBuffer block = workspace.block();
    if (workspace.holds(mark)) {
      for (int i = 0; i < words.length; i++) {
        executable.carry(block, wordNumbers[i], words[i]);
      }
    } else {
      workspace.forget(); // until all is written: what throws on the way leaves half a block
      writeAll(workspace);
      workspace.hold(mark);
    }
    for (int i = 0; i < open.length; i++) {
      executable.bind(workspace, open[i], now[i]);
    }
    for (int i = 0; i < live.length; i++) {
      executable.scalar(block, live[i], values[i]);
    }
    executable.call(workspace);
    for (int i = 0; i < words.length; i++) {
      executable.takeBack(block, wordNumbers[i], words[i]);
    }
    for (int i = 0; i < open.length; i++) {
      if (now[i] instanceof WordStorage word) {
        executable.takeBack(block, open[i], word);
      }
    }
    Reference.reachabilityFence(now);
    Reference.reachabilityFence(this);
  }

  private void writeAll(Workspaces.Workspace workspace) {
    executable.prepare(workspace);
    for (int i = 0; i < storages.length; i++) {
      if (storages[i] != null) {
        executable.bind(workspace, i, storages[i]);
      }
    }
    for (int i = 0; i < scalars.length; i++) {
      executable.scalar(workspace.block(), i, scalars[i]);
    }
  }
}
