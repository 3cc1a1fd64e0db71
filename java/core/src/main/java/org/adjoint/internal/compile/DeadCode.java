package org.adjoint.internal.compile;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.adjoint.internal.ir.Graph;

/** Drops nodes that no root depends on. */
final class DeadCode {
  private DeadCode() {}

  static Graph apply(Graph graph) {
    boolean[] live = new boolean[graph.values()];
    for (int root : graph.roots()) {
      live[root] = true;
    }
    Map<Integer, LoopPruning> loops = new HashMap<>();
    for (int at = graph.nodes().size() - 1; at >= 0; at--) {
      Graph.Node node = graph.nodes().get(at);
      if (!isLive(node, live)) {
        continue;
      }
      if (node.op().loop().isPresent()) {
        loops.put(node.first(), pruned(node, live));
      } else {
        for (int input : node.inputs()) {
          live[input] = true;
        }
      }
    }
    Graph.Builder builder = new Graph.Builder(graph);
    for (Graph.Node node : graph.nodes()) {
      if (loops.containsKey(node.first())) {
        loops.get(node.first()).emit(builder, node);
      } else if (isLive(node, live)) {
        builder.keep(node);
      }
    }
    return builder.build();
  }

  /** Finds what is needed of a loop, and marks that alone as live. */
  private static LoopPruning pruned(Graph.Node node, boolean[] live) {
    boolean[] read = Arrays.copyOfRange(live, node.first(), node.first() + node.outputs().length);
    LoopPruning pruning = new LoopPruning(node.op().loop().orElseThrow(), node.attrs(), read);
    for (int i = 0; i < node.inputs().length; i++) {
      live[node.inputs()[i]] |= pruning.reads(i);
    }
    return pruning;
  }

  private static boolean isLive(Graph.Node node, boolean[] live) {
    for (int i = 0; i < node.outputs().length; i++) {
      if (live[node.first() + i]) {
        return true;
      }
    }
    return false;
  }
}
