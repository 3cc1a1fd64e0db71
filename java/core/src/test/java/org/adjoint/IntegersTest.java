package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.function.BinaryOperator;
import java.util.function.IntBinaryOperator;
import java.util.function.LongBinaryOperator;
import org.adjoint.check.GradCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Integers and truth values compute as Java's do, corners included. */
class IntegersTest {
  private static final int[] INTS = {
    0, 1, -1, 2, -2, 7, -7, 31, 32, 33, 46341, -65536, Integer.MAX_VALUE, Integer.MIN_VALUE
  };
  private static final long[] LONGS = {
    0, 1, -1, 2, -7, 63, 64, 65, 1L << 53, (1L << 53) + 1, Long.MAX_VALUE, Long.MIN_VALUE
  };

  private static void agrees(
      BinaryOperator<Tensor> op,
      IntBinaryOperator ints,
      LongBinaryOperator longs,
      boolean divides) {
    for (int b : INTS) {
      for (int a : INTS) {
        if (b != 0 || !divides) {
          int y = op.apply(Tensor.of(a), Tensor.of(b)).toIntArray()[0];
          assertEquals(ints.applyAsInt(a, b), y, a + " and " + b);
        }
      }
    }
    long[] bs = divides ? Arrays.copyOfRange(LONGS, 1, LONGS.length) : LONGS;
    Tensor table = op.apply(Tensor.of(LONGS).unsqueeze(1), Tensor.of(bs));
    long[] expected = new long[LONGS.length * bs.length];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = longs.applyAsLong(LONGS[i / bs.length], bs[i % bs.length]);
    }
    assertArrayEquals(expected, table.toLongArray());
  }

  @Test
  void arithmeticWrapsAroundAsJavas() {
    agrees(Tensor::plus, (a, b) -> a + b, (a, b) -> a + b, false);
    agrees(Tensor::minus, (a, b) -> a - b, (a, b) -> a - b, false);
    agrees(Tensor::times, (a, b) -> a * b, (a, b) -> a * b, false);
    agrees(Tensor::maximum, Math::max, Math::max, false);
    agrees(Tensor::minimum, Math::min, Math::min, false);
    agrees(Tensor::floorDiv, Math::floorDiv, Math::floorDiv, true);
    agrees(Tensor::remainder, Math::floorMod, Math::floorMod, true);
    for (int a : INTS) {
      assertEquals(-a, Tensor.of(a).neg().toIntArray()[0]);
      assertEquals(Math.abs(a), Tensor.of(a).abs().toIntArray()[0]);
      assertEquals(a * a, Tensor.of(a).square().toIntArray()[0]);
      assertEquals(Integer.signum(a), Tensor.of(a).sign().toIntArray()[0]);
    }
    assertArrayEquals(
        new long[] {-(1L << 53) - 1, Long.MIN_VALUE},
        Tensor.of((1L << 53) + 1, Long.MIN_VALUE).neg().toLongArray());
  }

  @Test
  void bitsAndShifts() {
    agrees(Tensor::and, (a, b) -> a & b, (a, b) -> a & b, false);
    agrees(Tensor::or, (a, b) -> a | b, (a, b) -> a | b, false);
    agrees(Tensor::xor, (a, b) -> a ^ b, (a, b) -> a ^ b, false);
    agrees(Tensor::shiftLeft, (a, b) -> a << b, (a, b) -> a << b, false);
    agrees(Tensor::shiftRight, (a, b) -> a >> b, (a, b) -> a >> b, false);
    agrees(Tensor::shiftRightUnsigned, (a, b) -> a >>> b, (a, b) -> a >>> b, false);
    for (int a : INTS) {
      assertEquals(~a, Tensor.of(a).not().toIntArray()[0]);
    }
    assertArrayEquals(new int[] {12, -4}, Tensor.of(3, -1).shiftLeft(2).toIntArray());
  }

  @Test
  void numbersOfJavaAdapt() {
    assertArrayEquals(new long[] {1, 2, 3}, Tensor.arange(3).plus(1).toLongArray());
    assertArrayEquals(new int[] {-2, 4}, Tensor.of(-7, 10).floorDiv(3).plus(1).toIntArray());
    assertArrayEquals(new int[] {2, 1}, Tensor.of(-7, 10).mod(3).toIntArray());
    assertThrows(IllegalArgumentException.class, () -> Tensor.of(1).plus(0.5));
  }

  @Test
  void truthValues() {
    Tensor a = Tensor.of(true, true, false, false);
    Tensor b = Tensor.of(true, false, true, false);
    assertArrayEquals(new boolean[] {true, false, false, false}, a.and(b).toBooleanArray());
    assertArrayEquals(new boolean[] {true, true, true, false}, a.or(b).toBooleanArray());
    assertArrayEquals(new boolean[] {false, true, true, false}, a.xor(b).toBooleanArray());
    assertArrayEquals(new boolean[] {false, false, true, true}, a.not().toBooleanArray());
    assertArrayEquals(new boolean[] {false, false, true, true}, a.sort(0).toBooleanArray());
    assertEquals(1, Tensor.of(false, true, true).argmax(0).longItem());
    assertEquals(2, Tensor.of(true, true, false).argmin(0).longItem());
  }

  @Test
  void reductionsKeepTheDtypeAndWrap() {
    int[] data = {Integer.MAX_VALUE, 5, -3, Integer.MIN_VALUE, 9, 9};
    int sum = 0;
    int product = 1;
    int[] running = new int[data.length];
    for (int i = 0; i < data.length; i++) {
      sum += data[i];
      product *= data[i];
      running[i] = sum;
    }
    Tensor x = Tensor.of(data);
    assertEquals("I32[]", x.sum().toString());
    assertEquals(sum, x.sum().longItem());
    assertEquals(product, x.prod().longItem());
    assertArrayEquals(running, x.cumsum(0).toIntArray());
    assertEquals(Integer.MAX_VALUE, x.max().longItem());
    assertEquals(Integer.MIN_VALUE, x.min().longItem());
    assertEquals(0, x.argmax(0).longItem());
    assertEquals(3, x.argmin(0).longItem()); // −x would be the least again
    assertArrayEquals(Arrays.stream(data).sorted().toArray(), x.sort(0).toIntArray());
    assertEquals(Long.MIN_VALUE, Tensor.of(Long.MAX_VALUE, 1L).sum().longItem());
    assertEquals((1L << 53) + 1, Tensor.of(1L << 53, 1L).sum().longItem()); // no double between
  }

  private static void says(Class<? extends Exception> type, String text, Executable call) {
    Exception e = assertThrows(type, call);
    assertTrue(e.getMessage().contains(text), e.getMessage());
  }

  @Test
  void divisionByZeroNamesThePosition() {
    Tensor x = Tensor.of(new int[] {1, 2, 3, 4}, 2, 2);
    Tensor y = Tensor.of(new int[] {1, 2, 0, 0}, 2, 2);
    says(
        ArithmeticException.class,
        "division by zero at position 2 (in nonZero of I32[4])",
        () -> x.floorDiv(y).eval());
    says(ArithmeticException.class, "position 2", () -> x.remainder(y).sum().eval());
    says(ArithmeticException.class, "floorDiv: I32[2, 2] by 0", () -> x.floorDiv(0));
    says(ArithmeticException.class, "remainder: I32[2, 2] by 0", () -> x.mod(0));
  }

  @Test
  void whatIsRefusedSaysTheCure() {
    Tensor i = Tensor.of(1, 2);
    says(
        IllegalArgumentException.class,
        "plus: dtypes differ: I32[2] and I64[2]",
        () -> i.plus(Tensor.of(1L, 2L)));
    says(IllegalArgumentException.class, "div: needs F32 or F64, got I32[]; cast", () -> i.mean());
    says(
        IllegalArgumentException.class,
        "sum: needs numbers, got BOOL[2]; cast it",
        () -> i.gt(1).sum());
    says(
        IllegalArgumentException.class,
        "and: needs BOOL, I32 or I64, got F32[1]; compare or cast it",
        () -> Tensor.of(1f).and(Tensor.of(1f)));
    says(
        IllegalArgumentException.class,
        "shiftLeft: input 0 must be I32 or I64, got F32[1]",
        () -> Tensor.of(1f).shiftLeft(1));
    says(
        IllegalArgumentException.class,
        "got BOOL[2]; a mask picks with where()",
        () -> i.gather(0, i.gt(1)));
    says(UnsupportedOperationException.class, "where()", i::nonZero);
    says(UnsupportedOperationException.class, "bincount()", i::unique);
  }

  @Test
  void integersHaveNoGradient() {
    Tensor w = Tensor.of(2.0, 3).variable();
    Tensor index = Tensor.of(0, 1).plus(1).minus(1);
    Tensor loss = w.gather(0, index.times(index)).sum();
    assertArrayEquals(new double[] {1, 1}, Grad.grad(loss, w).get(0).toDoubleArray());
    assertThrows(IllegalArgumentException.class, () -> Grad.grad(index.sum(), w));
  }

  @Test
  void theRemainderOfFloatsHasTheSignOfTheDivisor() {
    double[] xs = {7, -7, 7.5, -7.5, 0, 1, 3, -3, 1e300, 5};
    double[] ys = {3, 3, -2, -2, 5, 0.1, 3, 3, 7, Double.POSITIVE_INFINITY};
    double[] expected = new double[xs.length];
    for (int i = 0; i < xs.length; i++) {
      double r = xs[i] % ys[i];
      expected[i] = r != 0 && (r < 0) != (ys[i] < 0) ? r + ys[i] : r;
    }
    double[] found = Tensor.of(xs).remainder(Tensor.of(ys)).toDoubleArray();
    for (int i = 0; i < xs.length; i++) {
      assertTrue(expected[i] == found[i], xs[i] + " mod " + ys[i] + " is " + found[i]);
    }
    assertEquals(9, Tensor.of(1.0).floorDiv(0.1).toDoubleArray()[0]); // as Python's 1 // 0.1
    assertTrue(Double.isNaN(Tensor.of(1.0).mod(0).toDoubleArray()[0]));
    assertEquals(Double.POSITIVE_INFINITY, Tensor.of(1.0).floorDiv(0).toDoubleArray()[0]);
    GradCheck.check((a, b) -> a.mod(b).sum(), Tensor.of(7.3, -4.1, 9.9), Tensor.of(2.0, 3.0, -4.0));
  }

  @Test
  void closeness() {
    Tensor x = Tensor.of(1, 100, Double.POSITIVE_INFINITY, Double.NaN, 0);
    Tensor y =
        Tensor.of(1 + 1e-6, 101, Double.POSITIVE_INFINITY, Double.NaN, Double.NEGATIVE_INFINITY);
    assertArrayEquals(
        new boolean[] {true, false, true, false, false}, x.isClose(y, 1e-5, 1e-8).toBooleanArray());
    assertFalse(x.allClose(y));
    assertTrue(x.at(":1").allClose(y.at(":1")));
    assertTrue(Tensor.of(1, 2).allClose(Tensor.of(1, 2)));
    assertArrayEquals(new boolean[] {false, false, true, false, false}, x.isInf().toBooleanArray());
    says(IllegalArgumentException.class, "isClose: dtypes differ", () -> x.allClose(Tensor.of(1f)));
  }

  @Test
  void runningExtremes() {
    Tensor x = Tensor.of(new double[][] {{1, 3, 2, 3, 5}, {4, 4, 1, 0, 9}});
    assertArrayEquals(new double[] {1, 3, 3, 3, 5, 4, 4, 4, 4, 9}, x.cumMax(1).toDoubleArray());
    assertArrayEquals(new double[] {1, 3, 1, 0, 5}, x.cumMin(0).at("1").toDoubleArray());
    // Of equal ones the first has the gradient.
    Tensor g = Grad.of((Tensor t) -> t.cumMax(1).sum()).apply(x);
    assertArrayEquals(new double[] {1, 3, 0, 0, 1, 4, 0, 0, 0, 1}, g.toDoubleArray());
    double[] broken = Tensor.of(1, Double.NaN, 7).cumMin(0).toDoubleArray();
    assertTrue(broken[0] == 1 && Double.isNaN(broken[1]) && Double.isNaN(broken[2]));
    assertArrayEquals(new int[] {-1, 2, 2}, Tensor.of(-1, 2, 0).cumMax(0).toIntArray());
    assertEquals(Shape.of(0), Tensor.zeros(DType.F32, 0).cumMax(0).shape());
  }

  @Test
  void placesInAnOrder() {
    double[] sorted = {-1, 0, 0, 2, 5};
    double[] values = {-3, -1, -0.5, 0, 1, 2, 5, 6};
    long[] left = new long[values.length];
    long[] right = new long[values.length];
    for (int i = 0; i < values.length; i++) {
      double v = values[i];
      left[i] = Arrays.stream(sorted).filter(s -> s < v).count();
      right[i] = Arrays.stream(sorted).filter(s -> s <= v).count();
    }
    Tensor s = Tensor.of(sorted);
    assertArrayEquals(left, s.searchSorted(Tensor.of(values)).toLongArray());
    assertArrayEquals(right, s.searchSorted(Tensor.of(values), true).toLongArray());
    assertEquals(5, s.searchSorted(Tensor.of(Double.NaN)).toLongArray()[0]);
    assertEquals(0, Tensor.of(new double[0]).searchSorted(Tensor.of(1.0)).toLongArray()[0]);
    assertEquals(2, Tensor.of(1, 2, 3).searchSorted(Tensor.of(3)).toLongArray()[0]);
    for (int n = 1; n < 20; n++) {
      Tensor all = Tensor.arange(n);
      assertArrayEquals(all.toLongArray(), all.searchSorted(all).toLongArray());
    }
  }

  @Test
  void counting() {
    assertArrayEquals(new long[] {1, 0, 3, 1}, Tensor.of(2, 0, 2, 3, 2).bincount(4).toLongArray());
    says(
        IndexOutOfBoundsException.class,
        "index 4 at position 1",
        () -> Tensor.of(0, 4).bincount(4).eval());
    Tensor x = Tensor.of(0.0, 0.1, 0.5, 0.99, 1.0, -0.1, 1.1, Double.NaN);
    assertArrayEquals(new long[] {2, 3}, x.histogram(2, 0, 1).toLongArray());
    assertArrayEquals(
        new long[] {1, 1}, x.histogram(Tensor.of(0.0, 0.1, 0.5 - 1e-9)).toLongArray());
    assertArrayEquals(new long[] {1, 2}, Tensor.of(1, 2, 3).histogram(2, 1, 3).toLongArray());
    says(IllegalArgumentException.class, "0 bins from 0.0 to 1.0", () -> x.histogram(0, 0, 1));
  }

  @Test
  void severalIndexTensorsNameElementsTogether() {
    Tensor x = Tensor.arange(24).reshape(2, 3, 4).cast(DType.F64);
    Tensor y = x.gather(Tensor.of(1, 0, 1), Tensor.of(2L, 1, 0));
    assertEquals(Shape.of(3, 4), y.shape());
    assertArrayEquals(new double[] {20, 4, 12}, y.at(":, 0").toDoubleArray());
    assertEquals(23, x.gather(Tensor.of(1), Tensor.of(2), Tensor.of(3)).toDoubleArray()[0]);
    says(
        IndexOutOfBoundsException.class,
        "index 3 at position 0",
        () -> x.gather(Tensor.of(0), Tensor.of(3)).eval()); // though 3 is a row of the flat table
    GradCheck.check(t -> t.gather(Tensor.of(1, 1), Tensor.of(0, 0)).square().sum(), x.times(0.1));
  }
}
