package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.adjoint.BackendException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the budget is written, and what it is when nobody wrote one. */
class MemoryBudgetTest {
  @Test
  void readsSuffixes() {
    assertEquals(0, MemoryBudget.parse(MemoryBudget.PROPERTY, "0"));
    assertEquals(1536, MemoryBudget.parse(MemoryBudget.PROPERTY, "1536"));
    assertEquals(3L << 10, MemoryBudget.parse(MemoryBudget.PROPERTY, "3k"));
    assertEquals(512L << 20, MemoryBudget.parse(MemoryBudget.PROPERTY, " 512M "));
    assertEquals(20L << 30, MemoryBudget.parse(MemoryBudget.PROPERTY, "20g"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "g", "1.5g", "12t", "99999999999g", "one"})
  void refusesTheRest(String text) {
    BackendException e =
        assertThrows(BackendException.class, () -> MemoryBudget.parse(MemoryBudget.PROPERTY, text));
    assertTrue(e.getMessage().contains("=" + text + ":"), e::toString);
  }

  @Test
  void leavesRoomForTheHeap() {
    assertTrue(MemoryBudget.bytes() >= 256L << 20);
  }
}
