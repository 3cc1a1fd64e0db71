package org.adjoint.internal.ir;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongUnaryOperator;

/**
 * The meaning of an elementwise kernel on one element, as its row in the op table states it. The
 * reference backend runs exactly this function; other backends are measured against it. Kernels
 * that are no elementwise functions have {@link #NONE}.
 */
public sealed interface ScalarFunction {
  /** The scalar function of a kernel that has none. */
  ScalarFunction NONE = new None();

  /** No scalar function: the kernel works on whole operands. */
  record None() implements ScalarFunction {}

  /**
   * One input. F32 is computed in double and rounded; I32 in long, of which the low bits are kept.
   * {@code l} is not called where the row takes no integers.
   */
  record Unary(DoubleUnaryOperator f, LongUnaryOperator l) implements ScalarFunction {
    /** Makes the function of a row of floating-point numbers alone. */
    public Unary(DoubleUnaryOperator f) {
      this(f, x -> refuse());
    }
  }

  /** Two inputs, as {@link Unary}. */
  record Binary(DoubleBinaryOperator f, WholeFunction l) implements ScalarFunction {
    /** Makes the function of a row of floating-point numbers alone. */
    public Binary(DoubleBinaryOperator f) {
      this(f, (a, b, bits) -> refuse());
    }
  }

  private static long refuse() {
    throw new IllegalStateException("a kernel of floating-point numbers was given integers");
  }

  /** A function of two integers. */
  @FunctionalInterface
  interface WholeFunction {
    /**
     * Returns the value; the low bits count.
     *
     * @param bits how many bits the operands have
     */
    long apply(long a, long b, int bits);
  }

  /** Two inputs of one type, a BOOL output. */
  record Comparison(DoubleRelation f, LongRelation l) implements ScalarFunction {}

  /** A BOOL input that picks one of two inputs of any type. */
  record Select() implements ScalarFunction {}

  /** A relation between two floating-point numbers. */
  @FunctionalInterface
  interface DoubleRelation {
    /** Returns whether the relation holds. */
    boolean test(double a, double b);
  }

  /** The same relation between two integers. */
  @FunctionalInterface
  interface LongRelation {
    /** Returns whether the relation holds. */
    boolean test(long a, long b);
  }
}
