package org.adjoint.internal.step;

import java.util.List;
import java.util.stream.IntStream;
import org.adjoint.internal.graph.Node;

/** The scalars of a recorded function: most are constants, those that live are read by each run. */
public final class StepScalars {
  private final long[] constants;
  private final int[] live;
  private final Node[] nodes;

  public StepScalars(List<Node> scalars) {
    this.constants = scalars.stream().mapToLong(node -> node.isLive() ? 0 : node.word()).toArray();
    this.live = IntStream.range(0, scalars.size()).filter(i -> scalars.get(i).isLive()).toArray();
    this.nodes = scalars.stream().filter(Node::isLive).toArray(Node[]::new);
  }

  /** Returns the words of those that do not live, 0 in the places of the others: reads nothing. */
  public long[] constants() {
    return constants.clone();
  }

  /** Returns which of them live. */
  public int[] live() {
    return live;
  }

  /** Returns the words that those which live have now. */
  public long[] now() {
    long[] words = new long[nodes.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = nodes[i].word();
    }
    return words;
  }

  /** Returns the words that all have now. */
  public long[] words() {
    long[] words = constants.clone();
    for (int i = 0; i < live.length; i++) {
      words[live[i]] = nodes[i].word();
    }
    return words;
  }
}
