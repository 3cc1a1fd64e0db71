package org.adjoint.model;

/**
 * The state that the threads of a program share: the library's, or one with a fault planted in it.
 */
interface Shared {
  /** Thrown where {@link Operation.Kind#isRefusable} allows it; nothing has happened then. */
  final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;

    Refused(Throwable cause) {
      super(cause);
    }
  }

  /** Does one operation and returns what it read, NaN for nothing. */
  double run(Operation op);

  /** Checks, when all threads have ended, what must hold for good. */
  void check();
}
