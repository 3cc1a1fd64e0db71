package org.adjoint.nn.data;

import org.adjoint.Key;
import org.adjoint.Scope;

/**
 * Permutations drawn from a key: Fisher and Yates over the key's random bits. Equal keys give equal
 * permutations on every backend and machine.
 */
final class Shuffle {

  private Shuffle() {}

  /** Returns 0..n−1 in an order drawn from {@code key}. */
  @SuppressWarnings("try") // a scope works by being open
  static int[] permutation(Key key, int n) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    if (n < 2) {
      return order;
    }
    int[] bits;
    try (Scope scope = Scope.open()) {
      bits = key.bits(n).toIntArray();
    }
    for (int i = n - 1; i > 0; i--) {
      // 32 random bits scaled to [0, i]; the bias is below 2^-32 * n, far under what a shuffle can
      // show
      int j = (int) ((Integer.toUnsignedLong(bits[i]) * (i + 1)) >>> 32);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return order;
  }
}
