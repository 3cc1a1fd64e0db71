package org.adjoint.internal.compose;

/** Arithmetic of sizes that says which op's would not fit 64 bits. */
final class Sizes {
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
}
