package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.Stream;
import org.adjoint.Adjoint;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Tensor;
import org.adjoint.check.OpCase;
import org.adjoint.check.OpCases;
import org.adjoint.check.OpChecks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every row of the op table on the native backend against the reference backend, values and
 * gradients.
 */
@NeedsNative
class OpCasesParityTest {
  @BeforeEach
  void useNative() {
    Adjoint.backend("native");
  }

  @AfterEach
  void backToNative() {
    Adjoint.backend("native");
  }

  @TestFactory
  Stream<DynamicTest> narrow() {
    return cells(DType.F32);
  }

  @TestFactory
  Stream<DynamicTest> wide() {
    return cells(DType.F64);
  }

  private static Stream<DynamicTest> cells(DType dtype) {
    return OpCases.all().stream()
        .map(
            row ->
                DynamicTest.dynamicTest(row.title(), () -> OpChecks.parity(row, dtype, "native")));
  }

  @TestFactory
  Stream<DynamicTest> gradientsMatchCentralDifferences() {
    return OpCases.all().stream()
        .filter(OpChecks::hasGradientCheck)
        .map(row -> DynamicTest.dynamicTest(row.title(), () -> onNative(row)));
  }

  private static void onNative(OpCase row) {
    Adjoint.backend("native");
    OpChecks.gradients(row);
  }

  @Test
  void specialValuesAgree() {
    double[] special = {
      0.0,
      -0.0,
      1,
      -1,
      Double.NaN,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      Double.MIN_VALUE,
      Double.MAX_VALUE,
      -Double.MAX_VALUE,
      1e-40,
      89,
      -104,
      710,
      -746
    };
    for (DType dtype : new DType[] {DType.F32, DType.F64}) {
      double[] expected = everyUnary("reference", special, dtype);
      double[] actual = everyUnary("native", special, dtype);
      for (int i = 0; i < expected.length; i++) {
        double allowed =
            Math.abs(expected[i]) * (dtype == DType.F32 ? 5e-7 : 1e-14) + Float.MIN_NORMAL;
        boolean same = Double.compare(actual[i], expected[i]) == 0;
        String what = dtype + " entry " + i + " of 15 special values by function";
        if (!same) {
          assertEquals(expected[i], actual[i], allowed, what);
        }
      }
    }
  }

  private static double[] everyUnary(String backend, double[] values, DType dtype) {
    Adjoint.backend(backend);
    Tensor x = Tensor.of(values, values.length).cast(dtype);
    Tensor all =
        Tensor.concat(
            0,
            x.neg(),
            x.abs(),
            x.exp(),
            x.log(),
            x.sqrt(),
            x.square(),
            x.tanh(),
            x.sigmoid(),
            x.relu(),
            x.leakyRelu(0.1),
            x.max(Tensor.scalar(0.5, dtype)),
            x.min(Tensor.scalar(0.5, dtype)),
            x.pow(0.5),
            x.pow(-1),
            x.pow(0),
            x.scale(Tensor.scalar(Double.POSITIVE_INFINITY, dtype)));
    return all.cast(DType.F64).toDoubleArray();
  }

  @Test
  void randomBitsAreTheSame() {
    Adjoint.backend("reference");
    int[] expected = Key.of(0).bits(1001).toIntArray();
    Adjoint.backend("native");
    assertArrayEquals(expected, Key.of(0).bits(1001).toIntArray());
  }
}
