package org.adjoint.nn.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Supplier;

/**
 * Batches made ahead by a thread: one with the consumer, a bounded number behind it. What the
 * thread throws is thrown where the batch is asked for. With none to make ahead there is no thread.
 */
final class Prefetcher implements AutoCloseable {
  private static final long PATIENCE_MS = 5_000;

  /** Fills a slot. */
  @FunctionalInterface
  interface Filler {
    /** Returns how many rows were filled in; 0 for the end. */
    int fill(Slot slot) throws InterruptedException;
  }

  /** A filled slot, the end (no slot and no error), or an error. */
  private record Filled(Optional<Slot> slot, int rows, Optional<Throwable> error) {
    static final Filled END = new Filled(Optional.empty(), 0, Optional.empty());
  }

  private final Filler filler;
  private final BlockingQueue<Slot> free;
  private final BlockingQueue<Filled> filled;
  private final Optional<Thread> worker;
  private final List<Slot> held = new ArrayList<>();
  private Optional<Filled> last = Optional.empty();
  private volatile boolean closed;

  Prefetcher(int ahead, Supplier<Slot> slots, Filler filler) {
    this.filler = filler;
    this.free = new ArrayBlockingQueue<>(ahead + 1);
    this.filled = new ArrayBlockingQueue<>(ahead + 2); // all slots and the last word
    for (int i = 0; i <= ahead; i++) {
      free.add(slots.get());
    }
    this.worker = ahead == 0 ? Optional.empty() : Optional.of(new Thread(this::work, "loader"));
    worker.ifPresent(
        thread -> {
          thread.setDaemon(true);
          thread.start();
        });
  }

  private void work() {
    boolean more = true;
    while (more) {
      Filled next;
      try {
        next = fill(free.take());
      } catch (InterruptedException e) {
        next = Filled.END; // close() asked for it
      }
      filled.add(next);
      more = next.slot().isPresent();
    }
  }

  @SuppressWarnings("IllegalCatch") // whatever the rows throw is the consumer's to see
  private Filled fill(Slot slot) throws InterruptedException {
    try {
      int rows = filler.fill(slot);
      return rows == 0 ? Filled.END : new Filled(Optional.of(slot), rows, Optional.empty());
    } catch (InterruptedException e) {
      throw e;
    } catch (Throwable e) {
      return new Filled(Optional.empty(), 0, Optional.of(e));
    }
  }

  /**
   * Returns the next batch, empty at the end; the batch before is released.
   *
   * @throws IllegalStateException if this is closed, or the thread interrupted while it waits
   */
  Optional<Minibatch> next() {
    if (closed) {
      throw new IllegalStateException("loader: is closed");
    }
    held.forEach(Slot::release);
    free.addAll(held);
    held.clear();
    Filled next = last.orElseGet(this::await);
    if (closed) {
      throw new IllegalStateException("loader: was closed while a batch was waited for");
    }
    if (next.slot().isPresent()) {
      held.add(next.slot().get());
      return Optional.of(next.slot().get().batch(next.rows()));
    }
    last = Optional.of(next);
    if (next.error().isPresent()) {
      throw rethrown(next.error().get());
    }
    return Optional.empty();
  }

  private Filled await() {
    try {
      return worker.isPresent() ? filled.take() : fill(free.take());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("loader: interrupted while a batch was waited for", e);
    }
  }

  private static RuntimeException rethrown(Throwable error) {
    if (error instanceof Error e) {
      throw e;
    }
    return error instanceof RuntimeException e ? e : new IllegalStateException(error);
  }

  /** Ends the thread, and the last batch. */
  @Override
  public void close() {
    closed = true;
    if (worker.isPresent()) {
      boolean interrupted = Thread.interrupted();
      worker.get().interrupt();
      try {
        worker.get().join(PATIENCE_MS); // a source that ignores interrupts is left to itself
      } catch (InterruptedException e) {
        interrupted = true;
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    held.forEach(Slot::release);
    held.clear();
  }
}
