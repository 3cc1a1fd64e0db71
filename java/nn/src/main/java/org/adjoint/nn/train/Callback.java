package org.adjoint.nn.train;

/**
 * Hears of the epochs of a training, on the thread that trains, and may end the training. An
 * exception of a callback ends the training, too, and reaches the caller.
 */
@FunctionalInterface
public interface Callback {
  /** What a training does behind an epoch. */
  enum Next {
    /** It learns on. */
    GO_ON,
    /** It ends. */
    STOP
  }

  /** Hears that an epoch ended, and says whether the training goes on. */
  Next epochEnded(EpochReport report);

  /** Hears that the training ended: all epochs are done, a callback or an interrupt stopped it. */
  default void trainingEnded() {}
}
