package org.adjoint.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.op.Op;
import org.adjoint.op.Ops;
import org.adjoint.op.PlantedOps;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The table of ops on the reference backend: every cell, and rules planted wrong that the same
 * checks find.
 */
class OpCasesTest {
  private static final List<OpCells.Cell> CELLS = OpCells.on("reference");
  private static final Set<OpCells.Cell> RUN = new HashSet<>();

  @AfterAll
  static void sayHowManyCellsWereRun() {
    System.out.println(OpCells.summary(CELLS, RUN));
  }

  @Test
  void everyOpHasARow() {
    Set<String> names = new TreeSet<>();
    for (Op op : Ops.ALL) {
      names.add(op.name());
    }
    Set<String> covered = new TreeSet<>();
    OpCases.all().forEach(row -> covered.add(row.op()));
    assertEquals(names, covered);
  }

  @Test
  void whatIsLeftOutSaysWhy() {
    for (OpCells.Cell cell : CELLS) {
      assertTrue(cell.leftOut().map(why -> !why.isBlank()).orElse(true), cell.toString());
      assertTrue(!cell.rows().isEmpty() || !cell.reasons().isEmpty(), cell.toString());
    }
    assertEquals(Ops.ALL.size() * OpCheck.values().length * 2L, CELLS.size(), "op × check × dtype");
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

  @TestFactory
  Stream<DynamicTest> whatHasNoDerivativeIsZeroOrRefused() {
    return OpCases.all().stream()
        .filter(row -> !row.isDifferentiable())
        .map(row -> DynamicTest.dynamicTest(row.title(), () -> OpChecks.still(row)));
  }

  private static OpCase planted(Op op) {
    List<OpCase.Input> in = List.of(new OpCase.Floating(OpCase.Domain.POSITIVE, Shape.of(5)));
    return new OpCase("planted", "planted", "", in, x -> PlantedOps.apply(op, x.get(0)), "", 4e-6);
  }

  /** Returns which checks find fault with a row. */
  private static Set<OpCheck> found(OpCase row, DType dtype) {
    List<OpCheck> found = new ArrayList<>();
    for (OpCheck check : OpCheck.values()) {
      try {
        OpChecks.run(check, row, dtype);
      } catch (AssertionError e) {
        assertTrue(e.getMessage().startsWith(row.title()), e.getMessage());
        found.add(check);
      }
    }
    return found.isEmpty() ? EnumSet.noneOf(OpCheck.class) : EnumSet.copyOf(found);
  }

  @Test
  void aWrongRuleIsFoundByTheCheckThatIsMeantToFindIt() {
    assertEquals(
        EnumSet.of(OpCheck.REVERSE, OpCheck.FORWARD), found(planted(PlantedOps.SIGN), DType.F64));
    assertEquals(
        EnumSet.of(OpCheck.SECOND_ORDER), found(planted(PlantedOps.LOST_CURVATURE), DType.F64));
    assertEquals(
        EnumSet.of(OpCheck.REVERSE, OpCheck.TRANSPOSE), found(planted(PlantedOps.PULL), DType.F64));
    assertEquals(
        EnumSet.of(OpCheck.FORWARD, OpCheck.TRANSPOSE), found(planted(PlantedOps.PUSH), DType.F64));
    assertEquals(EnumSet.of(OpCheck.BATCH), found(planted(PlantedOps.BATCHING), DType.F64));
    assertEquals(EnumSet.of(OpCheck.TRANSPOSE), found(planted(PlantedOps.PUSH), DType.F32));
    assertEquals(EnumSet.of(OpCheck.BATCH), found(planted(PlantedOps.BATCHING), DType.F32));
  }

  @Test
  void aFunctionThatCompilesToOtherNumbersIsFound() {
    AtomicInteger calls = new AtomicInteger();
    List<OpCase.Input> in = List.of(new OpCase.Floating(OpCase.Domain.POSITIVE, Shape.of(5)));
    OpCase row =
        new OpCase(
            "planted", "planted", "", in, x -> x.get(0).times(calls.incrementAndGet()), "", 4e-6);
    AssertionError error =
        assertThrows(AssertionError.class, () -> OpChecks.run(OpCheck.COMPILED, row, DType.F64));
    assertTrue(error.getMessage().contains("F64 value, compiled: entry 0"), error.getMessage());
  }

  @Test
  void aCellReportsTheFirstRowThatFailsAndKeepsTheOthers() {
    OpCase wrong = planted(PlantedOps.SIGN);
    OpCells.Cell cell =
        new OpCells.Cell(
            "planted",
            OpCheck.REVERSE,
            DType.F64,
            "reference",
            List.of(wrong, planted(PlantedOps.PUSH), wrong),
            Set.of());
    AssertionError error = assertThrows(AssertionError.class, cell::run);
    assertTrue(error.getMessage().contains("reverse mode, order 1"), error.getMessage());
    assertEquals(1, error.getSuppressed().length);
  }

  @Test
  void aDerivativeThatShouldBeZeroIsFound() {
    OpCase row = planted(PlantedOps.SIGN);
    assertThrows(AssertionError.class, () -> OpChecks.still(row));
  }
}
