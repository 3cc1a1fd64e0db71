package org.adjoint.internal.ir;

/** Orders of axes, as permuting takes them: axis i of the result is axis {@code order[i]}. */
public final class Axes {
  private Axes() {}

  /** Returns the order that moves one axis and leaves the others as they follow each other. */
  public static int[] moved(int rank, int from, int to) {
    int[] order = new int[rank];
    int next = 0;
    for (int i = 0; i < rank; i++) {
      if (i == to) {
        order[i] = from;
      } else {
        next += next == from ? 1 : 0;
        order[i] = next++;
      }
    }
    return order;
  }

  /** Returns the order that undoes another. */
  public static int[] inverse(int... order) {
    int[] inverse = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      inverse[order[i]] = i;
    }
    return inverse;
  }
}
