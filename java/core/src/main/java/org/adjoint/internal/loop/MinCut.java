package org.adjoint.internal.loop;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/** A minimum cut of a network, by Dinic's algorithm, on a stack of its own. */
final class MinCut {
  /** The capacity of an edge that no cut takes. */
  static final long INFINITE = Long.MAX_VALUE / 4;

  private static final int NONE = -1;

  /** By vertex its last edge; by edge the one before, from the same vertex. Pairs go both ways. */
  private final int[] last;

  private int[] before = new int[64];
  private int[] to = new int[64];
  private long[] left = new long[64];
  private int edges;

  MinCut(int vertices) {
    this.last = new int[vertices];
    Arrays.fill(last, NONE);
  }

  /** Adds an edge. */
  void edge(int from, int towards, long capacity) {
    add(from, towards, capacity);
    add(towards, from, 0);
  }

  private void add(int from, int towards, long capacity) {
    if (edges == to.length) {
      before = Arrays.copyOf(before, 2 * edges);
      to = Arrays.copyOf(to, 2 * edges);
      left = Arrays.copyOf(left, 2 * edges);
    }
    before[edges] = last[from];
    to[edges] = towards;
    left[edges] = capacity;
    last[from] = edges++;
  }

  /** Returns which vertices lie on the sink's side of the minimum cut that is nearest to it. */
  boolean[] sinkSide(int source, int sink) {
    for (int[] levels = levels(source); levels[sink] != NONE; levels = levels(source)) {
      saturate(source, sink, levels);
    }
    boolean[] side = new boolean[last.length];
    Deque<Integer> open = new ArrayDeque<>();
    side[sink] = true;
    open.add(sink);
    while (!open.isEmpty()) {
      int at = open.remove();
      for (int e = last[at]; e != NONE; e = before[e]) {
        if (left[e ^ 1] > 0 && !side[to[e]]) {
          side[to[e]] = true;
          open.add(to[e]);
        }
      }
    }
    return side;
  }

  private int[] levels(int source) {
    int[] levels = new int[last.length];
    Arrays.fill(levels, NONE);
    Deque<Integer> open = new ArrayDeque<>();
    levels[source] = 0;
    open.add(source);
    while (!open.isEmpty()) {
      int at = open.remove();
      for (int e = last[at]; e != NONE; e = before[e]) {
        if (left[e] > 0 && levels[to[e]] == NONE) {
          levels[to[e]] = levels[at] + 1;
          open.add(to[e]);
        }
      }
    }
    return levels;
  }

  private void saturate(int source, int sink, int... levels) {
    int[] next = last.clone();
    int[] path = new int[last.length];
    int length = 0;
    int at = source;
    while (true) {
      if (at == sink) {
        long flow = INFINITE;
        for (int i = 0; i < length; i++) {
          flow = Math.min(flow, left[path[i]]);
        }
        int cut = 0;
        for (int i = length - 1; i >= 0; i--) {
          left[path[i]] -= flow;
          left[path[i] ^ 1] += flow;
          cut = left[path[i]] == 0 ? i : cut;
        }
        length = cut;
        at = to[path[cut] ^ 1];
        continue;
      }
      int e = next[at];
      while (e != NONE && (left[e] <= 0 || levels[to[e]] != levels[at] + 1)) {
        e = before[e];
      }
      next[at] = e;
      if (e != NONE) {
        path[length++] = e;
        at = to[e];
      } else if (at == source) {
        return;
      } else {
        at = to[path[--length] ^ 1];
        next[at] = before[next[at]];
      }
    }
  }
}
