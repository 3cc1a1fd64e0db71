package org.adjoint.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Type;
import org.junit.jupiter.api.Test;

/** An op remembers what it inferred last, and nothing else comes out than without. */
class InferredTest {
  private static Type f32(long... dims) {
    return new Type(DType.F32, Shape.of(dims));
  }

  private static Type[] product(long m, long k, long n) {
    return ProductOps.MATMUL.types(new Type[] {f32(m, k), f32(k, n)}, Op.NO_ATTRS);
  }

  @Test
  void theSameInTurnsIsFound() {
    Type[] first = product(2, 3, 4);
    Type[] second = product(5, 6, 7);
    for (int i = 0; i < 3; i++) {
      assertSame(first, product(2, 3, 4));
      assertSame(second, product(5, 6, 7));
    }
  }

  @Test
  void moreThanItRemembers() {
    for (int round = 0; round < 3; round++) {
      for (int n = 1; n < 40; n++) {
        assertArrayEquals(new Type[] {f32(n, 2 * n)}, product(n, 3, 2 * n));
        assertSame(product(n, 3, 2 * n), product(n, 3, 2 * n));
      }
    }
  }

  @Test
  void attributesAndDTypesCount() {
    Type[] x = {f32(2, 3)};
    assertEquals(f32(3), ReductionOps.SUM.types(x, new long[] {0})[0]);
    assertEquals(f32(2), ReductionOps.SUM.types(x, new long[] {1})[0]);
    assertEquals(f32(3), ReductionOps.SUM.types(x, new long[] {0})[0]);
    Type[] wide = {new Type(DType.F64, Shape.of(2, 3))};
    assertNotSame(x[0].dtype(), ReductionOps.SUM.types(wide, new long[] {0})[0].dtype());
  }

  @Test
  void anArrayOfAttributesMayBeUsedAgain() {
    Type[] x = {f32(2, 3)};
    long[] axis = {0};
    assertEquals(f32(3), ReductionOps.SUM.types(x, axis)[0]);
    axis[0] = 1;
    assertEquals(f32(2), ReductionOps.SUM.types(x, axis)[0]);
  }

  @Test
  void whatDoesNotFitIsRefusedEachTime() {
    product(2, 3, 4);
    Type[] wrong = {f32(2, 3), f32(4, 5)};
    for (int i = 0; i < 2; i++) {
      assertThrows(
          IllegalArgumentException.class, () -> ProductOps.MATMUL.types(wrong, Op.NO_ATTRS));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> ProductOps.MATMUL.types(new Type[] {f32(2, 3)}, Op.NO_ATTRS));
  }
}
