package org.adjoint.lens.chart;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Lines of equal height over a grid, by marching squares: a line enters and leaves each cell of the
 * grid where the height on its sides, which is linear between corners, crosses the level. Cells
 * whose opposite corners are alike are decided by the mean of the corners. Source: W. Lorensen, H.
 * Cline, "Marching cubes", SIGGRAPH 1987, in two dimensions.
 */
final class Contours {
  /** A point of a line, in units of the grid: 1.5 is midway between columns 1 and 2. */
  record Point(double x, double y) {}

  private final double[][] heights;
  private final double level;

  /** By side of a cell the sides that a line goes on to; sides are numbered by {@link #side}. */
  private final Map<Integer, List<Integer>> next = new HashMap<>();

  private Contours(double[][] heights, double level) {
    this.heights = heights;
    this.level = level;
  }

  /**
   * Returns the lines of a level. A closed line ends where it begins. No line passes a cell with a
   * corner that is not finite.
   *
   * @param heights by row, then by column; rows are of one length
   */
  static List<List<Point>> of(double[][] heights, double level) {
    Contours contours = new Contours(heights, level);
    for (int row = 0; row + 1 < heights.length; row++) {
      for (int column = 0; column + 1 < heights[row].length; column++) {
        contours.cross(row, column);
      }
    }
    return contours.lines();
  }

  private boolean above(int row, int column) {
    return heights[row][column] >= level;
  }

  private int columns() {
    return heights[0].length;
  }

  /** Returns the number of the side from a corner to the one right of it, or to the one below. */
  private int side(int row, int column, boolean down) {
    return 2 * (row * columns() + column) + (down ? 1 : 0);
  }

  private void cross(int row, int column) {
    double sum =
        heights[row][column]
            + heights[row][column + 1]
            + heights[row + 1][column]
            + heights[row + 1][column + 1];
    if (Double.isNaN(sum) || Double.isInfinite(sum)) {
      return;
    }
    boolean a = above(row, column);
    boolean b = above(row, column + 1);
    boolean c = above(row + 1, column + 1);
    boolean d = above(row + 1, column);
    List<Integer> crossed = new ArrayList<>(); // clockwise from the top
    if (a != b) {
      crossed.add(side(row, column, false));
    }
    if (b != c) {
      crossed.add(side(row, column + 1, true));
    }
    if (c != d) {
      crossed.add(side(row + 1, column, false));
    }
    if (d != a) {
      crossed.add(side(row, column, true));
    }
    if (crossed.size() == 2) {
      join(crossed.get(0), crossed.get(1));
    } else if (crossed.size() == 4) {
      // Lines part the corners that differ from the middle: b and d, or else a and c.
      boolean apart = sum / 4 >= level == a;
      join(crossed.get(0), crossed.get(apart ? 1 : 3));
      join(crossed.get(2), crossed.get(apart ? 3 : 1));
    }
  }

  private void join(int side, int other) {
    next.computeIfAbsent(side, k -> new ArrayList<>()).add(other);
    next.computeIfAbsent(other, k -> new ArrayList<>()).add(side);
  }

  private List<List<Point>> lines() {
    List<List<Point>> lines = new ArrayList<>();
    Set<Integer> ends = new LinkedHashSet<>();
    List<Integer> sides = next.keySet().stream().sorted().toList();
    sides.stream().filter(side -> next.get(side).size() == 1).forEach(ends::add);
    ends.addAll(sides); // what is left after the open lines are closed ones
    for (int start : ends) {
      if (next.get(start).isEmpty()) {
        continue;
      }
      List<Point> line = new ArrayList<>(List.of(point(start)));
      int at = start;
      while (!next.get(at).isEmpty()) {
        int to = next.get(at).remove(0);
        next.get(to).remove(Integer.valueOf(at));
        line.add(point(to));
        at = to;
      }
      lines.add(line);
    }
    return lines;
  }

  private Point point(int side) {
    int row = side / 2 / columns();
    int column = side / 2 % columns();
    boolean down = side % 2 == 1;
    double from = heights[row][column];
    double to = down ? heights[row + 1][column] : heights[row][column + 1];
    double part = (level - from) / (to - from);
    return down ? new Point(column, row + part) : new Point(column + part, row);
  }
}
