package org.adjoint.model;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What the threads of a program have done, and when: right if the operations, each as a whole and
 * in an order that contradicts no clock, are what the {@link Model} does (M. P. Herlihy, J. M.
 * Wing: "Linearizability: a correctness condition for concurrent objects", 1990).
 */
final class History {
  /**
   * One operation.
   *
   * @param refused whether it said that it could not be done, and so did nothing
   */
  record Event(Operation op, double read, boolean refused, long from, long to) {}

  private final List<List<Event>> threads;
  private final Set<List<Object>> failed = new HashSet<>();

  History(List<List<Event>> threads) {
    this.threads = threads;
  }

  /** Returns whether there is such an order. */
  boolean isRight() {
    return explains(Model.START, new int[threads.size()]);
  }

  /** Tries each thread's next operation as the next of all; the depth is a program's length. */
  private boolean explains(Model state, int... done) {
    List<Object> key = new ArrayList<>(List.of(state));
    for (int at : done) {
      key.add(at);
    }
    if (failed.contains(key)) {
      return false;
    }
    boolean all = true;
    long end = earliestEnd(done);
    for (int thread = 0; thread < done.length; thread++) {
      if (done[thread] == threads.get(thread).size()) {
        continue;
      }
      all = false;
      Event event = threads.get(thread).get(done[thread]);
      if (event.from() > end) {
        continue; // something else had ended before it began
      }
      int[] more = done.clone();
      more[thread]++;
      if (event.refused()) {
        if (explains(state, more)) {
          return true;
        }
        continue;
      }
      Model.Next next = state.after(event.op());
      if (Double.compare(next.read(), event.read()) == 0 && explains(next.state(), more)) {
        return true;
      }
    }
    if (!all) {
      failed.add(key);
    }
    return all;
  }

  private long earliestEnd(int... done) {
    long end = Long.MAX_VALUE;
    for (int thread = 0; thread < done.length; thread++) {
      if (done[thread] < threads.get(thread).size()) {
        end = Math.min(end, threads.get(thread).get(done[thread]).to());
      }
    }
    return end;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (List<Event> thread : threads) {
      text.append("\n  thread: ");
      for (Event event : thread) {
        text.append(event.op().kind()).append(' ').append(event.op().number());
        text.append(event.refused() ? " refused" : " → " + event.read()).append("; ");
      }
    }
    return text.toString();
  }
}
