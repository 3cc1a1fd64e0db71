package org.adjoint.internal.ir;

/**
 * A graph that an op runs turn by turn: the body of a loop. The leaves of the body are the carries,
 * then one element of each sequence, then the invariants; its roots are the carries of the next
 * turn, then one element of each stack. A body has no scalars: numbers come in as invariants, so
 * another number is the same body. How many turns there are is an attribute of the op.
 *
 * @param body what one turn computes
 * @param carries how many values go from turn to turn
 * @param sequences how many inputs are read an element a turn
 */
public record Loop(Graph body, int carries, int sequences) {
  /** The attribute of a loop that counts the turns. */
  public static final int TURNS = 0;

  /** The attribute of a loop that is 1 where turns go from the last element to the first. */
  public static final int REVERSE = 1;

  /**
   * The attribute of a loop that is 1 where a turn runs only while carry 0, a BOOL, is true: the
   * turns are then the most that run. Such a loop has neither sequences nor stacks.
   */
  public static final int WHILE = 2;

  /** How many attributes a loop has. */
  public static final int ATTRIBUTES = 3;

  /** The kernel that runs bodies; its contract stands in native/src/kernels/README.md. */
  public static final Kernel KERNEL = new Kernel("loop", ScalarFunction.NONE);

  /** How a carry gets to the next turn: written over the carry of the turn before. */
  public static final int IN_PLACE = -1;

  /** How a carry gets to the next turn: through two places in turns. */
  public static final int BUFFERED = -2;

  /** Where the ints of a loop instruction say how each carry gets on. */
  public static final int MODES = 6;

  /** Returns how many results are stacked, an element a turn. */
  public int stacks() {
    return body.roots().length - carries;
  }

  /** Returns whether running the body may fail on the data. */
  public boolean isFallible() {
    for (Graph.Node node : body.nodes()) {
      if (node.op().fallible()) {
        return true;
      }
    }
    return false;
  }
}
