package org.adjoint.nn.train;

import java.time.Duration;

/**
 * Where a training stands: what a listener gets after every step.
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

  /** What wants to know. Called on the thread that trains; what it throws ends the training. */
  @FunctionalInterface
  public interface Listener {
    /** Takes notice of one step. */
    void progressed(Progress progress);
  }
}
