package org.adjoint.internal.compile;

import org.adjoint.internal.ir.Graph;

/** Drops nodes that no root depends on. */
final class DeadCode {
  private DeadCode() {}

  static Graph apply(Graph graph) {
    boolean[] live = new boolean[graph.values()];
    for (int root : graph.roots()) {
      live[root] = true;
    }
    for (int at = graph.nodes().size() - 1; at >= 0; at--) {
      Graph.Node node = graph.nodes().get(at);
      if (isLive(node, live)) {
        for (int input : node.inputs()) {
          live[input] = true;
        }
      }
    }
    Graph.Builder builder = new Graph.Builder(graph);
    for (Graph.Node node : graph.nodes()) {
      if (isLive(node, live)) {
        builder.keep(node);
      }
    }
    return builder.build();
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
