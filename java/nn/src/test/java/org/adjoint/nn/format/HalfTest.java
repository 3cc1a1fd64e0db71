package org.adjoint.nn.format;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class HalfTest {
  @Test
  void everyHalfIsTheFloatThatTheStandardSays() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      assertEquals(
          Float.floatToRawIntBits(expected(bits)),
          Float.floatToRawIntBits(Half.toFloat((short) bits)),
          Integer.toHexString(bits));
    }
  }

  /** Returns the value by IEEE 754's sums, not by moving bits; of a NaN its sign and payload. */
  private static float expected(int bits) {
    int exponent = bits >> 10 & 31;
    int fraction = bits & 1023;
    double sign = bits >> 15 == 0 ? 1 : -1;
    if (exponent == 31) {
      float special = fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
      int payload = fraction == 0 ? 0 : (fraction & 511) << 13 | (fraction & 512) << 13;
      int quiet = fraction == 0 ? Float.floatToRawIntBits(special) : 0x7f800000 | payload;
      return Float.intBitsToFloat(quiet | (sign < 0 ? 1 << 31 : 0));
    }
    double value =
        exponent == 0
            ? Math.scalb(fraction / 1024.0, -14)
            : Math.scalb(1 + fraction / 1024.0, exponent - 15);
    return (float) (sign * value);
  }
}
