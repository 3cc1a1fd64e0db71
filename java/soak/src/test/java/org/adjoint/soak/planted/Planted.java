package org.adjoint.soak.planted;

import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What {@code SoakTest} repeats; its name hides it from the build's own run. */
class Planted {
  private static final AtomicInteger RUNS = new AtomicInteger();

  @Tag("threads")
  @Test
  void failsInItsThirdRun() {
    assertNotEquals(3, RUNS.incrementAndGet());
  }

  @Tag("threads")
  @Test
  void passes() {}

  @Test
  void hasNoTag() {
    throw new AssertionError("not to be run");
  }
}
