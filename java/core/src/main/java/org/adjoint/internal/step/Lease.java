package org.adjoint.internal.step;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.locks.LockSupport;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.Version;

/**
 * Parameters that a {@link CompiledStep} keeps from one run to the next: it goes on holding all
 * that it held, so that the next run has one word to look at instead of four objects a parameter.
 * Their versions were handed to nobody, so nobody can tell one from the next. Whoever wants one of
 * the parameters for anything ends the lease first, between two runs.
 */
public final class Lease {
  private static final long WAIT_NANOS = 20_000;

  private static final int IDLE = 0;
  private static final int RUNNING = 1;
  private static final int ENDED = 2;

  private static final AtomicIntegerFieldUpdater<Lease> STATE =
      AtomicIntegerFieldUpdater.newUpdater(Lease.class, "state");

  private final ParameterState[] parameters;
  private final Version[] versions;
  private final StepHolds holds;
  private volatile int state = RUNNING;

  /** Whether somebody waits for the end: runs do not begin any more. */
  private volatile boolean wanted;

  private Lease(StepHolds holds, ParameterState... parameters) {
    this.holds = holds;
    this.parameters = parameters;
    this.versions = new Version[parameters.length];
  }

  /**
   * Returns a lease, within a run, that goes on holding what the run holds on some parameters, all
   * that it writes; empty if one of them is in use elsewhere, has a gradient, or has moved to other
   * memory.
   *
   * @param leaves by parameter, where its value stands among what is held
   */
  public static Optional<Lease> of(StepHolds holds, ParameterState[] parameters, int... leaves) {
    Lease lease = new Lease(holds, parameters);
    for (int i = 0; i < parameters.length; i++) {
      Optional<Version> lent = parameters[i].lend(lease, holds.storages()[leaves[i]]);
      if (lent.isEmpty()) {
        lease.giveBack(i);
        lease.state = ENDED;
        return Optional.empty();
      }
      lease.versions[i] = lent.get();
    }
    return Optional.of(lease);
  }

  /** Starts a run on what is held; returns false if another run is on, or the lease has ended. */
  public boolean tryStart() {
    return !wanted && STATE.compareAndSet(this, IDLE, RUNNING);
  }

  /** Ends a run. */
  public void stop() {
    state = IDLE;
  }

  public boolean hasEnded() {
    return state == ENDED;
  }

  /** Gives everything back, after the run that is on. */
  public void end() {
    wanted = true;
    while (!STATE.compareAndSet(this, IDLE, ENDED)) {
      if (state == ENDED) {
        Thread.onSpinWait(); // another thread is giving back, or nothing was lent
        return;
      }
      LockSupport.parkNanos(WAIT_NANOS);
    }
    giveBack(parameters.length);
    holds.release();
  }

  private void giveBack(int count) {
    for (int i = 0; i < count; i++) {
      parameters[i].takeBack(versions[i]);
    }
  }
}
