package org.adjoint.internal.run;

/**
 * Fails early where a thread's stack is nearly used up: before a run holds anything, instead of
 * while the run releases something.
 */
final class StackReserve {
  /**
   * Calls of {@link #touch}. Compiled by C2, which puts two calls into a frame, they take 33 bytes
   * each and all together 2 KiB; what ends a run may have to be interpreted, a dozen frames of some
   * 130 bytes. They cost 0.1 µs.
   */
  private static final int DEPTH = 64;

  private StackReserve() {}

  /**
   * Returns after having used more stack than the end of a run uses.
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
