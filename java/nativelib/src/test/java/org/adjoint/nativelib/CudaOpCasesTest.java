package org.adjoint.nativelib;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.adjoint.Adjoint;
import org.adjoint.check.OpCells;
import org.adjoint.check.OpCheck;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The op table on the CUDA backend, over the emulator of native/tests/simt: the values and
 * gradients of every op in every dtype, beside the reference backend's. Under {@code -Pexhaustive}
 * every cell is run: the emulator takes minutes for that.
 */
@NeedsNative
class CudaOpCasesTest {
  private static final boolean ALL = Boolean.getBoolean("adjoint.exhaustive");

  private static final List<OpCells.Cell> CELLS =
      OpCells.on("cuda").stream().filter(cell -> ALL || cell.check() == OpCheck.VALUE).toList();

  private static final Set<OpCells.Cell> RUN = new HashSet<>();

  @BeforeAll
  static void useCuda() {
    Adjoint.backend("cuda");
  }

  @AfterAll
  static void useNative() {
    System.out.println(OpCells.summary(CELLS, RUN));
    Adjoint.backend("native");
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
}
