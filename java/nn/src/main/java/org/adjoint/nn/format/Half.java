package org.adjoint.nn.format;

/**
 * Numbers of IEEE 754's binary16: a sign, five bits of exponent, ten of fraction. They are only
 * read, and as floats, which hold each of them exactly.
 *
 * <p>Source: IEEE 754-2019, section 3.4.
 */
final class Half {
  private static final int FRACTION_BITS = 10;
  private static final int FRACTION = (1 << FRACTION_BITS) - 1;
  private static final int LARGEST_EXPONENT = 31;

  private Half() {}

  /** Returns the number with these bits; a NaN keeps its sign and fraction. */
  static float toFloat(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = bits >> FRACTION_BITS & LARGEST_EXPONENT;
    int fraction = bits & FRACTION;
    if (exponent == 0) {
      float subnormal = fraction * 0x1p-24f;
      return Float.intBitsToFloat(sign | Float.floatToRawIntBits(subnormal));
    }
    int wide = exponent == LARGEST_EXPONENT ? 255 : exponent - 15 + 127;
    return Float.intBitsToFloat(sign | wide << 23 | fraction << 23 - FRACTION_BITS);
  }
}
