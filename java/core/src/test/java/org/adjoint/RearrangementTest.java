package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.adjoint.check.GradCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Axes by names, against plain loops. */
class RearrangementTest {
  /** Element [i, j, k] is 100i + 10j + k. */
  private static double at(int i, int j, int k) {
    return 100 * i + 10 * j + k;
  }

  private static Tensor cube() {
    double[] data = new double[2 * 6 * 3];
    for (int n = 0; n < data.length; n++) {
      data[n] = at(n / 18, n / 3 % 6, n % 3);
    }
    return Tensor.of(data, 2, 6, 3);
  }

  @Test
  void axesAreSplitJoinedAndMoved() {
    Tensor y = cube().rearrange("b (h w) c -> c h (b w)", Map.of("h", 2));
    assertEquals(Shape.of(3, 2, 6), y.shape());
    double[] expected = new double[36];
    for (int n = 0; n < 36; n++) {
      int c = n / 12;
      int h = n / 6 % 2;
      int b = n % 6 / 3;
      int w = n % 3;
      expected[n] = at(b, 3 * h + w, c);
    }
    assertArrayEquals(expected, y.toDoubleArray());
    assertEquals(
        Shape.of(6, 2, 3), cube().rearrange("a ... -> ... a").rearrange("x c a -> x a c").shape());
    assertEquals(Shape.of(36), cube().rearrange("a b c -> (a b c)").shape());
    assertEquals(Shape.of(2, 1, 18), cube().rearrange("a b c -> a 1 (b c)").shape());
    assertEquals(Shape.of(2, 18), cube().unsqueeze(1).rearrange("a 1 b c -> a (b c)").shape());
    assertEquals(Shape.of(), Tensor.scalar(1.0).rearrange("->").shape());
    assertEquals(Shape.of(3, 2, 6), cube().rearrange("... c -> c ...").shape());
  }

  @Test
  void axesThatGoAreReduced() {
    Tensor y = cube().reduce("b (h p) c -> c b h", "mean", Map.of("p", 3));
    assertEquals(Shape.of(3, 2, 2), y.shape());
    double[] expected = new double[12];
    for (int n = 0; n < 12; n++) {
      int c = n / 4;
      int b = n / 2 % 2;
      int h = n % 2;
      expected[n] = (at(b, 3 * h, c) + at(b, 3 * h + 1, c) + at(b, 3 * h + 2, c)) / 3;
    }
    assertArrayEquals(expected, y.toDoubleArray(), 1e-12);
    assertEquals(at(1, 5, 2), cube().reduce("a b c ->", "max").item());
    assertEquals(0, cube().reduce("... ->", "min").item());
    assertArrayEquals(
        new double[] {0, 0, 0},
        cube().at("0,0").unsqueeze(0).reduce("a b -> b", "prod").times(0).toDoubleArray());
    assertEquals(
        cube().sum(0, 1).toDoubleArray()[1], cube().reduce("a b c -> c", "sum").toDoubleArray()[1]);
  }

  @Test
  void axesThatComeAreRepeated() {
    Tensor x = Tensor.of(new double[][] {{1, 2}, {3, 4}});
    assertArrayEquals(
        new double[] {1, 1, 2, 2, 3, 3, 4, 4},
        x.repeat("h w -> h (w c)", Map.of("c", 2)).toDoubleArray());
    assertArrayEquals(
        new double[] {1, 2, 1, 2, 3, 4, 3, 4},
        x.repeat("h w -> h (c w)", Map.of("c", 2)).toDoubleArray());
    assertEquals(Shape.of(5, 2, 2), x.repeat("h w -> n w h", Map.of("n", 5)).shape());
  }

  private static void says(String text, Executable call) {
    Exception e = assertThrows(IllegalArgumentException.class, call);
    assertTrue(e.getMessage().contains(text), e.getMessage());
  }

  @Test
  void whatDoesNotFitIsNamed() {
    Tensor x = cube();
    says(
        "rearrange: \"a b -> b a\": 2 axes on the left, but the shape is [2, 6, 3]",
        () -> x.rearrange("a b -> b a"));
    says("axis c is missing on the right", () -> x.rearrange("a b c -> a b"));
    says("axis d is missing on the left", () -> x.rearrange("a b c -> a b c d"));
    says("the sizes of h and w are unknown", () -> x.rearrange("a (h w) c -> a h w c"));
    says(
        "axis 1 of size 6 is not made of [h, w] in {h=4}",
        () -> x.rearrange("a (h w) c -> a h w c", Map.of("h", 4)));
    says("axis 1 of size 6 is not made of []", () -> x.rearrange("a 1 c -> a c"));
    says("axis a occurs twice", () -> x.rearrange("a a c -> a c"));
    says("parentheses do not match", () -> x.rearrange("a (b c -> a b c"));
    says("\"b-c\" is no name", () -> x.rearrange("a b-c c -> a c"));
    says("needs one ->", () -> x.rearrange("a b c"));
    says("ellipsis stands once", () -> x.rearrange("... ... -> ..."));
    says(
        "axis n has a size and does not occur",
        () -> x.rearrange("a b c -> c b a", Map.of("n", 2)));
    says("the size of d is unknown", () -> x.repeat("a b c -> a b c d", Map.of()));
    says("reduce: \"median\" is none of sum", () -> x.reduce("a b c -> a", "median"));
  }

  @Test
  void gradientsFollow() {
    Tensor x = cube().times(0.01);
    GradCheck.check(t -> t.rearrange("b (h w) c -> c h (b w)", Map.of("h", 2)).square().sum(), x);
    GradCheck.check(t -> t.reduce("b (h p) c -> c b h", "mean", Map.of("p", 3)).sin().sum(), x);
    GradCheck.check(t -> t.repeat("b h c -> b (h n) c", Map.of("n", 2)).square().sum(), x);
  }
}
