package org.adjoint.internal.reference;

import java.util.ArrayList;
import java.util.List;
import org.adjoint.internal.ir.Timing;

/** What the instructions of a timed run have taken so far, numbered as in {@code Program.flat}. */
final class Laps {
  private final long[] nanoseconds;
  private final long[] runs;

  Laps(int instructions) {
    this.nanoseconds = new long[instructions];
    this.runs = new long[instructions];
  }

  /** Runs an instruction, and adds what it takes. */
  void time(int instruction, Runnable run) {
    long start = System.nanoTime();
    run.run();
    nanoseconds[instruction] += System.nanoTime() - start;
    runs[instruction]++;
  }

  List<Timing> timings() {
    List<Timing> all = new ArrayList<>(runs.length);
    for (int i = 0; i < runs.length; i++) {
      all.add(new Timing(nanoseconds[i], runs[i], i));
    }
    return all;
  }
}
