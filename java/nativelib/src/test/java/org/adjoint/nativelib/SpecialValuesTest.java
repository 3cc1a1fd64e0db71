package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.adjoint.Adjoint;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Tensor;
import org.adjoint.op.Elementwise;
import org.adjoint.op.Ops;
import org.adjoint.op.SpecialOps;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every elementwise op of floating inputs at zeros of both signs, infinities, NaN, subnormals and
 * ordinary numbers, and at all pairs of them: the native backend gives what the reference does,
 * signs of zeros included.
 */
@NeedsNative
class SpecialValuesTest {
  private static final double INF = Double.POSITIVE_INFINITY;

  /** For F32; F64 has its own extremes. */
  private static final double[] VALUES = {
    0,
    -0.0,
    1,
    -1,
    INF,
    -INF,
    Double.NaN,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    Float.MIN_NORMAL,
    -Float.MIN_NORMAL,
    1e-40,
    1e-20,
    -1e-20,
    0.5,
    -0.5,
    2,
    -2,
    3,
    100,
    -100,
    1e20,
    -1e20,
    Float.MAX_VALUE,
    -Float.MAX_VALUE
  };

  private static final double[] TINY = {
    Double.MIN_VALUE, -Double.MIN_VALUE, 1e-310, Double.MIN_NORMAL, 1e300, -1e300
  };

  @BeforeAll
  @AfterAll
  static void useNative() {
    Adjoint.backend("native");
  }

  @TestFactory
  Stream<DynamicTest> elementwise() {
    return Ops.ALL.stream()
        .filter(op -> op instanceof Elementwise)
        .map(op -> (Elementwise) op)
        .filter(Elementwise::takesFloating)
        .map(
            op ->
                DynamicTest.dynamicTest(
                    op.name(),
                    () -> List.of(DType.F32, DType.F64).forEach(dtype -> check(op, dtype))));
  }

  @Test
  void aRowThatACrossEntropyIgnoresIsSilent() {
    double nan = Double.NaN;
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      Tensor x =
          Tensor.of(new double[] {1, 2, nan, INF, INF, 1}, 3, 2).cast(dtype).eval().variable();
      Tensor losses = x.softmaxCrossEntropy(Tensor.of(new int[] {1, 0, 1}, 3));
      Tensor kept = Tensor.of(new boolean[] {true, false, false}, 3);
      Tensor loss = Tensor.where(kept, losses, Tensor.scalar(0, dtype)).sum();
      double[] g = Grad.grad(loss, x).get(0).cast(DType.F64).toDoubleArray();
      double p = 1 / (1 + Math.E);
      assertArrayEquals(new double[] {p, -p, 0, 0, 0, 0}, g, 1e-6, dtype.toString());
    }
  }

  private static List<double[]> points(Elementwise op, DType dtype) {
    List<Double> values = new ArrayList<>();
    for (double value : VALUES) {
      values.add(value);
    }
    if (dtype == DType.F64) {
      for (double value : TINY) {
        values.add(value);
      }
    }
    List<double[]> points = new ArrayList<>();
    for (double a : values) {
      if (op.arity() == 1) {
        points.add(new double[] {a});
        continue;
      }
      for (double b : op == SpecialOps.POLYGAMMA ? List.<Double>of() : values) {
        points.add(new double[] {a, b});
      }
    }
    for (int n = 0; n < 4 && op == SpecialOps.POLYGAMMA; n++) {
      for (double x : values) {
        points.add(new double[] {n, x});
      }
    }
    return points;
  }

  private static Tensor column(List<double[]> points, int i, DType dtype) {
    double[] column = points.stream().mapToDouble(p -> p[i]).toArray();
    return Tensor.of(column, column.length).cast(dtype);
  }

  private static double[] values(
      String backend, Elementwise op, List<double[]> points, DType dtype) {
    Adjoint.backend(backend);
    try {
      List<Tensor> in = new ArrayList<>();
      if (op.name().equals("where")) {
        in.add(column(points, 0, DType.F64).gt(0));
      }
      for (int i = in.size(); i < op.arity(); i++) {
        in.add(column(points, Math.min(i, points.get(0).length - 1), dtype));
      }
      return op.apply(in.toArray(new Tensor[0])).cast(DType.F64).toDoubleArray();
    } finally {
      Adjoint.backend("native");
    }
  }

  private static void check(Elementwise op, DType dtype) {
    List<double[]> points = points(op, dtype);
    double[] expected = values("reference", op, points, dtype);
    double[] actual = values("native", op, points, dtype);
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < expected.length; i++) {
      if (!same(actual[i], expected[i], dtype)) {
        wrong.add(Arrays.toString(points.get(i)) + ": " + actual[i] + ", not " + expected[i]);
      }
    }
    assertEquals(List.of(), wrong, op.name() + " " + dtype);
  }

  private static boolean same(double actual, double expected, DType dtype) {
    if (Double.isNaN(expected) || Double.isInfinite(expected) || expected == 0) {
      return Double.compare(actual, expected) == 0;
    }
    double ulps = dtype == DType.F32 ? 64 * Math.ulp((float) expected) : 256 * Math.ulp(expected);
    return Math.abs(actual - expected) <= ulps && Math.signum(actual) == Math.signum(expected);
  }
}
