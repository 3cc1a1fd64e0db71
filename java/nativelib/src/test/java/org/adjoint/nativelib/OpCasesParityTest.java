package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.adjoint.Adjoint;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.check.OpCase;
import org.adjoint.check.OpCells;
import org.adjoint.check.OpCheck;
import org.adjoint.check.OpChecks;
import org.adjoint.op.Elementwise;
import org.adjoint.op.Ops;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every cell of the op table on the native backend, and what is special there. */
@NeedsNative
class OpCasesParityTest {
  private static final List<OpCells.Cell> CELLS = OpCells.on("native");
  private static final Set<OpCells.Cell> RUN = new HashSet<>();

  @BeforeAll
  @AfterAll
  static void useNative() {
    Adjoint.backend("native");
  }

  @AfterAll
  static void sayHowManyCellsWereRun() {
    System.out.println(OpCells.summary(CELLS, RUN));
  }

  @TestFactory
  Stream<DynamicTest> cells() {
    return CELLS.stream()
        .filter(cell -> cell.leftOut().isEmpty())
        .map(
            cell ->
                DynamicTest.dynamicTest(
                    cell.toString(),
                    () -> {
                      cell.run();
                      RUN.add(cell);
                    }));
  }

  @Test
  void aWrongKernelIsFound() {
    List<OpCase.Input> in = List.of(new OpCase.Floating(OpCase.Domain.ANY, Shape.of(9)));
    OpCase row =
        new OpCase(
            "planted",
            "planted",
            "",
            in,
            x -> Adjoint.backend().equals("native") ? x.get(0).times(1.0001) : x.get(0).times(1),
            "",
            4e-6);
    Adjoint.backend("native");
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      AssertionError error =
          assertThrows(AssertionError.class, () -> OpChecks.run(OpCheck.VALUE, row, dtype));
      assertTrue(error.getMessage().contains("value on native: entry 0"), error.getMessage());
      assertEquals("native", Adjoint.backend());
    }
  }

  private static final double[] SPECIAL = {
    0.0,
    -0.0,
    1,
    -1,
    0.5,
    -2,
    3,
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

  @TestFactory
  Stream<DynamicTest> specialValuesAgree() {
    return Stream.of(DType.F32, DType.F64)
        .flatMap(
            dtype ->
                Ops.ALL.stream()
                    .filter(op -> op instanceof Elementwise)
                    .map(op -> (Elementwise) op)
                    .filter(Elementwise::takesFloating)
                    .map(
                        op ->
                            DynamicTest.dynamicTest(
                                op + " " + dtype, () -> specialValuesAgree(op, dtype))));
  }

  private static void specialValuesAgree(Elementwise op, DType dtype) {
    double[] expected = everyCombination("reference", op, dtype);
    double[] actual = everyCombination("native", op, dtype);
    for (int i = 0; i < expected.length; i++) {
      double allowed =
          Math.abs(expected[i]) * (dtype == DType.F32 ? 5e-7 : 1e-14) + Float.MIN_NORMAL;
      boolean same = Double.compare(actual[i], expected[i]) == 0;
      int n = SPECIAL.length;
      String at = SPECIAL[op.arity() == 1 ? i : i / n] + ", " + SPECIAL[i % n];
      assertTrue(
          same || Math.abs(actual[i] - expected[i]) <= allowed,
          op + " at " + at + " is " + actual[i] + ", expected " + expected[i]);
    }
  }

  /** Returns an op's values at every special value, or at every two of them. */
  private static double[] everyCombination(String backend, Elementwise op, DType dtype) {
    Adjoint.backend(backend);
    Tensor x = Tensor.of(SPECIAL, SPECIAL.length).cast(dtype);
    Tensor column = x.reshape(-1, 1);
    Tensor y =
        switch (op.arity()) {
          case 1 -> op.apply(x);
          case 2 -> op.apply(column, x);
          default -> op.apply(column.gt(Tensor.scalar(0, dtype)), column, x);
        };
    return y.cast(DType.F64).toDoubleArray();
  }

  @Test
  void randomBitsAreTheSame() {
    Adjoint.backend("reference");
    int[] expected = Key.of(0).bits(1001).toIntArray();
    Adjoint.backend("native");
    assertArrayEquals(expected, Key.of(0).bits(1001).toIntArray());
  }
}
