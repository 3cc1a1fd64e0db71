package org.adjoint.internal.run;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("threads")
class StackReserveTest {
  private static final long STACK_BYTES = 1L << 20;

  /** What the end of a run takes if all of it is interpreted: a dozen frames. */
  private static final double LEAST_BYTES = 1_500;

  /** How many frames of {@link #countFrames} the whole of a stack has room for. */
  private int all;

  /** How many of them there was room for behind the deepest check that passed. */
  private int left;

  /**
   * However the check was compiled: a run that has passed it must not meet the end of the stack in
   * what it does at its own end, or its parameters would be held for ever.
   */
  @Test
  void theReserveIsLargeEnoughHoweverItIsCompiled() throws InterruptedException {
    for (int warming = 1; warming <= 100_000; warming *= 10) {
      for (int i = 0; i < warming; i++) {
        goDown(2);
      }
      onNewStack(() -> all = countFrames());
      onNewStack(() -> goDown(Integer.MAX_VALUE));
      double reserve = (double) STACK_BYTES * left / all;
      assertTrue(reserve >= LEAST_BYTES, reserve + " bytes after " + warming + " checks");
    }
  }

  private static void onNewStack(Runnable action) throws InterruptedException {
    Thread thread = new Thread(null, action, "small", STACK_BYTES);
    thread.start();
    thread.join();
  }

  /** Goes down as far as there is room, and checks in each frame on the way up until it passes. */
  private boolean goDown(int most) {
    boolean passed = false;
    try {
      passed = most > 0 && goDown(most - 1);
    } catch (StackOverflowError end) {
      // no deeper
    }
    if (!passed) {
      try {
        StackReserve.check();
        passed = true;
      } catch (StackOverflowError end) {
        // the frame above has more
      }
      if (passed) {
        left = most > 2 ? countFrames() : left;
      }
    }
    return passed;
  }

  private static int countFrames() {
    try {
      return 1 + countFrames();
    } catch (StackOverflowError end) {
      return 0;
    }
  }
}
