package org.adjoint.nn.train;

/**
 * How a training ended. Whatever the ending, its last step is whole: parameters, running statistics
 * and the optimizer's state fit together, and {@link Trainer#from} goes on behind it.
 *
 * @param ending why
 * @param steps how many steps were made in all, those before {@link Trainer#from} included
 */
public record Result(Ending ending, long steps) {
  /** Why a training ended. */
  public enum Ending {
    /** All its steps were made. */
    DONE,
    /** A callback stopped it. */
    STOPPED,
    /** Its thread was interrupted, and still is. */
    INTERRUPTED
  }
}
