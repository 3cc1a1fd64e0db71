package org.adjoint.lens.profile;

import java.util.List;
import org.adjoint.DType;

/**
 * An instruction in a profile. Times, bytes and operations are those of one run of the program; in
 * the body of a loop, of all turns together.
 *
 * @param number its place in the program, in which the instructions of a loop's body follow the
 *     loop; pictures of programs count without bodies
 * @param depth how many loops are around it
 * @param name what is called: the kernel, with what was fused into it
 * @param operands the types of what it reads and writes
 * @param ops the elementwise ops that became this one call, in order; none where nothing fused
 * @param layer the path of the layer that it works for, or what stands for no single one
 * @param dtype what it computes in
 * @param nanoseconds the median over all runs
 * @param runs how often it runs
 * @param group the number of the first of the calls that it runs with, strip of rows by strip of
 *     rows, so that what they hand on stays in a core's cache; its own where it runs alone
 * @param bytes the memory of its operands
 * @param operations its arithmetic
 */
public record Call(
    int number,
    int depth,
    String name,
    String operands,
    List<String> ops,
    String layer,
    DType dtype,
    double nanoseconds,
    long runs,
    int group,
    double bytes,
    double operations) {
  /** Copies the list. */
  public Call {
    ops = List.copyOf(ops);
  }

  /** Returns bytes a nanosecond: GB/s; 0 if the clock saw no time pass. */
  public double bandwidth() {
    return nanoseconds > 0 ? bytes / nanoseconds : 0;
  }

  /** Returns operations a nanosecond: GFLOP/s; 0 if the clock saw no time pass. */
  public double speed() {
    return nanoseconds > 0 ? operations / nanoseconds : 0;
  }

  /** Returns operations a byte, the arithmetic intensity; 0 for what only moves memory. */
  public double intensity() {
    return bytes > 0 ? operations / bytes : 0;
  }
}
