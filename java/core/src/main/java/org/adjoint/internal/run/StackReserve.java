package org.adjoint.internal.run;

import java.util.concurrent.ThreadLocalRandom;

/**
 * Fails early where a thread's stack is nearly used up: before a run holds anything, instead of
 * while the run publishes or releases something.
 *
 * <p>What comes at the end of a run may have to be interpreted, a dozen frames of some 130 bytes. A
 * recursion that writes as much costs 0.4 µs behind the program of a small network and 3 µs behind
 * that of a larger one, which has pushed the stack out of the caches. Therefore the frames here are
 * large and nearly nothing of them is written: they have room for what one branch keeps across a
 * call, and that branch is taken just often enough that no compiler leaves it out.
 */
final class StackReserve {
  /** Frames of this class: 2 KiB of them. */
  private static final int DEPTH = 16;

  /** One check in so many fills its frames. */
  private static final int SELDOM = 64;

  private static final long[] VALUES = new long[24];

  private StackReserve() {}

  /**
   * Returns after having had more stack than the end of a run uses.
   *
   * @throws StackOverflowError if there is not so much
   */
  static void check() {
    boolean fill = ThreadLocalRandom.current().nextInt(SELDOM) == 0;
    goDown(DEPTH, fill, VALUES);
  }

  private static long goDown(int depth, boolean fill, long... values) {
    if (depth == 0) {
      return 0;
    }
    if (fill) {
      long a = values[0];
      long b = values[1];
      long c = values[2];
      long d = values[3];
      long e = values[4];
      long f = values[5];
      long g = values[6];
      long h = values[7];
      long i = values[8];
      long j = values[9];
      long k = values[10];
      long l = values[11];
      long m = values[12];
      long n = values[13];
      long o = values[14];
      long p = values[15];
      long q = values[16];
      long r = values[17];
      long s = values[18];
      long t = values[19];
      long u = values[20];
      long v = values[21];
      long w = values[22];
      long x = values[23];
      long y = goDown(depth - 1, true, values);
      y = (y ^ a) + b;
      y = (y ^ c) + d;
      y = (y ^ e) + f;
      y = (y ^ g) + h;
      y = (y ^ i) + j;
      y = (y ^ k) + l;
      y = (y ^ m) + n;
      y = (y ^ o) + p;
      y = (y ^ q) + r;
      y = (y ^ s) + t;
      y = (y ^ u) + v;
      y = (y ^ w) + x;
      return y;
    }
    return 1 + goDown(depth - 1, false, values);
  }
}
