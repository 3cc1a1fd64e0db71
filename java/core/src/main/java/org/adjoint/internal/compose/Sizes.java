package org.adjoint.internal.compose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Sizes along axes, and arithmetic of sizes: errors say whose are wrong or would not fit 64 bits.
 */
public final class Sizes {
  private Sizes() {}

  static long plus(String op, long a, long b) {
    try {
      return Math.addExact(a, b);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(op + ": " + a + " + " + b + " elements are too many", e);
    }
  }

  static long times(String op, long a, long b) {
    try {
      return Math.multiplyExact(a, b);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(op + ": " + a + " · " + b + " elements are too many", e);
    }
  }

  /** Returns a number for each axis, of one for all or one an axis. */
  public static List<Long> each(String op, String what, long[] numbers, int axes) {
    if (numbers.length != 1 && numbers.length != axes) {
      throw new IllegalArgumentException(
          op
              + ": "
              + what
              + " "
              + Arrays.toString(numbers)
              + " for "
              + axes
              + " spatial axes; give one number for all or one an axis");
    }
    List<Long> each = new ArrayList<>();
    for (int i = 0; i < axes; i++) {
      each.add(numbers[numbers.length == 1 ? 0 : i]);
    }
    return each;
  }

  /** Refuses numbers that are less than {@code least}. */
  public static void atLeast(String op, long least, String what, List<Long> numbers) {
    for (long number : numbers) {
      if (number < least) {
        throw new IllegalArgumentException(
            op + ": " + what + " " + number + " is less than " + least);
      }
    }
  }
}
