package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Tensors written down: vectors and matrices without dims, and the likes of another tensor. */
class LiteralsTest {
  @Test
  void numbersAndArraysWithoutDimsAreVectors() {
    assertEquals("F32[3]", Tensor.of(1f, 2f, 3f).toString());
    assertEquals("F64[2]", Tensor.of(1.5, 2).toString());
    assertEquals("I32[4]", Tensor.of(1, 2, 3, 4).toString());
    assertEquals("I64[2]", Tensor.of(1L, 2).toString());
    assertEquals("BOOL[2]", Tensor.of(true, false).toString());
    assertEquals("F32[1]", Tensor.of(new float[] {5}).toString());
    assertEquals("F64[0]", Tensor.of(new double[0]).toString());
    assertArrayEquals(new float[] {1, 2, 3}, Tensor.of(new float[] {1, 2, 3}).toArray());
    assertArrayEquals(new long[] {7, 8}, Tensor.of(new long[] {7, 8}).toLongArray());
  }

  @Test
  void dimsAreDimsStill() {
    assertEquals("F32[2, 2]", Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).toString());
    assertEquals("I64[2, 1]", Tensor.of(new long[] {3, 4}, 2, 1).toString());
    assertEquals("I64[1, 2]", Tensor.of(new long[] {3, 4}, new long[] {1, 2}).toString());
    assertEquals("F64[]", Tensor.of(new double[] {3}, new long[0]).toString());
  }

  @Test
  void rowsAreMatrices() {
    Tensor x = Tensor.of(new float[][] {{1, 2, 3}, {4, 5, 6}});
    assertEquals("F32[2, 3]", x.toString());
    assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, x.toArray());
    assertEquals("F64[1, 2]", Tensor.of(new double[][] {{1, 2}}).toString());
    assertEquals("I32[2, 1]", Tensor.of(new int[][] {{1}, {2}}).toString());
    assertEquals("I64[2, 0]", Tensor.of(new long[][] {{}, {}}).toString());
    assertEquals("BOOL[0, 0]", Tensor.of(new boolean[0][]).toString());
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> Tensor.of(new float[][] {{1, 2}, {3}}));
    assertEquals(
        "of: rows have different lengths: row 0 has 2 elements, row 1 has 1", e.getMessage());
  }

  @Test
  void likesTakeShapeAndDtype() {
    Tensor x = Tensor.of(new double[] {1, 2}, 2, 1);
    assertEquals("F64[2, 1]", x.zerosLike().toString());
    assertArrayEquals(new double[] {1, 1}, x.onesLike().toDoubleArray());
    assertArrayEquals(new double[] {2.5, 2.5}, x.fullLike(2.5).toDoubleArray());
    assertEquals("F64[]", x.scalarLike(3).toString());
    assertArrayEquals(new int[] {7, 7}, Tensor.of(1, 2).fullLike(7).toIntArray());
    Exception e = assertThrows(IllegalArgumentException.class, () -> Tensor.of(1, 2).fullLike(0.5));
    assertTrue(e.getMessage().contains("number 0.5 is no I32"), e.getMessage());
  }

  @Test
  void eyeHasOnesWhereRowAndColumnAreEqual() {
    long[][] sizes = {{3, 3}, {2, 4}, {4, 2}, {1, 1}, {0, 3}, {3, 0}, {1, 5}, {5, 1}};
    for (DType dtype : new DType[] {DType.F32, DType.F64, DType.I32, DType.I64}) {
      for (long[] size : sizes) {
        int rows = (int) size[0];
        int columns = (int) size[1];
        double[] expected = new double[rows * columns];
        for (int i = 0; i < Math.min(rows, columns); i++) {
          expected[i * columns + i] = 1;
        }
        Tensor eye = Tensor.eye(dtype, rows, columns);
        assertEquals(dtype + "[" + rows + ", " + columns + "]", eye.toString());
        assertArrayEquals(expected, eye.cast(DType.F64).toDoubleArray(), eye.toString());
      }
    }
    assertArrayEquals(
        new boolean[] {true, false, false, true}, Tensor.eye(DType.BOOL, 2).toBooleanArray());
    assertThrows(IllegalArgumentException.class, () -> Tensor.eye(DType.F32, -1));
  }

  @Test
  void aScalarOfAnotherDtypeIsToldWhatAdapts() {
    Exception e =
        assertThrows(
            IllegalArgumentException.class, () -> Tensor.of(1f, 2f).times(Tensor.scalar(2.0)));
    assertTrue(
        e.getMessage().contains("write a Java number (x.times(2)), which adapts"), e.getMessage());
    assertArrayEquals(
        new float[] {2, 4}, Tensor.of(1f, 2f).times(Tensor.of(1f).scalarLike(2)).toArray());
  }
}
