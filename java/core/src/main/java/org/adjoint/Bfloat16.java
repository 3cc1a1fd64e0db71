package org.adjoint;

/**
 * The bits of {@link DType#BF16}: the upper half of a float, so with its range and eight binary
 * digits. Narrowing rounds to the nearest, ties to even, once, whatever it comes from; a NaN stays
 * one, quietly.
 */
public final class Bfloat16 {
  private static final long LOW = 0x7FF;
  private static final long EXACT = 1L << 53;

  private Bfloat16() {}

  /** Returns the number that the bits stand for, exactly. */
  public static float widen(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** Returns the bits of the number nearest to {@code x}. */
  public static short of(float x) {
    return narrow(Float.floatToRawIntBits(x), Float.isNaN(x));
  }

  /**
   * Returns the bits of the number nearest to {@code x}. It goes by way of a float whose last bit
   * is odd wherever it is not exact (round to odd; Boldo and Melquiond 2008, "Emulation of a FMA
   * and correctly rounded sums"), so that rounding twice is rounding once.
   */
  public static short of(double x) {
    float near = (float) x;
    double rest = x - near;
    int bits = Float.floatToRawIntBits(near);
    if ((rest > 0 || rest < 0) && (bits & 1) == 0) {
      bits += (rest > 0) == (x > 0) ? 1 : -1;
    }
    return narrow(bits, Double.isNaN(x));
  }

  /**
   * Returns the bits of the number nearest to {@code x}: beyond 53 bits the low ones only say
   * whether there are any.
   */
  public static short of(long x) {
    boolean exact = x > -EXACT && x < EXACT;
    return of((double) (exact ? x : (x & ~LOW) | ((x & LOW) != 0 ? LOW + 1 : 0)));
  }

  private static short narrow(int bits, boolean nan) {
    return (short) ((nan ? bits | 0x400000 : bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
  }
}
