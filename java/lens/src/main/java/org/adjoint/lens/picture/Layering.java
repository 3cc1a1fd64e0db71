package org.adjoint.lens.picture;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The first step of a layered drawing: each box gets a layer, and each value that is read further
 * on gets a bend in every layer between, so that all links lead from a layer to the next. Values
 * share their bends: however many boxes read a value, one line of it passes a layer.
 *
 * <p>Layers are those of the longest path, after which boxes move to where their links are shorter,
 * and layers that are too long are wrapped. Source of the method: K. Sugiyama, S. Tagawa, M. Toda,
 * "Methods for visual understanding of hierarchical system structures", IEEE Transactions on
 * Systems, Man, and Cybernetics 11, 1981.
 */
final class Layering {
  private static final int PASSES = 8;

  /** Boxes of one layer: some 2 000 pixels. */
  private static final int MOST_ABREAST = 16;

  /** A link between neighbouring layers; ends are boxes, or bends behind them. */
  record Link(int from, int port, int to) {}

  /** How many vertices are boxes: bends have the numbers from here on. */
  final int boxes;

  /** By vertex its layer. */
  final int[] layer;

  /** How many layers there are. */
  final int layers;

  final List<Link> links = new ArrayList<>();

  /** By vertex the vertices of the layer before and of the layer behind that it is linked to. */
  final List<List<Integer>> before = new ArrayList<>();

  final List<List<Integer>> behind = new ArrayList<>();

  private Layering(int boxes, int[] boxLayers, Map<Long, List<Integer>> readers) {
    this.boxes = boxes;
    List<Integer> all = new ArrayList<>();
    Arrays.stream(boxLayers).forEach(all::add);
    this.layers = 1 + Arrays.stream(boxLayers).max().orElse(-1);
    readers.forEach(
        (value, to) -> {
          int from = (int) (value >> 32);
          int port = value.intValue();
          int last = to.stream().mapToInt(all::get).max().orElseThrow();
          int at = from;
          for (int l = all.get(from) + 1; l <= last; l++) {
            for (int reader : to) {
              if (all.get(reader) == l) {
                links.add(new Link(at, at == from ? port : 0, reader));
              }
            }
            if (l < last) {
              int bend = all.size();
              all.add(l);
              links.add(new Link(at, at == from ? port : 0, bend));
              at = bend;
            }
          }
        });
    this.layer = all.stream().mapToInt(Integer::intValue).toArray();
    for (int v = 0; v < layer.length; v++) {
      before.add(new ArrayList<>());
      behind.add(new ArrayList<>());
    }
    for (Link link : links) {
      if (!behind.get(link.from).contains(link.to)) {
        behind.get(link.from).add(link.to);
        before.get(link.to).add(link.from);
      }
    }
  }

  static Layering of(Picture.Panel panel) {
    Map<Long, List<Integer>> readers = new LinkedHashMap<>();
    for (Picture.Edge edge : panel.edges()) {
      long value = (long) edge.from() << 32 | edge.port();
      List<Integer> known = readers.computeIfAbsent(value, v -> new ArrayList<>());
      if (!known.contains(edge.to())) {
        known.add(edge.to());
      }
    }
    return new Layering(panel.boxes().size(), layers(panel), readers);
  }

  private static int[] layers(Picture.Panel panel) {
    int n = panel.boxes().size();
    List<List<Integer>> in = new ArrayList<>();
    List<List<Integer>> out = new ArrayList<>();
    for (int v = 0; v < n; v++) {
      in.add(new ArrayList<>());
      out.add(new ArrayList<>());
    }
    for (Picture.Edge edge : panel.edges()) {
      in.get(edge.to()).add(edge.from());
      out.get(edge.from()).add(edge.to());
    }
    int[] layer = new int[n];
    for (int v = 0; v < n; v++) {
      for (int u : in.get(v)) {
        layer[v] = Math.max(layer[v], layer[u] + 1);
      }
    }
    boolean moved = true;
    for (int pass = 0; pass < PASSES && moved; pass++) {
      moved = false;
      for (int v = n - 1; v >= 0; v--) {
        int latest = out.get(v).stream().mapToInt(w -> layer[w] - 1).min().orElse(layer[v]);
        int earliest = in.get(v).stream().mapToInt(u -> layer[u] + 1).max().orElse(0);
        // What more links enter than leave stays early, so that the many are short; all else goes
        // as
        // far as it may, next to who reads it.
        int best = in.get(v).size() > out.get(v).size() ? earliest : latest;
        moved |= best != layer[v];
        layer[v] = best;
      }
    }
    return wrapped(in, out, layer);
  }

  /**
   * Returns layers of which none has more than {@link #MOST_ABREAST} boxes: a longer one becomes
   * several, in the first of which are boxes that have more links to what is before them.
   */
  private static int[] wrapped(List<List<Integer>> in, List<List<Integer>> out, int... layer) {
    List<List<Integer>> rows = new ArrayList<>();
    for (int v = 0; v < layer.length; v++) {
      while (rows.size() <= layer[v]) {
        rows.add(new ArrayList<>());
      }
      rows.get(layer[v]).add(v);
    }
    int[] wrapped = new int[layer.length];
    int at = 0;
    for (List<Integer> row : rows) {
      row.sort(Comparator.comparingInt(v -> out.get(v).size() - in.get(v).size()));
      int parts = Math.max(1, (row.size() + MOST_ABREAST - 1) / MOST_ABREAST);
      for (int i = 0; i < row.size(); i++) {
        wrapped[row.get(i)] = at + i * parts / row.size();
      }
      at += parts;
    }
    return wrapped;
  }

  /** Returns how many vertices there are, bends included. */
  int size() {
    return layer.length;
  }

  boolean isBend(int v) {
    return v >= boxes;
  }
}
