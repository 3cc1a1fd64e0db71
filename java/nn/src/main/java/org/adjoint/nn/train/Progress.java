package org.adjoint.nn.train;

import java.time.Duration;

/**
 * The state of a training after a step, as a {@link Listener} receives it.
 *
 * @param epoch the running epoch, from 1
 * @param epochs how many there will be
 * @param epochDone whether this was the last step of its epoch
 * @param loss the mean loss over the rows of this epoch so far, each taken just before the step
 *     that learnt from it
 * @param accuracy the share of these rows that were classified right at that moment, in [0, 1]
 * @param samplesPerSecond the rows that one second of this epoch learnt from, evaluation and
 *     listeners included
 * @param remaining the time that the rest of the training takes at the average speed so far
 */
public record Progress(
    int epoch,
    int epochs,
    boolean epochDone,
    double loss,
    double accuracy,
    double samplesPerSecond,
    Duration remaining) {

  /**
   * Called after each step, on the thread that trains; an exception of the listener ends the
   * training.
   */
  @FunctionalInterface
  public interface Listener {
    /** Called after one step. */
    void progressed(Progress progress);
  }
}
