package org.adjoint.internal.ir;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

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

  /** One floating-point input. F32 is computed in double and rounded. */
  record Unary(DoubleUnaryOperator f) implements ScalarFunction {}

  /** Two floating-point inputs. F32 is computed in double and rounded. */
  record Binary(DoubleBinaryOperator f) implements ScalarFunction {}

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
