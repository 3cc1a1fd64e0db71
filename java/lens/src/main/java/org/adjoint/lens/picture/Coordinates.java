package org.adjoint.lens.picture;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The third step: where along its layer each vertex stands, so that links are straight where they
 * can be and long ones always are between their bends. Vertices that stand above each other form a
 * block; four alignments (upwards and downwards, to the left and to the right) are made, and each
 * vertex stands in the middle of its two middle places.
 *
 * <p>Source: U. Brandes, B. Köpf, "Fast and simple horizontal coordinate assignment", Graph Drawing
 * 2001. Blocks are placed by longest paths in the graph of blocks, which mends what the authors
 * correct in "Erratum: Fast and simple horizontal coordinate assignment", arXiv:2008.01252.
 */
final class Coordinates {
  /** How much wider than the narrowest an alignment may be and still count. */
  private static final double WIDER = 1.5;

  /**
   * How much wider than its longest layer a drawing may be: beyond, straight links cost too much.
   */
  private static final double SPREAD = 1.5;

  /** A drawing of that width may be as wide as it likes. */
  private static final double SCREEN = 1600;

  private final Layering layering;
  private final int[][] order;
  private final double[] size;
  private final int[] place;
  private final Set<Long> conflicts = new HashSet<>();

  private Coordinates(Layering layering, int[][] order, double[] size) {
    this.layering = layering;
    this.order = order;
    this.size = size;
    this.place = new int[layering.size()];
    for (int[] row : order) {
      for (int i = 0; i < row.length; i++) {
        place[row[i]] = i;
      }
    }
  }

  /**
   * Returns the centre of each vertex along its layer; the smallest edge of any is at 0.
   *
   * @param order by layer its vertices
   * @param size by vertex how much room it takes along its layer, what is to be left free included
   */
  static double[] of(Layering layering, int[][] order, double[] size) {
    Coordinates c = new Coordinates(layering, order, size);
    c.findConflicts();
    double[][] four = new double[4][];
    for (int i = 0; i < four.length; i++) {
      four[i] = c.aligned(i < 2, i % 2 == 0);
    }
    double[] x = c.balanced(four);
    double width = 0;
    for (int v = 0; v < x.length; v++) {
      width = Math.max(width, x[v] + size[v] / 2);
    }
    double most = Math.max(SCREEN, SPREAD * Packing.least(order, size));
    return width <= most ? x : Packing.of(layering, order, size, most);
  }

  private static long link(int upper, int lower) {
    return (long) upper << 32 | lower;
  }

  /** Notes the links that cross a link between two bends: the others stay straight. */
  private void findConflicts() {
    for (int l = 0; l + 1 < order.length; l++) {
      int left = 0;
      int done = 0;
      for (int i = 0; i < order[l + 1].length; i++) {
        int inner = innerStart(order[l + 1][i]);
        if (inner < 0 && i + 1 < order[l + 1].length) {
          continue;
        }
        int right = inner < 0 ? order[l].length - 1 : place[inner];
        for (; done <= i; done++) {
          int lower = order[l + 1][done];
          for (int upper : layering.before.get(lower)) {
            if ((place[upper] < left || place[upper] > right) && innerStart(lower) != upper) {
              conflicts.add(link(upper, lower));
            }
          }
        }
        left = right;
      }
    }
  }

  /** Returns the bend before a bend, −1 if there is none. */
  private int innerStart(int v) {
    if (!layering.isBend(v)) {
      return -1;
    }
    int u = layering.before.get(v).get(0);
    return layering.isBend(u) ? u : -1;
  }

  /** Returns the places of one of the four alignments. */
  private double[] aligned(boolean down, boolean fromLeft) {
    int n = layering.size();
    int[] root = IntStream.range(0, n).toArray();
    int[] next = root.clone();
    for (int i = 0; i < order.length; i++) {
      int[] row = order[down ? i : order.length - 1 - i];
      int last = -1;
      for (int j = 0; j < row.length; j++) {
        int v = row[fromLeft ? j : row.length - 1 - j];
        List<Integer> near = down ? layering.before.get(v) : layering.behind.get(v);
        int[] sorted =
            near.stream()
                .sorted(Comparator.comparingInt(u -> seen(u, fromLeft)))
                .mapToInt(Integer::intValue)
                .toArray();
        for (int m = (sorted.length - 1) / 2; m <= sorted.length / 2 && m < sorted.length; m++) {
          int u = sorted[m];
          boolean free = !conflicts.contains(down ? link(u, v) : link(v, u));
          if (next[v] == v && free && last < seen(u, fromLeft)) {
            next[u] = v;
            root[v] = root[u];
            next[v] = root[v];
            last = seen(u, fromLeft);
          }
        }
      }
    }
    double[] x = compact(root, fromLeft);
    if (!fromLeft) {
      for (int v = 0; v < n; v++) {
        x[v] = -x[v];
      }
    }
    return x;
  }

