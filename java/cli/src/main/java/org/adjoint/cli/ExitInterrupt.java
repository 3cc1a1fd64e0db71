package org.adjoint.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Has the end of the process, by Ctrl-C or a signal, interrupt a thread and wait for it: what the
 * thread does until {@link #close} is done before the process ends.
 */
final class ExitInterrupt implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook;

  private ExitInterrupt(Thread worker) {
    this.hook =
        new Thread(
            () -> {
              worker.interrupt();
              try {
                closed.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // nothing is waited for any more
              }
            },
            "adjoint-exit");
  }

  /**
   * Begins for the calling thread.
   *
   * @throws IllegalStateException if the process is ending already
   */
  static ExitInterrupt ofThisThread() {
    ExitInterrupt interrupt = new ExitInterrupt(Thread.currentThread());
    Runtime.getRuntime().addShutdownHook(interrupt.hook);
    return interrupt;
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending, by what this is about.
    }
  }
}
