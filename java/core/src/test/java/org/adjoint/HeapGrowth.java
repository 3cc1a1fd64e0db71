package org.adjoint;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * What the steps of a loop leave on the heap. The heap of a JVM that has run other tests moves by
 * itself, by as much as a megabyte now and then; so the loop is cut into spans, and the median of
 * their growths counts. A leak grows in each.
 */
final class HeapGrowth {
  private static final int SPANS = 5;

  private HeapGrowth() {}

  /**
   * Runs {@code step} for 0 … 6·{@code steps} − 1 and returns by how many bytes a step the heap
   * grew, in the median of five spans of so many steps behind the first.
   */
  static long bytesPerStep(int steps, IntConsumer step) throws InterruptedException {
    long[] grown = new long[SPANS];
    long before = 0;
    for (int span = -1; span < SPANS; span++) {
      for (int i = 0; i < steps; i++) {
        step.accept((span + 1) * steps + i);
      }
      long after = used();
      if (span >= 0) {
        grown[span] = after - before;
      }
      before = after;
    }
    Arrays.sort(grown);
    return grown[SPANS / 2] / steps;
  }

  /** Returns the heap in use once the collector and the thread behind it have done their work. */
  private static long used() throws InterruptedException {
    Runtime runtime = Runtime.getRuntime();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(20);
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }
}
