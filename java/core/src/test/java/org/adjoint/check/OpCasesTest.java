package org.adjoint.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.adjoint.Adjoint;
import org.adjoint.op.Op;
import org.adjoint.op.Ops;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The table of ops on the reference backend: derivatives against central differences, F32 against
 * F64.
 */
class OpCasesTest {
  @BeforeAll
  static void useReference() {
    Adjoint.backend("reference");
  }

  @Test
  void everyOpHasARow() {
    Set<String> missing = new TreeSet<>();
    for (Op op : Ops.ALL) {
      missing.add(op.name());
    }
    OpCases.all().forEach(row -> missing.remove(row.op()));
    assertEquals(Set.of(), missing);
  }

  @Test
  void everyDifferentiableOpHasARowWithAGradientCheck() {
    Set<String> missing = new TreeSet<>();
    for (OpCase row : OpCases.all()) {
      if (row.order() > 0) {
        missing.add(row.op());
      }
    }
    OpCases.all().stream()
        .filter(OpChecks::hasGradientCheck)
        .forEach(row -> missing.remove(row.op()));
    assertEquals(Set.of(), missing);
  }

  @TestFactory
  Stream<DynamicTest> gradientsMatchCentralDifferences() {
    return OpCases.all().stream()
        .filter(OpChecks::hasGradientCheck)
        .map(row -> DynamicTest.dynamicTest(row.title(), () -> OpChecks.gradients(row)));
  }

  @TestFactory
  Stream<DynamicTest> forwardIsTransposeOfReverse() {
    return OpCases.all().stream()
        .filter(row -> row.order() > 0)
        .map(
            row ->
                DynamicTest.dynamicTest(
                    row.title(), () -> OpChecks.forwardIsTransposeOfReverse(row)));
  }

  @TestFactory
  Stream<DynamicTest> aBatchEqualsALoop() {
    // A row without inputs has nothing to batch.
    return OpCases.all().stream()
        .filter(row -> !row.inputs().isEmpty())
        .map(row -> DynamicTest.dynamicTest(row.title(), () -> OpChecks.batchEqualsLoop(row)));
  }

  @TestFactory
  Stream<DynamicTest> narrowGradientsMatchWideOnes() {
    return OpCases.all().stream()
        .filter(row -> row.order() > 0)
        .map(row -> DynamicTest.dynamicTest(row.title(), () -> OpChecks.narrowGradients(row)));
  }

  @Test
  void aWrongRuleIsCaught() {
    // The gradient of x·detach(x) is x, half of what the function's slope is.
    OpCase wrong =
        new OpCase(
            "wrong",
            "",
            List.of(new OpCase.Floating(OpCase.Domain.POSITIVE, org.adjoint.Shape.of(3))),
            x -> x.get(0).times(x.get(0).detach()),
            1,
            1e-6);
    AssertionError error = assertThrows(AssertionError.class, () -> OpChecks.gradients(wrong));
    assertTrue(error.getMessage().contains("input 0"), error.getMessage());
  }
}
