package org.adjoint.model;

import java.util.OptionalDouble;

/**
 * The specification: what one thread after another would see. Immutable.
 *
 * @param gradient empty where there is none
 * @param counted how often the supplier has been asked
 */
record Model(double a, double b, OptionalDouble gradient, int counted) {
  static final Model START = new Model(1, 2, OptionalDouble.empty(), 0);

  /** A state and what the operation that led to it has read; NaN for nothing. */
  record Next(Model state, double read) {}

  /** Returns what an operation does. */
  Next after(Operation op) {
    return switch (op.kind()) {
      case READ, READ_IN_SCOPE, SNAPSHOT, ANCHOR -> new Next(this, a);
      case STEP -> new Next(with(3 * a + op.number(), b), a);
      case ASSIGN -> new Next(with(3 * a + op.number(), b), Double.NaN);
      case COUNT -> new Next(new Model(a + counted + 1, b, gradient, counted + 1), a + counted + 1);
      case SWAP, SWAP_AND_FAIL -> new Next(with(b, a), b);
      case BACKWARD, BACKWARD_COMPILED ->
          new Next(
              new Model(a, b, OptionalDouble.of(gradient.orElse(0) + op.number()), counted),
              Double.NaN);
      case ZERO -> new Next(new Model(a, b, OptionalDouble.empty(), counted), Double.NaN);
      case GRADIENT -> new Next(this, gradient.orElse(Double.NaN));
    };
  }

  private Model with(double newA, double newB) {
    return new Model(newA, newB, gradient, counted);
  }
}
