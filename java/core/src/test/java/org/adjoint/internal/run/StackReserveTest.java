package org.adjoint.internal.run;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("threads")
class StackReserveTest {
  private static final long STACK_BYTES = 8L << 20;

  /** What the end of a run takes if all of it is interpreted: a dozen frames. */
  private static final double LEAST_BYTES = 1_500;

  private int deepest;

  /** The deepest frame that had the reserve left. */
  private int passed;

  /**
   * However the check was compiled: a run that has passed it must not meet the end of the stack in
   * what it does at its own end, or its parameters would be held for ever.
   */
  @Test
  void theReserveIsLargeEnoughHoweverItIsCompiled() throws InterruptedException {
    for (int warming = 1; warming <= 100_000; warming *= 10) {
      for (int i = 0; i < warming; i++) {
        StackReserve.check();
        goDown(2, 0); // compiled no later than the check, so that one size fits all frames
      }
      deepest = 0;
      Thread small = new Thread(null, () -> goDown(Integer.MAX_VALUE, 0), "small", STACK_BYTES);
      small.start();
      small.join();
      double frame = (double) STACK_BYTES / deepest;
      double reserve = (deepest - passed) * frame;
      assertTrue(reserve >= LEAST_BYTES, reserve + " bytes after " + warming + " checks");
    }
  }

  private boolean goDown(int most, int depth) {
    deepest = Math.max(deepest, depth);
    boolean found = false;
    try {
      found = depth < most && goDown(most, depth + 1);
    } catch (StackOverflowError end) {
      // no deeper
    }
    if (!found) {
      try {
        StackReserve.check();
        passed = depth;
        found = true;
      } catch (StackOverflowError end) {
        // the frame above has more
      }
    }
    return found;
  }
}
