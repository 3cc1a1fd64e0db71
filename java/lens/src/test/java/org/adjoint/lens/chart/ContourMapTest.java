package org.adjoint.lens.chart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.adjoint.lens.chart.Contours.Point;
import org.junit.jupiter.api.Test;

/** Lines of equal height, images, and the map that is made of them. */
class ContourMapTest {
  private interface Height {
    double at(double x, double y);
  }

  private static double[][] grid(int size, Height height) {
    double[][] heights = new double[size][size];
    for (int row = 0; row < size; row++) {
      for (int column = 0; column < size; column++) {
        heights[row][column] = height.at(column, row);
      }
    }
    return heights;
  }

  @Test
  void aHillHasOneClosedLine() {
    List<List<Point>> lines = Contours.of(grid(21, (x, y) -> Math.hypot(x - 10, y - 10)), 6.5);
    assertEquals(1, lines.size());
    List<Point> line = lines.get(0);
    assertEquals(line.get(0), line.get(line.size() - 1));
    assertTrue(line.size() > 30, line.size() + " points");
    for (Point point : line) {
      assertEquals(6.5, Math.hypot(point.x() - 10, point.y() - 10), 0.05);
    }
  }

  @Test
  void aSlopeHasOneOpenLineFromEdgeToEdge() {
    List<List<Point>> lines = Contours.of(grid(5, (x, y) -> x + y / 4), 2.5);
    assertEquals(1, lines.size());
    List<Point> line = lines.get(0);
    assertEquals(2.5, line.get(0).x() + line.get(0).y() / 4, 1e-12);
    assertEquals(4, Math.abs(line.get(0).y() - line.get(line.size() - 1).y()), 1e-12);
  }

  /** Of a cell with alike opposite corners the mean decides which two are joined. */
  @Test
  void aSaddleIsPartedByItsMean() {
    double[][] low = {{4, 0}, {0, 3}};
    double[][] high = {{4, 1}, {1, 3}};
    for (List<Point> line : Contours.of(low, 1.9)) {
      assertTrue(corner(line) == 0 || corner(line) == 2, "around a high corner: " + line);
    }
    for (List<Point> line : Contours.of(high, 1.9)) {
      assertTrue(corner(line) == 1, "around a low corner: " + line);
    }
    assertEquals(2, Contours.of(low, 1.9).size());
    assertEquals(2, Contours.of(high, 1.9).size());
  }

  /** Returns x + y of the corner that a line of two points goes around. */
  private static double corner(List<Point> line) {
    double sum = 0;
    for (Point point : line) {
      boolean onSide = point.x() == 0 || point.x() == 1;
      sum += onSide ? point.x() : point.y();
    }
    return sum;
  }

  @Test
  void noLinePassesWhereThereIsNoHeight() {
    double[][] heights = grid(4, (x, y) -> x == 1 && y == 1 ? Double.NaN : x);
    for (List<Point> line : Contours.of(heights, 1.5)) {
      for (Point point : line) {
        assertTrue(point.y() >= 2, point.toString());
      }
    }
    assertFalse(Contours.of(heights, 1.5).isEmpty());
  }

  @Test
  void anImageHoldsItsPixels() throws DataFormatException {
    int[][] rgb = {{0xff0000, 0x00ff00}, {0x0000ff, 0x123456}};
    ByteBuffer file = ByteBuffer.wrap(Png.bytes(rgb));
    assertEquals(0x89504E470D0A1A0AL, file.getLong());
    byte[] header = chunk(file, "IHDR");
    assertArrayEquals(new byte[] {0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0}, header);
    Inflater inflater = new Inflater();
    inflater.setInput(chunk(file, "IDAT"));
    byte[] rows = new byte[14];
    assertEquals(14, inflater.inflate(rows));
    assertTrue(inflater.finished());
    inflater.end();
    byte[] expected = {0, -1, 0, 0, 0, -1, 0, 0, 0, 0, -1, 0x12, 0x34, 0x56};
    assertArrayEquals(expected, rows);
    chunk(file, "IEND");
    assertEquals(0, file.remaining());
  }

  private static byte[] chunk(ByteBuffer file, String name) {
    byte[] data = new byte[file.getInt()];
    byte[] letters = new byte[4];
    file.get(letters).get(data);
    assertEquals(name, new String(letters));
    CRC32 sum = new CRC32();
    sum.update(letters);
    sum.update(data);
    assertEquals((int) sum.getValue(), file.getInt());
    return data;
  }

  private static ContourMap map(double[][] heights) {
    double[] at = new double[heights.length];
    for (int i = 0; i < at.length; i++) {
      at[i] = i;
    }
    return ContourMap.of(
        "Loss", Axis.linear("a"), Axis.linear("b"), Axis.linear("loss"), at, at, heights);
  }

  @Test
  void heightsCanBePointedAtAndThePathHasItsPlaces() {
    String svg =
        map(grid(5, (x, y) -> x * x + y))
            .path(new double[] {4, 2, 0}, new double[] {4, 1, 0})
            .svg();
    assertTrue(svg.contains("data-x=\"a 3, b 2\" data-y=\"loss: 11\""), svg);
    assertTrue(svg.contains("lowest 0, highest 20, a path of 3 points."), svg);
    assertTrue(svg.contains("class=\"end\" data-place=\"2\""), svg);
    assertTrue(svg.contains("class=\"contour high\""), svg);
    assertEquals(
        svg,
        map(grid(5, (x, y) -> x * x + y))
            .path(new double[] {4, 2, 0}, new double[] {4, 1, 0})
            .svg());
  }

  @Test
  void aMapOfNothingFiniteIsDrawn() {
    String svg = map(grid(3, (x, y) -> Double.NaN)).svg();
    assertTrue(svg.contains("data-y=\"loss: NaN\""), svg);
    assertFalse(svg.contains("class=\"contour"), svg);
  }

  @Test
  void sizesThatDoNotFitAreRefused() {
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> map(new double[][] {{1, 2}, {3}}));
    assertEquals(
        "contour map 'Loss': needs 2 rows of 2 heights, at least 2 of 2, got rows of [2, 1]",
        e.getMessage());
  }
}
