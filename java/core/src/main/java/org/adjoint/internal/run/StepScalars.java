package org.adjoint.internal.run;

import java.util.List;
import java.util.stream.IntStream;
import org.adjoint.internal.graph.Node;

/** The scalars of a recorded function: most are constants, live scalars are read by each run. */
public final class StepScalars {
  private final long[] constants;
  private final int[] live;
  private final Node[] nodes;

  /** Reads the constants among these scalars. */
  public StepScalars(List<Node> scalars) {
    this.constants = scalars.stream().mapToLong(node -> node.isLive() ? 0 : node.word()).toArray();
    this.live = IntStream.range(0, scalars.size()).filter(i -> scalars.get(i).isLive()).toArray();
    this.nodes = scalars.stream().filter(Node::isLive).toArray(Node[]::new);
  }

  /** Returns the words of all scalars, with 0 for live ones: reads nothing. */
  long[] constants() {
    return constants.clone();
  }

  /** Returns which scalars are live. */
  int[] live() {
    return live;
  }

  /** Returns the words of live scalars alone, read now or earlier in the same evaluation. */
  public long[] liveWords(LiveScalars scalars) {
    long[] words = new long[nodes.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = scalars.word(nodes[i]);
    }
    return words;
  }

  /** Returns the words of all scalars. */
  public long[] words(LiveScalars scalars) {
    long[] words = constants.clone();
    for (int i = 0; i < live.length; i++) {
      words[live[i]] = scalars.word(nodes[i]);
    }
    return words;
  }
}
