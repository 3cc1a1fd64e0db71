package org.adjoint.internal.reference;

/**
 * The counter-based generator Philox 4x32 with 10 rounds (Salmon, Moraes, Dror, Shaw, "Parallel
 * random numbers: as easy as 1, 2, 3", SC 2011): a bijection of a 128-bit counter under a 64-bit
 * key.
 */
final class Philox {
  private static final long M0 = 0xD2511F53L;
  private static final long M1 = 0xCD9E8D57L;
  private static final int W0 = 0x9E3779B9;
  private static final int W1 = 0xBB67AE85;
  private static final int ROUNDS = 10;

  private Philox() {}

  /** Returns the four words of the block of a counter, for one purpose. */
  static int[] block(long key, long counter, int purpose) {
    return block((int) key, (int) (key >>> 32), (int) counter, (int) (counter >>> 32), purpose, 0);
  }

  /** Returns the four words of a block: the algorithm itself. */
  static int[] block(int k0, int k1, int x0, int x1, int x2, int x3) {
    int[] x = {x0, x1, x2, x3};
    int key0 = k0;
    int key1 = k1;
    for (int round = 0; round < ROUNDS; round++) {
      long p0 = M0 * (x[0] & 0xFFFFFFFFL);
      long p1 = M1 * (x[2] & 0xFFFFFFFFL);
      x =
          new int[] {
            (int) (p1 >>> 32) ^ x[1] ^ key0, (int) p1, (int) (p0 >>> 32) ^ x[3] ^ key1, (int) p0
          };
      key0 += W0;
      key1 += W1;
    }
    return x;
  }
}
