package org.adjoint.internal.backend;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.function.Consumer;

/**
 * A block of memory, off the heap but for a few bytes, that holds one value. It is freed once: by
 * {@link #close}, or by the {@link Reaper} when nothing refers to it any more. A run pins what it
 * reads and owns what it overwrites; closing a storage meanwhile takes effect at the end.
 */
public abstract class Storage implements AutoCloseable {
  private static final long CLOSED = 1L << 32;
  private static final long OWNED = 1L << 33;

  /** A share beyond the first: {@link #close} takes one away. */
  private static final long SHARE = 1L << 34;

  /** A field and not an object: a step that runs after a large program misses caches once less. */
  private static final AtomicLongFieldUpdater<Storage> STATE =
      AtomicLongFieldUpdater.newUpdater(Storage.class, "state");

  private static final Storage NOTHING = closedForGood();

  /** The number of pins in the low half, {@link #CLOSED}, {@link #OWNED} and shares above it. */
  private volatile long state;

  private final long bytes;

  /** Null where there is nothing to give back but the object. */
  private final Cleaner.Cleanable memory;

  /**
   * Makes a storage.
   *
   * @param bytes its size
   * @param free gives the memory back; runs once and must not refer to this object
   */
  protected Storage(long bytes, Runnable free) {
    this.bytes = bytes;
    this.memory = Reaper.register(this, free);
  }

  /** Makes a storage whose value is part of the object. */
  protected Storage(long bytes) {
    this.bytes = bytes;
    this.memory = null;
  }

  private static Storage closedForGood() {
    Storage nothing =
        new Storage(0) {
          @Override
          public ByteBuffer view(long offset, int length) {
            throw new IllegalStateException("storage: it was closed");
          }
        };
    nothing.close();
    return nothing;
  }

  /** Returns a storage that is closed and always was: what stands in the place of a freed value. */
  public static Storage closed() {
    return NOTHING;
  }

  private void free() {
    if (memory != null) {
      memory.clean();
    }
  }

  /** Returns the size in bytes. */
  public final long bytes() {
    return bytes;
  }

  /**
   * Returns a window on the memory in native byte order, valid while this storage is open and
   * reachable. Memory that the host cannot reach has none: see {@link #contents} and {@link #fill}.
   *
   * @param offset where it starts, in bytes
   * @param length its bytes
   */
  public abstract ByteBuffer view(long offset, int length);

  /**
   * Returns bytes to be read, in native byte order: a window as {@link #view} gives it, or a copy
   * of what they are now.
   *
   * @param offset where they start, in bytes
   * @param length how many
   */
  public ByteBuffer contents(long offset, int length) {
    return view(offset, length);
  }

  /**
   * Has bytes written.
   *
   * @param offset where they start, in bytes
   * @param length how many
   * @param writer writes all of a buffer in native byte order; it must not keep the buffer
   */
  public void fill(long offset, int length, Consumer<ByteBuffer> writer) {
    writer.accept(view(offset, length));
  }

  /**
   * Returns the first bytes as the low bytes of a word, valid as {@link #view} is: how a scalar is
   * read.
   *
   * @param length how many bytes, 1 to 8
   */
  public long word(int length) {
    ByteBuffer bytes = contents(0, length);
    return switch (length) {
      case Byte.BYTES -> bytes.get(0) & 0xFFL;
      case Short.BYTES -> bytes.getShort(0) & 0xFFFFL;
      case Integer.BYTES -> bytes.getInt(0) & 0xFFFFFFFFL;
      case Long.BYTES -> bytes.getLong(0);
      default -> throw new IllegalArgumentException("storage: no word of " + length + " bytes");
    };
  }

  /** What came of an attempt to pin. */
  public enum Pin {
    /** The memory stays until {@link Storage#unpin}. */
    PINNED,
    /** The storage is closed. */
    CLOSED,
    /** A run owns it alone for now; try again. */
    BUSY
  }

  /** Keeps the memory from being freed and from being overwritten until {@link #unpin}. */
  public final Pin tryPin() {
    for (; ; ) {
      long s = state;
      if ((s & CLOSED) != 0) {
        return Pin.CLOSED;
      }
      if ((s & OWNED) != 0) {
        return Pin.BUSY;
      }
      if (STATE.compareAndSet(this, s, s + 1)) {
        return Pin.PINNED;
      }
    }
  }

  /**
   * Takes the memory for one run alone, which may overwrite it; returns false if anything else uses
   * it.
   */
  public final boolean tryOwn() {
    return STATE.compareAndSet(this, 0, OWNED);
  }

  /** Returns whether a run has the memory for itself now. */
  public final boolean isOwned() {
    return (state & OWNED) != 0;
  }

  /** Undoes {@link #tryOwn}. */
  public final void disown() {
    if (STATE.addAndGet(this, -OWNED) == CLOSED) {
      free();
    }
  }

  /** Undoes one {@link #tryPin}. */
  public final void unpin() {
    if (STATE.decrementAndGet(this) == CLOSED) {
      free();
    }
  }

  /**
   * Adds a share: the memory stays until {@link #close} was called once a share. Returns false if
   * the storage was closed already. Nobody may overwrite memory of which there are two shares.
   */
  public final boolean retain() {
    for (; ; ) {
      long s = state;
      if ((s & CLOSED) != 0) {
        return false;
      }
      if (STATE.compareAndSet(this, s, s + SHARE)) {
        return true;
      }
    }
  }

  /**
   * Takes one share away. With the last one the memory is freed, now or at the last unpin; closing
   * again does nothing.
   */
  @Override
  public final void close() {
    for (; ; ) {
      long s = state;
      if ((s & CLOSED) != 0) {
        return;
      }
      boolean last = s < SHARE;
      if (STATE.compareAndSet(this, s, last ? s | CLOSED : s - SHARE)) {
        if (last && s == 0) {
          free();
        }
        return;
      }
    }
  }

  /** Returns whether a run reads the memory now. */
  public final boolean isPinned() {
    return (state & (CLOSED - 1)) != 0;
  }

  /** Returns whether the memory is a user's buffer, read in place. */
  public boolean isExternal() {
    return false;
  }

  /** Returns whether {@link #close} was called. */
  public final boolean isClosed() {
    return (state & CLOSED) != 0;
  }
}
