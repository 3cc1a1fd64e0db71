package org.adjoint.model;

import java.util.OptionalDouble;

/**
 * The specification run under a lock, with one fault planted in it: each is of a kind that the
 * library once had, and the test has to find it.
 */
final class FaultyShared implements Shared {
  /** What is wrong. */
  enum Fault {
    /** A compiled pass replaces the gradient that it read before. */
    LOST_GRADIENT,
    /** A gradient is gone before its successor is there. */
    GRADIENT_CLOSED_TOO_EARLY,
    /** A reader finds the old version superseded and no new one. */
    SUPERSEDED_BEFORE_REPLACED,
    /** A step computes from a value read before another one's step. */
    LOST_STEP,
    /** A failure makes one assignment of two. */
    TORN_ASSIGNMENT,
    /** A snapshot shows the new value. */
    CHANGED_SNAPSHOT,
    /** A snapshot is a source of gradients. */
    SNAPSHOT_AS_SOURCE,
    /** A live scalar is read twice in one run. */
    SCALAR_READ_TWICE,
    /** A failure inside a step leaves the state locked. */
    LOCKED_FOR_GOOD
  }

  private final Fault fault;
  private Model state = Model.START;
  private int steps;
  private volatile boolean superseded;
  private volatile boolean closed;

  FaultyShared(Fault fault) {
    this.fault = fault;
  }

  @Override
  public double run(Operation op) {
    switch (op.kind()) {
      case BACKWARD_COMPILED -> {
        if (fault == Fault.LOST_GRADIENT) {
          Model before = now();
          pause();
          Model after = before.after(op).state();
          synchronized (this) {
            state = new Model(state.a(), state.b(), after.gradient(), state.counted());
          }
          return Double.NaN;
        }
        if (fault == Fault.GRADIENT_CLOSED_TOO_EARLY) {
          closed = true;
          pause();
          closed = false;
        }
      }
      case STEP -> {
        if (fault == Fault.SUPERSEDED_BEFORE_REPLACED) {
          superseded = true;
          pause();
          superseded = false;
        }
        if (fault == Fault.LOST_STEP) {
          Model before = now();
          pause();
          synchronized (this) {
            state = new Model(3 * before.a() + op.number(), state.b(), state.gradient(), 0);
          }
          return before.a();
        }
        if (fault == Fault.LOCKED_FOR_GOOD && ++steps % 3 == 0) {
          synchronized (this) {
            sleepLong();
          }
        }
      }
      case READ -> {
        if (superseded) {
          throw new IllegalStateException("superseded");
        }
      }
      case GRADIENT -> {
        if (closed) {
          throw new IllegalStateException("was closed");
        }
      }
      case SWAP_AND_FAIL -> {
        if (fault == Fault.TORN_ASSIGNMENT) {
          synchronized (this) {
            state = new Model(state.b(), state.b(), state.gradient(), state.counted());
            return state.a();
          }
        }
      }
      case SNAPSHOT -> {
        if (fault == Fault.CHANGED_SNAPSHOT) {
          return now().a() * 3;
        }
      }
      case ANCHOR -> {
        if (fault == Fault.SNAPSHOT_AS_SOURCE) {
          return 2 * now().a();
        }
      }
      case COUNT -> {
        if (fault == Fault.SCALAR_READ_TWICE) {
          synchronized (this) {
            state = new Model(state.a(), state.b(), state.gradient(), state.counted() + 1);
          }
        }
      }
      default -> {}
    }
    synchronized (this) {
      Model.Next next = state.after(op);
      state = next.state();
      return next.read();
    }
  }

  private synchronized Model now() {
    return state;
  }

  private static void pause() {
    for (int i = 0; i < 20; i++) {
      Thread.yield();
    }
  }

  private static void sleepLong() {
    try {
      Thread.sleep(60_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void check() {
    OptionalDouble gradient = now().gradient();
    if (gradient.isPresent() && Double.isNaN(gradient.getAsDouble())) {
      throw new AssertionError("the gradient is no number");
    }
  }
}
