package org.adjoint.scalar;

import java.util.Arrays;

/**
 * Which rewinds of a tape still matter: those that no later rewind went below. Their marks ascend
 * with time, so one binary search tells whether a node recorded long ago is still the same node.
 */
final class Rewinds {
  private int[] marks = new int[8];
  private int[] epochs = new int[8];
  private int count;

  /** Notes a rewind to {@code mark} that began {@code epoch}. */
  void add(int mark, int epoch) {
    while (count > 0 && marks[count - 1] >= mark) {
      count--;
    }
    if (count == marks.length) {
      marks = Arrays.copyOf(marks, 2 * count);
      epochs = Arrays.copyOf(epochs, 2 * count);
    }
    marks[count] = mark;
    epochs[count] = epoch;
    count++;
  }

  /** Returns the lowest mark of all; nodes below it were never dropped. */
  int lowest() {
    return count == 0 ? Integer.MAX_VALUE : marks[0];
  }

  /** Returns the mark of the rewind that dropped a node recorded in {@code epoch}, or −1. */
  int dropped(int node, int epoch) {
    int found = Arrays.binarySearch(marks, 0, count, node);
    int last = found >= 0 ? found : -found - 2;
    // The difference and not the order: epochs may wrap around.
    return last >= 0 && epochs[last] - epoch > 0 ? marks[last] : -1;
  }
}
