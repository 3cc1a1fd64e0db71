package org.adjoint.internal.run;

/**
 * Fails early where a thread's stack is nearly used up: before a run holds anything, instead of
 * while the run releases something.
 */
final class StackReserve {
  /** Frames of this class; each is larger than those of a run that goes as deep. */
  private static final int DEPTH = 16;

  private StackReserve() {}

  /**
   * Returns after having used more stack than a run uses.
   *
   * @throws StackOverflowError if there is not so much
   */
  static void check() {
    touch(DEPTH, 1, 2, 3, 4, 5, 6, 7, 8);
  }

  /** The arguments make the frame large; the sum keeps them from being optimised away. */
  private static long touch(
      int depth, long a, long b, long c, long d, long e, long f, long g, long h) {
    if (depth == 0) {
      return a + b + c + d + e + f + g + h;
    }
    return 1 + touch(depth - 1, b, c, d, e, f, g, h, a);
  }
}
