package org.adjoint.internal.ir;

/**
 * What a timed run tells of one instruction. The timings of a program are those of {@link
 * Program#flat}, in that order.
 *
 * @param nanoseconds its part of the run's time; of a loop with all of its turns
 * @param runs how often it ran: in the body of a loop once a turn
 * @param group the number of the first of the instructions that it ran with, strip of rows by strip
 *     of rows; its own where it ran alone
 */
public record Timing(long nanoseconds, long runs, int group) {}
