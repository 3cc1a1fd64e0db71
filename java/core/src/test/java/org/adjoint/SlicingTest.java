package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.adjoint.check.GradCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Parts of tensors named by slices and by text, against plain loops. */
class SlicingTest {
  /** Element [i, j, k] is 100i + 10j + k, so that each says where it comes from. */
  private static final Tensor X = cube(4, 5, 6);

  private static Tensor cube(int a, int b, int c) {
    double[] data = new double[a * b * c];
    for (int i = 0; i < data.length; i++) {
      data[i] = 100 * (i / (b * c)) + 10 * (i / c % b) + i % c;
    }
    return Tensor.of(data, a, b, c);
  }

  private static void is(Tensor y, long[] dims, double... expected) {
    assertEquals(Shape.of(dims), y.shape());
    assertArrayEquals(expected, y.toDoubleArray());
  }

  @Test
  void slicesNameAPartAnAxis() {
    is(
        X.at(Slice.of(1, 3), Slice.ALL, Slice.last(-1)),
        new long[] {2, 5},
        105,
        115,
        125,
        135,
        145,
        205,
        215,
        225,
        235,
        245);
    is(X.at(Slice.at(0), Slice.at(-1), Slice.from(-2)), new long[] {2}, 44, 45);
    is(X.at(Slice.at(0), Slice.at(0), Slice.to(2)), new long[] {2}, 0, 1);
    is(X.at(Slice.at(3), Slice.at(4), Slice.at(5)), new long[0], 345);
    assertEquals(X.shape(), X.at().shape());
    assertEquals(Shape.of(1, 4, 1, 5, 6), X.at("new, :, new").shape());
  }

  @Test
  void textSaysTheSame() {
    is(X.at("1:3, ..., -1").at("0, ::2"), new long[] {3}, 105, 125, 145);
    is(X.at(" 0 ,1 , 1 : 4 "), new long[] {3}, 11, 12, 13);
    is(X.at("-1,-1,-2:"), new long[] {2}, 344, 345);
    is(X.at("0,0,::-1"), new long[] {6}, 5, 4, 3, 2, 1, 0);
    is(X.at("0,0,4:1:-2"), new long[] {2}, 4, 2);
    is(X.at("0,0,-2::-3"), new long[] {2}, 4, 1);
    is(X.at("...,0,0"), new long[] {4}, 0, 100, 200, 300);
    is(X.at("0:0,0,0"), new long[] {0});
    is(X.at("0,0,3:1"), new long[] {0});
    assertEquals(X.shape(), X.at("").shape());
    assertEquals(X.shape(), X.at("...").shape());
    for (String text : new String[] {"1:3", ":", "::2", "1:", "-3::-1", "4", "...", "new"}) {
      assertEquals(text, Slice.parse(text)[0].toString());
    }
  }

  /** Every range with bounds inside, both ways, as Python defines them. */
  @Test
  void allRangesOfAVector() {
    int n = 5;
    double[] data = {10, 11, 12, 13, 14};
    Tensor x = Tensor.of(data);
    for (int step : new int[] {1, 2, 3, 7, -1, -2, -3, -7}) {
      boolean down = step < 0;
      for (int from = -n; from < n; from++) {
        for (int to = -n; to <= (down ? n - 1 : n); to++) {
          int a = Math.floorMod(from, n);
          int b = to == n ? n : Math.floorMod(to, n);
          StringBuilder expected = new StringBuilder();
          for (int i = a; down ? i > b : i < b; i += step) {
            expected.append(data[i]).append(' ');
          }
          StringBuilder found = new StringBuilder();
          for (double v : x.at(Slice.of(from, to, step)).toDoubleArray()) {
            found.append(v).append(' ');
          }
          assertEquals(expected.toString(), found.toString(), from + ":" + to + ":" + step);
        }
      }
    }
  }

  @Test
  void negativeBoundsOfSlice() {
    is(Tensor.of(1.0, 2, 3, 4).slice(0, -3, -1), new long[] {2}, 2, 3);
    is(Tensor.of(1.0, 2, 3, 4).slice(0, 0, -1, 2), new long[] {2}, 1, 3);
  }

  private static void refuses(Class<? extends Exception> type, String text, Executable call) {
    Exception e = assertThrows(type, call);
    assertTrue(e.getMessage().contains(text), e.getMessage());
  }

  @Test
  void errorsNamePositionAndBounds() {
    refuses(
        IndexOutOfBoundsException.class,
        "at: position 1: bound 9 of 2:9 is outside axis 1 of [4, 5, 6], which takes -5 … 5",
        () -> X.at(":, 2:9"));
    refuses(
        IndexOutOfBoundsException.class,
        "at: position 1: index 6 is outside axis 2 of [4, 5, 6], which takes -6 … 5",
        () -> X.at("..., 6"));
    refuses(
        IndexOutOfBoundsException.class,
        "bound -7 of -7:",
        () -> X.at(Slice.ALL, Slice.ALL, Slice.from(-7)));
    refuses(
        IllegalArgumentException.class,
        "names 4 axes; the shape is [4, 5, 6]",
        () -> X.at("0,0,0,0"));
    refuses(IllegalArgumentException.class, "more than one ellipsis", () -> X.at("..., ..."));
    refuses(
        IllegalArgumentException.class,
        "position 1 of \"0, a:2\" is \"a:2\"; write from:to:step",
        () -> X.at("0, a:2"));
    refuses(IllegalArgumentException.class, "position 1 of \"0,\" is \"\"", () -> X.at("0,"));
    refuses(IllegalArgumentException.class, "\"1:2:3:4\"", () -> X.at("1:2:3:4"));
    refuses(IllegalArgumentException.class, "step must not be 0", () -> X.at("::0"));
    refuses(IllegalArgumentException.class, "got 1", () -> Slice.last(1));
    refuses(
        IllegalArgumentException.class,
        "slice: from -5 to 2",
        () -> Tensor.of(1f, 2f, 3f, 4f).slice(0, -5, 2));
  }

  @Test
  void gradientsGoBackToTheirPlaces() {
    Tensor x = cube(2, 3, 4).times(0.01);
    GradCheck.check(t -> t.at("1, ::2, ::-1").square().sum(), x);
    GradCheck.check(
        t ->
            t.at(Slice.NEW, Slice.at(-1), Slice.of(Optional.empty(), Optional.of(2L), 1))
                .sin()
                .sum(),
        x);
    assertEquals("F64[2, 3, 2]", Vmap.of((Tensor t) -> t.at("..., 1:3")).apply(x).toString());
  }
}