  private int seen(int v, boolean fromLeft) {
    return fromLeft ? place[v] : order[layering.layer[v]].length - 1 - place[v];
  }

  /** Places blocks as near to the left as their neighbours allow, then closes gaps to the right. */
  private double[] compact(int[] root, boolean fromLeft) {
    int n = layering.size();
    int[][] edges = new int[n][];
    int count = 0;
    int[] in = new int[n];
    int[][] pairs = new int[n][];
    for (int[] row : order) {
      for (int j = 0; j + 1 < row.length; j++) {
        int v = row[fromLeft ? j : row.length - 1 - j];
        int w = row[fromLeft ? j + 1 : row.length - 2 - j];
        pairs[count++] = new int[] {v, w};
        in[root[w]]++;
      }
    }
    int[] out = new int[n];
    for (int i = 0; i < count; i++) {
      out[root[pairs[i][0]]]++;
    }
    for (int v = 0; v < n; v++) {
      edges[v] = new int[out[v]];
    }
    for (int i = 0; i < count; i++) {
      int block = root[pairs[i][0]];
      edges[block][--out[block]] = i;
    }
    int[] sorted = new int[n];
    int end = 0;
    for (int v = 0; v < n; v++) {
      if (root[v] == v && in[v] == 0) {
        sorted[end++] = v;
      }
    }
    double[] x = new double[n];
    for (int i = 0; i < end; i++) {
      for (int edge : edges[sorted[i]]) {
        int to = root[pairs[edge][1]];
        x[to] = Math.max(x[to], x[sorted[i]] + apart(pairs[edge]));
        if (--in[to] == 0) {
          sorted[end++] = to;
        }
      }
    }
    for (int i = end - 1; i >= 0; i--) {
      double most = Double.POSITIVE_INFINITY;
      for (int edge : edges[sorted[i]]) {
        most = Math.min(most, x[root[pairs[edge][1]]] - apart(pairs[edge]));
      }
      if (most < Double.POSITIVE_INFINITY) {
        x[sorted[i]] = Math.max(x[sorted[i]], most);
      }
    }
    double[] all = new double[n];
    for (int v = 0; v < n; v++) {
      all[v] = x[root[v]];
    }
    return all;
  }

  private double apart(int... pair) {
    return (size[pair[0]] + size[pair[1]]) / 2;
  }

  /**
   * Returns the means of the two middle places, after the alignments stand on the narrowest of
   * them. One that is much wider does not count: where each vertex has two before it, aligning to
   * one side makes a staircase of what another alignment draws straight.
   */
  private double[] balanced(double[][] four) {
    double[] low = new double[four.length];
    double[] high = new double[four.length];
    int narrow = 0;
    for (int i = 0; i < four.length; i++) {
      low[i] = Double.POSITIVE_INFINITY;
      high[i] = Double.NEGATIVE_INFINITY;
      for (int v = 0; v < four[i].length; v++) {
        low[i] = Math.min(low[i], four[i][v] - size[v] / 2);
        high[i] = Math.max(high[i], four[i][v] + size[v] / 2);
      }
      narrow = high[i] - low[i] < high[narrow] - low[narrow] ? i : narrow;
    }
    double most = WIDER * (high[narrow] - low[narrow]);
    int[] kept = IntStream.range(0, four.length).filter(i -> high[i] - low[i] <= most).toArray();
    double[] x = new double[layering.size()];
    double least = Double.POSITIVE_INFINITY;
    for (int v = 0; v < x.length; v++) {
      double[] places = new double[kept.length];
      for (int k = 0; k < kept.length; k++) {
        int i = kept[k];
        boolean left = i % 2 == 0;
        places[k] = four[i][v] + (left ? low[narrow] - low[i] : high[narrow] - high[i]);
      }
      Arrays.sort(places);
      x[v] = (places[(kept.length - 1) / 2] + places[kept.length / 2]) / 2;
      least = Math.min(least, x[v] - size[v] / 2);
    }
    for (int v = 0; v < x.length; v++) {
      x[v] -= least;
    }
    return x;
  }
}
