package org.adjoint.lens.picture;

import java.util.List;

/**
 * Places vertices in a width that is given: sweeps over the layers, down and up by turns, bring
 * each vertex as near to the mean of its neighbours as the order in its layer and the room allow.
 * Links are less straight than {@link Coordinates} makes them, and the drawing is no wider than it
 * must be.
 *
 * <p>A sweep minimises the sum of squares of the distances from the means, an isotonic regression;
 * source: R. Barlow, D. Bartholomew, J. Bremner, H. Brunk, "Statistical inference under order
 * restrictions", Wiley 1972, the algorithm of pooled adjacent violators.
 */
final class Packing {
  private static final int SWEEPS = 24;

  private final Layering layering;
  private final int[][] order;
  private final double[] size;
  private final double width;
  private final double[] x;

  private Packing(Layering layering, int[][] order, double[] size, double width) {
    this.layering = layering;
    this.order = order;
    this.size = size;
    this.width = width;
    this.x = new double[layering.size()];
  }

  /** Returns the width of the longest layer, without any gap. */
  static double least(int[][] order, double[] size) {
    double most = 0;
    for (int[] row : order) {
      double width = 0;
      for (int v : row) {
        width += size[v];
      }
      most = Math.max(most, width);
    }
    return most;
  }

  /**
   * Returns the centre of each vertex along its layer, between 0 and the width.
   *
   * @param order by layer its vertices
   * @param size by vertex how much room it takes along its layer
   * @param width at least {@link #least}
   */
  static double[] of(Layering layering, int[][] order, double[] size, double width) {
    Packing packing = new Packing(layering, order, size, width);
    for (int[] row : order) {
      packing.place(row, new double[row.length]);
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      boolean down = sweep % 2 == 0;
      for (int i = 0; i < order.length; i++) {
        int[] row = order[down ? i : order.length - 1 - i];
        packing.place(row, packing.wanted(row, down ? layering.before : layering.behind));
      }
    }
    return packing.x;
  }

  /** Returns the mean place of the neighbours of each vertex of a layer. */
  private double[] wanted(int[] row, List<List<Integer>> neighbours) {
    double[] wanted = new double[row.length];
    for (int i = 0; i < row.length; i++) {
      List<Integer> near = neighbours.get(row[i]);
      wanted[i] = near.stream().mapToDouble(v -> x[v]).average().orElse(x[row[i]]);
    }
    return wanted;
  }

  /** Places a layer as near to what is wanted as its order and the width allow. */
  private void place(int[] row, double... wanted) {
    int n = row.length;
    // From here on places are counted without the room that the vertices before take.
    double[] taken = new double[n];
    double before = 0;
    for (int i = 0; i < n; i++) {
      taken[i] = before + size[row[i]] / 2;
      before += size[row[i]];
    }
    double[] mean = new double[n];
    int[] count = new int[n];
    int pools = 0;
    for (int i = 0; i < n; i++) {
      mean[pools] = wanted[i] - taken[i];
      count[pools++] = 1;
      while (pools > 1 && mean[pools - 2] > mean[pools - 1]) {
        int all = count[pools - 2] + count[pools - 1];
        double sum = mean[pools - 2] * count[pools - 2] + mean[pools - 1] * count[pools - 1];
        mean[pools - 2] = sum / all;
        count[pools - 2] = all;
        pools--;
      }
    }
    int at = 0;
    for (int pool = 0; pool < pools; pool++) {
      double place = Math.min(Math.max(mean[pool], 0), width - before);
      for (int i = 0; i < count[pool]; i++, at++) {
        x[row[at]] = place + taken[at];
      }
    }
  }
}
