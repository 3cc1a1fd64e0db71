package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.adjoint.check.GradCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Axes dropped, added, merged and moved, and elements moved along one, against plain loops. */
class AxesTest {
  private static final Tensor X = Tensor.arange(24).reshape(2, 1, 3, 4);

  private static void has(Tensor x, long... dims) {
    assertEquals(Shape.of(dims), x.shape());
    assertArrayEquals(Tensor.arange(24).toLongArray(), x.toLongArray()); // in the same order
  }

  private static void says(String text, Executable call) {
    Exception e = assertThrows(IllegalArgumentException.class, call);
    assertTrue(e.getMessage().contains(text), e.getMessage());
  }

  @Test
  void axesOfSizeOneComeAndGo() {
    has(X.squeeze(), 2, 3, 4);
    has(X.squeeze(1), 2, 3, 4);
    has(X.squeeze(-3), 2, 3, 4);
    has(X.unsqueeze(0), 1, 2, 1, 3, 4);
    has(X.unsqueeze(-1), 2, 1, 3, 4, 1);
    has(X.unsqueeze(2), 2, 1, 1, 3, 4);
    has(X.flatten(), 24);
    has(X.flatten(1, 2), 2, 3, 4);
    has(X.flatten(0, -1), 24);
    has(X.flatten(2, 2), 2, 1, 3, 4);
    assertEquals("F32[1]", Tensor.scalar(1f).flatten(0, -1).toString());
    assertEquals("F32[]", Tensor.of(1f).squeeze().toString());
    says("squeeze: axis 2 of [2, 1, 3, 4] has size 3, not 1", () -> X.squeeze(2));
    says("unsqueeze: axis 6 is none of the 5 axes", () -> X.unsqueeze(6));
    says("flatten: axis 3 of [2, 1, 3, 4] comes after axis 1", () -> X.flatten(3, 1));
  }

  @Test
  void axesMove() {
    Tensor x = Tensor.arange(24).reshape(2, 3, 4);
    long[] expected = new long[24];
    for (int i = 0; i < 24; i++) {
      expected[i % 4 * 6 + i / 12 * 3 + i / 4 % 3] = i; // [4, 2, 3]
    }
    assertArrayEquals(expected, x.moveAxis(-1, 0).toLongArray());
    assertEquals(Shape.of(3, 4, 2), x.moveAxis(0, 2).shape());
    assertEquals(Shape.of(2, 3, 4), x.moveAxis(1, 1).shape());
    assertArrayEquals(x.transpose(0, 2).toLongArray(), x.swapAxes(0, 2).toLongArray());
    says("axis 3 is not one of the 3 axes", () -> x.moveAxis(3, 0));
  }

  @Test
  void expandKeepsWhereItSaysMinusOne() {
    Tensor x = Tensor.of(new float[] {1, 2}, 2, 1);
    assertArrayEquals(new float[] {1, 1, 1, 2, 2, 2}, x.expand(-1, 3).toArray());
    assertEquals(Shape.of(5, 2, 3), x.expand(5, -1, 3).shape());
    says("expand: [2, 1] to [-1, 2, 1]", () -> x.expand(-1, 2, 1));
    says("does not broadcast to [3, 1]", () -> x.expand(3, 1));
  }

  @Test
  void rollMovesElementsAround() {
    int n = 5;
    for (int shift = -12; shift <= 12; shift++) {
      float[] expected = new float[n];
      for (int i = 0; i < n; i++) {
        expected[Math.floorMod(i + shift, n)] = i;
      }
      assertArrayEquals(expected, Tensor.arange(n).cast(DType.F32).roll(0, shift).toArray());
    }
    assertEquals(Shape.of(0), Tensor.zeros(DType.F32, 0).roll(0, 3).shape());
    GradCheck.check(
        x -> x.roll(1, 2).times(x).sum(), Tensor.of(new double[][] {{1, 2, 3}, {4, 5, 6}}));
  }

  @Test
  void elementsRepeatEachAsOftenAsTold() {
    Tensor x = Tensor.of(new double[][] {{1, 2, 3}, {4, 5, 6}});
    assertArrayEquals(
        new double[] {1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6},
        x.repeatInterleave(1, 2).toDoubleArray());
    assertArrayEquals(
        new double[] {2, 3, 3, 3, 5, 6, 6, 6}, x.repeatInterleave(1, 0, 1, 3).toDoubleArray());
    assertEquals(Shape.of(0, 3), x.repeatInterleave(0, 0, 0).shape());
    says("2 counts for axis 1 of [2, 3]", () -> x.repeatInterleave(1, 1, 2));
    says("negative count in [-1]", () -> x.repeatInterleave(0, -1));
    GradCheck.check(t -> t.repeatInterleave(-1, 2, 0, 1).square().sum(), x);
  }

  @Test
  void traceAddsTheDiagonal() {
    Tensor x = Tensor.of(new double[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 2, 2, 3);
    assertArrayEquals(new double[] {1 + 5, 7 + 11}, x.trace().toDoubleArray());
    GradCheck.check(t -> t.trace().square().sum(), x);
    assertThrows(IllegalArgumentException.class, () -> Tensor.of(1f).trace());
  }
}
