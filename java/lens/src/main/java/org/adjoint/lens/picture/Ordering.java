package org.adjoint.lens.picture;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The second step: the order of each layer, such that few links cross. Sweeps down and up sort each
 * layer by the medians of neighbours, then neighbours change places where that helps; the order
 * with the fewest crossings of a fixed number of sweeps stays.
 *
 * <p>Source: E. Gansner, E. Koutsofios, S. North, K.-P. Vo, "A technique for drawing directed
 * graphs", IEEE Transactions on Software Engineering 19(3), 1993, section 3. Crossings are counted
 * as in W. Barth, M. Jünger, P. Mutzel, "Simple and efficient bilayer cross counting", Graph
 * Drawing 2002.
 */
final class Ordering {
  private static final int SWEEPS = 16;

  private final Layering layering;
  private int[][] order;
  private final int[] place;
  private final int[][] before;
  private final int[][] behind;

  private Ordering(Layering layering) {
    this.layering = layering;
    this.place = new int[layering.size()];
    this.before = arrays(layering.before);
    this.behind = arrays(layering.behind);
  }

  /** Returns by layer its vertices, in their order. */
  static int[][] of(Layering layering) {
    Ordering ordering = new Ordering(layering);
    ordering.start();
    ordering.improve();
    return ordering.order;
  }

  private static int[][] arrays(List<List<Integer>> lists) {
    return lists.stream()
        .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
        .toArray(int[][]::new);
  }

  /** Begins with the order of a walk along links, which keeps together what belongs together. */
  private void start() {
    List<List<Integer>> found = new ArrayList<>();
    for (int l = 0; l < layering.layers; l++) {
      found.add(new ArrayList<>());
    }
    boolean[] seen = new boolean[layering.size()];
    List<Integer> stack = new ArrayList<>();
    for (int root = 0; root < layering.size(); root++) {
      stack.add(root);
      while (!stack.isEmpty()) {
        int v = stack.remove(stack.size() - 1);
        if (seen[v]) {
          continue;
        }
        seen[v] = true;
        found.get(layering.layer[v]).add(v);
        push(stack, seen, layering.behind.get(v));
        push(stack, seen, layering.before.get(v));
      }
    }
    order = new int[layering.layers][];
    for (int l = 0; l < order.length; l++) {
      order[l] = found.get(l).stream().mapToInt(Integer::intValue).toArray();
      renumber(l);
    }
  }

  private static void push(List<Integer> stack, boolean[] seen, List<Integer> more) {
    for (int i = more.size() - 1; i >= 0; i--) {
      if (!seen[more.get(i)]) {
        stack.add(more.get(i));
      }
    }
  }

  private void renumber(int l) {
    for (int i = 0; i < order[l].length; i++) {
      place[order[l][i]] = i;
    }
  }

  private void improve() {
    int[][] best = copy(order);
    long fewest = crossings();
    for (int sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
      boolean down = sweep % 2 == 0;
      for (int i = 1; i < order.length; i++) {
        sort(down ? i : order.length - 1 - i, down);
      }
      exchange();
      long now = crossings();
      if (now < fewest) {
        fewest = now;
        best = copy(order);
      }
    }
    order = best;
    for (int l = 0; l < order.length; l++) {
      renumber(l);
    }
  }

  private static int[][] copy(int[][] order) {
    return Arrays.stream(order).map(int[]::clone).toArray(int[][]::new);
  }

  /** Sorts a layer by the medians of its links; what has none keeps its place. */
  private void sort(int l, boolean down) {
    double[] medians = new double[order[l].length];
    List<Integer> linked = new ArrayList<>();
    for (int i = 0; i < order[l].length; i++) {
      int v = order[l][i];
      int[] places = places(down ? before[v] : behind[v]);
      medians[i] = median(places);
      if (places.length > 0) {
        linked.add(i);
      }
    }
    List<Integer> sorted = new ArrayList<>(linked);
    sorted.sort(Comparator.comparingDouble(i -> medians[i]));
    int[] next = order[l].clone();
    for (int i = 0; i < linked.size(); i++) {
      next[linked.get(i)] = order[l][sorted.get(i)];
    }
    order[l] = next;
    renumber(l);
  }

  private int[] places(int... neighbours) {
    int[] places = new int[neighbours.length];
    for (int i = 0; i < places.length; i++) {
      places[i] = place[neighbours[i]];
    }
    Arrays.sort(places);
    return places;
  }

  /** Returns the weighted median of section 3.1: between two middles, nearer to the denser side. */
  private static double median(int... places) {
    int n = places.length;
    int middle = n / 2;
    if (n == 0) {
      return 0;
    }
    if (n % 2 == 1) {
      return places[middle];
    }
    if (n == 2) {
      return (places[0] + places[1]) / 2.0;
    }
    double left = places[middle - 1] - places[0];
    double right = places[n - 1] - places[middle];
    return left + right == 0
        ? (places[middle - 1] + places[middle]) / 2.0
        : (places[middle - 1] * right + places[middle] * left) / (left + right);
  }

  /** Lets neighbours of a layer change places as long as that saves crossings. */
  private void exchange() {
    boolean changed = true;
    for (int pass = 0; pass < SWEEPS && changed; pass++) {
      changed = false;
      for (int[] row : order) {
        for (int i = 0; i + 1 < row.length; i++) {
          int v = row[i];
          int w = row[i + 1];
          if (between(w, v) < between(v, w)) {
            row[i] = w;
            row[i + 1] = v;
            place[w] = i;
            place[v] = i + 1;
            changed = true;
          }
        }
      }
    }
  }

  /** Returns how often links of {@code v} cross those of {@code w}, with v to the left. */
  private long between(int v, int w) {
    return crossings(places(before[v]), places(before[w]))
        + crossings(places(behind[v]), places(behind[w]));
  }

  private static long crossings(int[] left, int[] right) {
    long count = 0;
    int below = 0;
    for (int l : left) {
      while (below < right.length && right[below] < l) {
        below++;
      }
      count += below;
    }
    return count;
  }

  /** Returns how many pairs of links cross in the whole drawing. */
  private long crossings() {
    long count = 0;
    for (int l = 0; l + 1 < order.length; l++) {
      long[] tree = new long[order[l + 1].length + 1];
      long seen = 0;
      for (int v : order[l]) {
        int[] ends = places(behind[v]);
        for (int end : ends) {
          count += seen - upTo(tree, end);
        }
        for (int end : ends) {
          add(tree, end);
          seen++;
        }
      }
    }
    return count;
  }

  private static long upTo(long[] tree, int end) {
    long sum = 0;
    for (int i = end + 1; i > 0; i -= i & -i) {
      sum += tree[i];
    }
    return sum;
  }

  private static void add(long[] tree, int end) {
    for (int i = end + 1; i < tree.length; i += i & -i) {
      tree[i]++;
    }
  }
}
