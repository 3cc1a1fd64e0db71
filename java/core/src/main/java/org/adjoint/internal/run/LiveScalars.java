package org.adjoint.internal.run;

import java.util.Arrays;
import org.adjoint.internal.graph.Node;

/**
 * The bits of scalars as one evaluation sees them: a live scalar is read once, before a run holds
 * anything, however often the evaluation has to try again.
 */
public final class LiveScalars {
  private static final Node[] NONE = {};

  private Node[] nodes = NONE;
  private long[] words = new long[0];
  private int count;

  /** Returns the bits of a scalar. */
  public long word(Node scalar) {
    if (!scalar.isLive()) {
      return scalar.word();
    }
    for (int i = 0; i < count; i++) {
      if (nodes[i] == scalar) {
        return words[i];
      }
    }
    long word = scalar.word();
    if (count == nodes.length) {
      int more = Math.max(4, 2 * count);
      nodes = Arrays.copyOf(nodes, more);
      words = Arrays.copyOf(words, more);
    }
    nodes[count] = scalar;
    words[count++] = word;
    return word;
  }

  /** Returns the bits of the scalars that stand from place {@code first} on. */
  long[] words(Node[] nodes, int first, int count) {
    long[] all = new long[count];
    for (int i = 0; i < count; i++) {
      all[i] = word(nodes[first + i]);
    }
    return all;
  }
}
