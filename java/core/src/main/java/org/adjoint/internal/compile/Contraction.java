package org.adjoint.internal.compile;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.IntConsumer;
import org.adjoint.internal.ir.Graph;

/**
 * Puts the nodes of a graph in an order in which groups of them can become one node each: a group
 * stands where its last node stood, or before its first reader outside the group if that comes
 * earlier, and the inputs of the group move before the group. Refuses to look for cycles: no path
 * may leave a group and come back.
 */
final class Contraction {
  /** The group of a node that stays alone. */
  static final int NONE = -1;

  private static final byte WAITING = 1;
  private static final byte DONE = 2;

  private final Graph graph;
  private final int[] groupOf;

  /** The node that makes each value, NONE for leaves and scalars. */
  private final int[] producers;

  /** The nodes of the groups: group g has {@code members[start[g]] … members[start[g + 1] − 1]}. */
  private final int[] members;

  private final int[] start;

  private Contraction(Graph graph, int[] groupOf, int groups) {
    this.graph = graph;
    this.groupOf = groupOf;
    this.producers = producers(graph);
    this.start = new int[groups + 1];
    for (int group : groupOf) {
      if (group != NONE) {
        start[group + 1]++;
      }
    }
    for (int g = 0; g < groups; g++) {
      start[g + 1] += start[g];
    }
    this.members = new int[start[groups]];
    int[] next = Arrays.copyOf(start, groups);
    for (int at = 0; at < groupOf.length; at++) {
      if (groupOf[at] != NONE) {
        members[next[groupOf[at]]++] = at;
      }
    }
  }

  /** Returns for every value the node that makes it, {@link #NONE} for leaves and scalars. */
  static int[] producers(Graph graph) {
    int[] producers = new int[graph.values()];
    Arrays.fill(producers, NONE);
    for (int at = 0; at < graph.nodes().size(); at++) {
      Graph.Node node = graph.nodes().get(at);
      Arrays.fill(producers, node.first(), node.first() + node.outputs().length, at);
    }
    return producers;
  }

  /**
   * Returns the graph with a node in the place of each group, everything after its inputs.
   *
   * @param groupOf for every node the place of its group in {@code groups}, or {@link #NONE}
   * @param emit appends what becomes of a group, and maps the values that others read
   */
  static <G> Graph contract(
      Graph graph, int[] groupOf, List<G> groups, BiConsumer<G, Graph.Builder> emit) {
    Graph.Builder builder = new Graph.Builder(graph);
    new Contraction(graph, groupOf, groups.size())
        .run(
            at -> builder.keep(graph.nodes().get(at)),
            group -> emit.accept(groups.get(group), builder));
    return builder.build();
  }

  private void run(IntConsumer alone, IntConsumer group) {
    byte[] state = new byte[groupOf.length]; // of a group: at its last node
    Deque<Integer> open = new ArrayDeque<>();
    for (int at = 0; at < groupOf.length; at++) {
      if (representative(at) != at) {
        continue;
      }
      open.push(at);
      while (!open.isEmpty()) {
        int node = open.peek();
        if (state[node] == 0) {
          state[node] = WAITING;
          pushInputs(node, state, open);
        } else {
          open.pop();
          if (state[node] == WAITING) {
            state[node] = DONE;
            if (groupOf[node] == NONE) {
              alone.accept(node);
            } else {
              group.accept(groupOf[node]);
            }
          }
        }
      }
    }
  }

  private int representative(int node) {
    return groupOf[node] == NONE ? node : members[start[groupOf[node] + 1] - 1];
  }

  private void pushInputs(int node, byte[] state, Deque<Integer> open) {
    int group = groupOf[node];
    int from = group == NONE ? 0 : start[group];
    int to = group == NONE ? 1 : start[group + 1];
    for (int i = from; i < to; i++) {
      int member = group == NONE ? node : members[i];
      for (int input : graph.nodes().get(member).inputs()) {
        int producer = producers[input];
        if (producer != NONE && state[representative(producer)] == 0) {
          open.push(representative(producer));
        }
      }
    }
  }
}
