package org.adjoint.nn.onnx;

/**
 * A number that depends on how many examples there are: factor · examples + base. Sizes, starts and
 * ends along axes are such numbers.
 */
record Size(long factor, long base) {
  /** Returns a number that does not depend on the examples. */
  static Size of(long value) {
    return new Size(0, value);
  }

  /** Returns the number that is {@code a} of {@code m} examples and {@code b} of {@code n}. */
  static Size between(long m, long a, long n, long b) {
    long factor = (b - a) / (n - m);
    return new Size(factor, a - factor * m);
  }

  /** Returns the number for so many examples. */
  long at(long examples) {
    return factor * examples + base;
  }

  /** Returns whether the number is the same for any batch. */
  boolean isFixed() {
    return factor == 0;
  }

  Size plus(Size other) {
    return new Size(factor + other.factor, base + other.base);
  }

  Size minus(Size other) {
    return new Size(factor - other.factor, base - other.base);
  }

  Size times(long by) {
    return new Size(factor * by, base * by);
  }

  /** Returns how a file calls an axis of this size. */
  Onnx.Dim dim() {
    if (isFixed()) {
      return Onnx.Dim.of(base);
    }
    String scaled = factor == 1 ? "batch" : factor + "*batch";
    return new Onnx.Dim(0, base == 0 ? scaled : scaled + (base > 0 ? "+" : "") + base);
  }
}
