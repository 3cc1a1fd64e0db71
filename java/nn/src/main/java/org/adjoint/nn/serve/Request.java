package org.adjoint.nn.serve;

import java.util.concurrent.locks.LockSupport;

/** A call of {@link Predictor#predict}: its rows, and what becomes of them. */
final class Request {
  final float[] rows;
  final int examples;
  final long arrived = System.nanoTime();
  private final Thread caller = Thread.currentThread();

  /** Written before {@link #done} by whoever ends the call, read after it by the caller. */
  private float[] result;

  private RuntimeException error;
  private volatile boolean done;

  /** Whether the caller has been given a lane that it has not taken yet. */
  private volatile boolean granted;

  Request(float[] rows, int examples) {
    this.rows = rows;
    this.examples = examples;
  }

  /** Gives the caller a lane: it is to compute for those who wait. Called under the lock. */
  void grant() {
    granted = true;
    wake();
  }

  boolean isGranted() {
    return granted;
  }

  void wake() {
    LockSupport.unpark(caller);
  }

  void finish(float[] results) {
    result = results;
    end();
  }

  void fail(RuntimeException problem) {
    if (!done) {
      error = problem;
      end();
    }
  }

  private void end() {
    done = true;
    if (Thread.currentThread() != caller) {
      wake();
    }
  }

  boolean isDone() {
    return done;
  }

  /** Waits until the call is done or has a lane; returns whether it has, and takes it. */
  boolean awaitLane() {
    boolean interrupted = false;
    while (!done && !granted) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted(); // ends no call: somebody may be computing its rows
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return granted;
  }

  /** Notes that the lane is taken. Called under the lock. */
  void take() {
    granted = false;
  }

  /** Returns what was computed, or throws what went wrong. */
  float[] result() {
    if (error != null) {
      throw error;
    }
    return result;
  }
}
