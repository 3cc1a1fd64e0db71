package org.adjoint.internal.reference;

import org.adjoint.DType;

/**
 * Random draws from keys: Philox 4x32-10 blocks turned into bits, uniforms, normals and new keys.
 */
final class RandomDraws {
  private static final int DRAW = 0;
  private static final int SPLIT = 1;
  private static final int FOLD = 2;

  private RandomDraws() {}

  /** One element of a stream: a word, or two for 64 bits. */
  private static long word(long key, long j) {
    return Philox.block(key, j >>> 2, DRAW)[(int) (j & 3)] & 0xFFFFFFFFL;
  }

  private static long wide(long key, long j) {
    int[] block = Philox.block(key, j >>> 1, DRAW);
    int at = (int) (2 * (j & 1));
    return (long) block[at] << 32 | block[at + 1] & 0xFFFFFFFFL;
  }

  static void bits(Elements key, Elements out) {
    long[] y = new long[out.size()];
    each(key, out, (k, j, at) -> y[at] = word(k, j));
    out.put(y);
  }

  static void uniform(Elements key, Elements out) {
    double[] y = new double[out.size()];
    if (out.dtype() == DType.F32) {
      each(key, out, (k, j, at) -> y[at] = (word(k, j) >>> 8) * 0x1p-24);
    } else {
      each(key, out, (k, j, at) -> y[at] = (wide(k, j) >>> 11) * 0x1p-53);
    }
    out.put(y);
  }

  static void normal(Elements key, Elements out) {
    double[] y = new double[out.size()];
    if (out.dtype() == DType.F32) {
      each(key, out, (k, j, at) -> y[at] = NormalQuantile.of((word(k, j) + 0.5) * 0x1p-32));
    } else {
      each(
          key, out, (k, j, at) -> y[at] = NormalQuantile.of(((wide(k, j) >>> 12) + 0.5) * 0x1p-52));
    }
    out.put(y);
  }

  static void split(Elements key, Elements out) {
    long[] y = new long[out.size()];
    each(key, out, (k, j, at) -> y[at] = low64(Philox.block(k, j, SPLIT)));
    out.put(y);
  }

  static void fold(Elements key, Elements data, Elements out) {
    long[] keys = key.longs();
    long[] numbers = data.longs();
    long[] y = new long[keys.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = low64(Philox.block(keys[i], numbers[i], FOLD));
    }
    out.put(y);
  }

  private static long low64(int[] block) {
    return block[0] & 0xFFFFFFFFL | (long) block[1] << 32;
  }

  private interface Draw {
    void at(long key, long j, int place);
  }

  private static void each(Elements key, Elements out, Draw draw) {
    long[] keys = key.longs();
    int n = out.dim(1);
    for (int k = 0; k < keys.length; k++) {
      for (int j = 0; j < n; j++) {
        draw.at(keys[k], j, k * n + j);
      }
    }
  }
}
