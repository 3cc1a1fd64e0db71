package org.adjoint.internal.reference;

/** A kernel refuses a number that is NaN or infinite. */
final class NotFinite extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int input;

  NotFinite(int input, int position, double value) {
    super(
        "input "
            + input
            + " is "
            + (Double.isNaN(value) ? "NaN" : value > 0 ? "inf" : "-inf")
            + " at position "
            + position);
    this.input = input;
  }

  /** Returns which input of the call has the number. */
  int input() {
    return input;
  }
}
