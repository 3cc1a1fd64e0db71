package org.adjoint.lens.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.lens.graph.Reading.Vertex;

/**
 * Finds the layers of a network in its graph, by the paths that nn gives parameters: an op belongs
 * to the layer whose parameters it reads, and so does what lies between two ops of the layer. A
 * layer that is applied twice, such as the cell of a recurrent network, is there twice. What reads
 * no parameter, an activation for example, belongs to no layer.
 *
 * <p>A layer whose box would close a cycle, or would swallow part of another, has no box.
 */
final class Layers {
  private static final int FREE = -1;

  private final List<Vertex> vertices;

  /** By vertex the number of the layer that it belongs to. */
  private final int[] member;

  private final List<String> paths = new ArrayList<>();
  private final Map<String, Integer> uses = new LinkedHashMap<>();

  private Layers(List<Vertex> vertices) {
    this.vertices = vertices;
    this.member = new int[vertices.size()];
    Arrays.fill(member, FREE);
  }

  /**
   * Returns by vertex the name of the box that it belongs to, empty for none; the second use of a
   * layer is called {@code fc1 (2)}.
   *
   * @param path by vertex the path of the layer that a parameter belongs to, empty for others and
   *     for layers that are to be open
   */
  static String[] of(List<Vertex> vertices, String... path) {
    Layers layers = new Layers(vertices);
    layers.collect(path);
    layers.close();
    layers.openCycles();
    return layers.names(path);
  }

  /** Joins ops that read parameters of one layer, as far as they feed each other. */
  private void collect(String... path) {
    int n = vertices.size();
    String[] reads = new String[n];
    int[] root = new int[n];
    for (int v = 0; v < n; v++) {
      root[v] = v;
      if (!vertices.get(v).isOp()) {
        continue;
      }
      for (int u : vertices.get(v).inputs()) {
        if (!path[u].isEmpty()) {
          reads[v] = path[u];
        }
      }
      for (int u : vertices.get(v).inputs()) {
        if (reads[v] != null && reads[v].equals(reads[u])) {
          root[find(root, u)] = find(root, v);
        }
      }
    }
    Map<Integer, Integer> numbers = new LinkedHashMap<>();
    for (int v = 0; v < n; v++) {
      if (reads[v] != null) {
        String layer = reads[v];
        member[v] =
            numbers.computeIfAbsent(
                find(root, v),
                r -> {
                  paths.add(layer);
                  return paths.size() - 1;
                });
      }
    }
  }

  private static int find(int[] root, int v) {
    int at = v;
    while (root[at] != at) {
      root[at] = root[root[at]];
      at = root[at];
    }
    return at;
  }

  /** Adds to each layer what lies on a way from one of its ops to another. */
  private void close() {
    int n = vertices.size();
    for (int layer = 0; layer < paths.size(); layer++) {
      boolean[] behind = new boolean[n];
      boolean[] before = new boolean[n];
      for (int v = 0; v < n; v++) {
        for (int u : vertices.get(v).inputs()) {
          behind[v] |= behind[u] || member[u] == layer;
        }
      }
      for (int v = n - 1; v >= 0; v--) {
        if (before[v] || member[v] == layer) {
          for (int u : vertices.get(v).inputs()) {
            before[u] = true;
          }
        }
      }
      boolean swallows = false;
      List<Integer> between = new ArrayList<>();
      for (int v = 0; v < n; v++) {
        if (behind[v] && before[v] && member[v] != layer) {
          between.add(v);
          swallows |= member[v] != FREE;
        }
      }
      if (swallows) {
        open(layer);
      } else {
        for (int v : between) {
          member[v] = layer;
        }
      }
    }
  }

  private void open(int layer) {
    for (int v = 0; v < member.length; v++) {
      member[v] = member[v] == layer ? FREE : member[v];
    }
  }

  /** Opens layers until the boxes form no cycle. */
  private void openCycles() {
    for (int layer = cyclic(); layer != FREE; layer = cyclic()) {
      open(layer);
    }
  }

  /** Returns a layer whose box is on a cycle or behind one. */
  private int cyclic() {
    int n = vertices.size();
    int[] box = new int[n];
    for (int v = 0; v < n; v++) {
      box[v] = member[v] == FREE ? v : n + member[v];
    }
    List<List<Integer>> out = new ArrayList<>();
    for (int b = 0; b < n + paths.size(); b++) {
      out.add(new ArrayList<>());
    }
    int[] in = new int[n + paths.size()];
    for (int v = 0; v < n; v++) {
      for (int u : vertices.get(v).inputs()) {
        if (box[u] != box[v]) {
          out.get(box[u]).add(box[v]);
          in[box[v]]++;
        }
      }
    }
    Deque<Integer> ready = new ArrayDeque<>();
    for (int b = 0; b < in.length; b++) {
      if (in[b] == 0) {
        ready.add(b);
      }
    }
    while (!ready.isEmpty()) {
      for (int to : out.get(ready.remove())) {
        if (--in[to] == 0) {
          ready.add(to);
        }
      }
    }
    for (int layer = 0; layer < paths.size(); layer++) {
      if (in[n + layer] > 0) {
        return layer;
      }
    }
    return FREE;
  }

  private String[] names(String... path) {
    String[] names = new String[vertices.size()];
    String[] layerNames = new String[paths.size()];
    for (int v = 0; v < names.length; v++) {
      int layer = member[v];
      names[v] = "";
      if (layer != FREE) {
        if (layerNames[layer] == null) {
          int use = uses.merge(paths.get(layer), 1, Integer::sum);
          layerNames[layer] = paths.get(layer) + (use == 1 ? "" : " (" + use + ")");
        }
        names[v] = layerNames[layer];
      }
    }
    // A parameter that one box alone reads goes into it.
    for (int v = 0; v < names.length; v++) {
      for (int u : vertices.get(v).inputs()) {
        if (!path[u].isEmpty() && names[u].isEmpty() && !names[v].isEmpty()) {
          names[u] = names[v];
        }
      }
    }
    for (int v = 0; v < names.length; v++) {
      for (int u : vertices.get(v).inputs()) {
        if (!path[u].isEmpty() && !names[u].equals(names[v])) {
          names[u] = "";
        }
      }
    }
    return names;
  }
}
