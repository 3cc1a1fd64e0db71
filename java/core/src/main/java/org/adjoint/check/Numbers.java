package org.adjoint.check;

import org.adjoint.Tensor;

/** How checks read tensors of any dtype and compare what they read. */
final class Numbers {
  private Numbers() {}

  /** Returns any tensor's elements as doubles; I64 as two halves each, so that keys fit. */
  static double[] of(Tensor y) {
    return switch (y.dtype()) {
      case F32, F64, BF16 -> y.toDoubleArray();
      case I32, I64 -> {
        long[] whole = y.toLongArray();
        double[] halves = new double[2 * whole.length];
        for (int i = 0; i < whole.length; i++) {
          halves[2 * i] = whole[i] >> 32;
          halves[2 * i + 1] = whole[i] & 0xFFFFFFFFL;
        }
        yield halves;
      }
      case BOOL -> {
        boolean[] flags = y.toBooleanArray();
        double[] ones = new double[flags.length];
        for (int i = 0; i < flags.length; i++) {
          ones[i] = flags[i] ? 1 : 0;
        }
        yield ones;
      }
    };
  }

  /** Throws unless |actual − expected| ≤ tolerance · max(1, |expected|) everywhere. */
  static void compare(String what, double[] actual, double[] expected, double tolerance) {
    if (actual.length != expected.length) {
      throw new AssertionError(
          what + ": " + actual.length + " elements, expected " + expected.length);
    }
    for (int i = 0; i < actual.length; i++) {
      boolean same = Double.compare(actual[i], expected[i]) == 0;
      double error = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
      if (!same && !(error <= tolerance)) {
        throw new AssertionError(
            what
                + ": entry "
                + i
                + " is "
                + actual[i]
                + ", expected "
                + expected[i]
                + ", error "
                + error
                + ", allowed "
                + tolerance);
      }
    }
  }
}
