package org.adjoint.internal.reference;

/** A kernel refuses a divisor that is 0. */
final class DivisionByZero extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DivisionByZero(int position) {
    super("division by zero at position " + position);
  }
}
