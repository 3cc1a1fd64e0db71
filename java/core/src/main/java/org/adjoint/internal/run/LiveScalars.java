package org.adjoint.internal.run;

import java.util.ArrayList;
import java.util.List;
import org.adjoint.internal.graph.Node;

/**
 * The bits of scalars as one evaluation sees them: a live scalar is read once, before a run holds
 * anything, however often the evaluation has to try again.
 */
public final class LiveScalars {
  /** Null while none was read. */
  private List<Node> nodes;

  private List<Long> words;

  /** Returns the bits of a scalar. */
  public long word(Node scalar) {
    if (!scalar.isLive()) {
      return scalar.word();
    }
    if (nodes == null) {
      nodes = new ArrayList<>();
      words = new ArrayList<>();
    }
    for (int i = 0; i < nodes.size(); i++) {
      if (nodes.get(i) == scalar) {
        return words.get(i);
      }
    }
    long word = scalar.word();
    nodes.add(scalar);
    words.add(word);
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
