package org.adjoint.benchmarks.compare;

/** One workload, ready to be repeated: its data exist, nothing of it has been timed. */
public interface Task extends AutoCloseable {
  /** So many steps are checked where one changes the next. */
  int CHECKED_STEPS = 3;

  /** Computes once. A training step reads its loss, as a loop that prints it would. */
  void step();

  /**
   * Computes the first few steps and returns numbers that anyone who computes the same workload
   * gets too, to a relative 1e-4: losses of the first training steps, or means of the results.
   * Called once, before {@link #step}.
   */
  double[] check();

  /** Returns how many times one step does the work: its time is divided by this. */
  default int repeats() {
    return 1;
  }

  @Override
  void close();
}
