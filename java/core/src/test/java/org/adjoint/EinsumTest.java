package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Einsum against loops over all subscripts, and what it says about formulas that are wrong. */
class EinsumTest {
  @BeforeAll
  static void useReference() {
    Adjoint.backend("reference");
  }

  /** Sums over every assignment of the letters, by the definition. */
  private static double[] byLoops(String formula, long[] sizes, Tensor... xs) {
    String[] sides = formula.split("->", -1);
    String[] parts = sides[0].split(",");
    String letters =
        sides[0]
            .replace(",", "")
            .chars()
            .distinct()
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    long total = 1;
    for (long size : sizes) {
      total *= size;
    }
    long count = 1;
    for (char c : sides[1].toCharArray()) {
      count *= sizes[letters.indexOf(c)];
    }
    double[] y = new double[(int) count];
    for (long step = 0; step < total; step++) {
      long[] at = new long[sizes.length];
      long rest = step;
      for (int i = sizes.length - 1; i >= 0; i--) {
        at[i] = rest % sizes[i];
        rest /= sizes[i];
      }
      double product = 1;
      for (int p = 0; p < parts.length; p++) {
        product *= xs[p].toDoubleArray()[place(parts[p], letters, sizes, at)];
      }
      y[place(sides[1], letters, sizes, at)] += product;
    }
    return y;
  }

  private static int place(String part, String letters, long[] sizes, long[] at) {
    int place = 0;
    for (char c : part.toCharArray()) {
      int letter = letters.indexOf(c);
      place = (int) (place * sizes[letter] + at[letter]);
    }
    return place;
  }

  private static Tensor random(long seed, long... dims) {
    double[] x = new Random(seed).doubles(Shape.of(dims).size(), -1, 1).toArray();
    return Tensor.of(x, dims);
  }

  private static void check(String formula, long[] sizes, Tensor... xs) {
    double[] actual = Tensor.einsum(formula, xs).toDoubleArray();
    assertArrayEquals(byLoops(formula, sizes, xs), actual, 1e-12, formula);
  }

  @Test
  void equalsTheDefinition() {
    check("ij,jk->ik", new long[] {2, 3, 4}, random(1, 2, 3), random(2, 3, 4));
    check("ij,jk->ki", new long[] {2, 3, 4}, random(1, 2, 3), random(2, 3, 4));
    check("bij,bkj->bik", new long[] {2, 3, 4, 2}, random(1, 2, 3, 4), random(2, 2, 2, 4));
    check("iij,j->i", new long[] {3, 2}, random(1, 3, 3, 2), random(2, 2));
    check("ij,kl->jl", new long[] {2, 3, 4, 2}, random(1, 2, 3), random(2, 4, 2));
    check(
        "ab,bc,cd,da->",
        new long[] {2, 3, 2, 3},
        random(1, 2, 3),
        random(2, 3, 2),
        random(3, 2, 3),
        random(4, 3, 2));
    check("ab,ab,ab->b", new long[] {2, 3}, random(1, 2, 3), random(2, 2, 3), random(3, 2, 3));
  }

  @Test
  void withoutAnArrowLettersThatOccurOnceStay() {
    Tensor a = random(1, 2, 3);
    Tensor b = random(2, 3, 4);
    assertEquals(Shape.of(2, 4), Tensor.einsum("ij,jk", a, b).shape());
    assertEquals(Shape.of(3, 2), Tensor.einsum("ba", a).shape());
    assertEquals(Shape.SCALAR, Tensor.einsum("ii", random(1, 3, 3)).shape());
    assertEquals(Shape.of(5, 2, 4), Tensor.einsum("...ij,jk", random(1, 5, 2, 3), b).shape());
  }

  @Test
  void ellipsesBroadcast() {
    Tensor a = random(1, 2, 1, 3, 4);
    Tensor b = random(2, 5, 4, 2);
    assertArrayEquals(
        a.matmul(b).toDoubleArray(),
        Tensor.einsum("...ij, ...jk -> ...ik", a, b).toDoubleArray(),
        1e-12);
    Tensor row = random(3, 1, 3);
    Tensor column = random(4, 4, 1);
    assertEquals(
        row.times(column).sum().item(), Tensor.einsum("...,...->", row, column).item(), 1e-12);
  }

  private static void refuses(String text, String formula, Tensor... xs) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Tensor.einsum(formula, xs));
    assertEquals(text, e.getMessage());
  }

  @Test
  void errorsNameTheSubscript() {
    Tensor a = random(1, 2, 3);
    Tensor b = random(2, 4, 5);
    refuses("einsum ij,jk->ik: subscript 'j' is 3 and, in operand 1 [4, 5], 4", "ij,jk->ik", a, b);
    refuses("einsum ij->iq: subscript 'q' of the result is in no operand", "ij->iq", a);
    refuses("einsum ij->ii: subscript 'i' occurs twice in the result", "ij->ii", a);
    refuses("einsum i?->i: '?' in \"i?\" is no subscript", "i?->i", a);
    refuses("einsum ijk->i: operand 0 has 3 subscripts for the axes of [2, 3]", "ijk->i", a);
    refuses("einsum ij,jk->ik: has 2 operands, got 1", "ij,jk->ik", a);
    refuses("einsum ij->...i: subscript '...' of the result is in no operand", "ij->...i", a);
  }
}
