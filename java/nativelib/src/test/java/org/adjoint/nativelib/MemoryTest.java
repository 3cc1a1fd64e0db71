package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.adjoint.NativeMemoryException;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.backend.Storage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Every byte is accounted, the budget is hard, and reaching it costs an exception, not the process.
 */
@NeedsNative
class MemoryTest {
  private static final long MB = 1 << 20;

  private static Backend backend(long budget) {
    return new NativeBackend("native", NativeContext.create(NativeLibrary.load(), 2, budget));
  }

  @Test
  void countsWhatIsHeld() {
    Backend backend = backend(64 * MB);
    assertEquals(64 * MB, backend.memory().budget());
    Storage a = backend.allocate(MB);
    Storage b = backend.allocate(2 * MB);
    assertEquals(3 * MB, backend.memory().outstanding());
    assertEquals(2, backend.memory().buffers());
    a.close();
    a.close();
    b.close();
    assertEquals(0, backend.memory().outstanding());
    assertEquals(0, backend.memory().buffers());
    assertTrue(backend.memory().peak() >= 3 * MB);
  }

  @Test
  void overBudgetIsAnExceptionAndLifeGoesOn() {
    Backend backend = backend(8 * MB);
    Storage held = backend.allocate(6 * MB);
    NativeMemoryException e =
        assertThrows(NativeMemoryException.class, () -> backend.allocate(4 * MB));
    assertTrue(e.getMessage().contains("allocate " + 4 * MB + " bytes"), e::toString);
    held.close();
    backend.allocate(4 * MB).close();
    assertEquals(0, backend.memory().outstanding());
  }

  @Tag("threads")
  @Test
  void anInterruptedThreadWaitsForRoomToo() throws Exception {
    Backend backend = backend(8 * MB);
    Storage held = backend.allocate(6 * MB);
    Thread release =
        new Thread(
            () -> {
              try {
                Thread.sleep(100);
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              held.close();
            });
    Thread.currentThread().interrupt();
    release.start();
    backend.allocate(4 * MB).close();
    assertTrue(Thread.interrupted());
    release.join();
  }

  @Test
  void unreachableValuesMakeRoom() {
    Backend backend = backend(8 * MB);
    for (int i = 0; i < 100; i++) {
      backend.allocate(3 * MB);
    }
    assertTrue(backend.memory().outstanding() <= 8 * MB);
  }

  @Test
  void workspaceOverBudgetGivesItsPermitBack() {
    Backend backend = backend(MB);
    try (Executable large = backend.load(Programs.elementwise("plus", 3, 2 * MB));
        Executable small = backend.load(Programs.elementwise("plus", 3, MB / 2));
        Storage a = Programs.floats(backend, 1, 2, 3);
        Storage c = backend.allocate(12)) {
      Storage[] arguments = {a, a, c};
      for (int i = 0; i < 3; i++) {
        assertThrows(NativeMemoryException.class, () -> large.run(arguments, new long[0]));
      }
      small.run(arguments, new long[0]);
      assertArrayEquals(new float[] {2, 4, 6}, Programs.floats(c));
    }
    assertEquals(0, backend.memory().outstanding());
  }

  @Test
  void idleWorkspacesMakeRoom() {
    Backend backend = backend(2 * MB);
    try (Executable program = backend.load(Programs.elementwise("plus", 3, MB + MB / 2));
        Storage a = Programs.floats(backend, 1, 2, 3);
        Storage c = backend.allocate(12)) {
      program.run(new Storage[] {a, a, c}, new long[0]);
      assertTrue(backend.memory().pooled() >= MB, () -> backend.memory().toString());
      backend.allocate(MB).close();
    }
  }

  @Test
  void scratchCountsAgainstTheBudget() {
    long n = 1 << 16; // 32 bytes of scratch an element
    Backend backend = backend(4 * MB);
    try (Executable program = backend.load(Programs.argsort(n));
        Storage x = backend.allocate(4 * n);
        Storage y = backend.allocate(8 * n)) {
      assertEquals(32 * n, program.scratchBytes(), 8192);
      Storage[] arguments = {x, y};
      program.run(arguments, new long[0]);
      assertTrue(backend.memory().peak() >= 12 * n + 32 * n, () -> backend.memory().toString());
      Storage rest = backend.allocate(2 * MB);
      NativeMemoryException e =
          assertThrows(NativeMemoryException.class, () -> program.run(arguments, new long[0]));
      assertTrue(e.getMessage().contains(" bytes of scratch for a run asked for, "), e::toString);
      rest.close();
      program.run(arguments, new long[0]);
      assertTrue(backend.memory().peak() <= 4 * MB, () -> backend.memory().toString());
    }
  }

  @Test
  void unreachableValuesMakeRoomForScratch() {
    long n = 1 << 16;
    Backend backend = backend(4 * MB);
    try (Executable program = backend.load(Programs.argsort(n));
        Storage x = backend.allocate(4 * n);
        Storage y = backend.allocate(8 * n)) {
      for (int i = 0; i < 20; i++) {
        backend.allocate(2 * MB);
        program.run(new Storage[] {x, y}, new long[0]);
      }
    }
  }

  @Test
  void trimGivesBackWhatIsKept() {
    Backend backend = backend(0);
    try (Executable program = backend.load(Programs.elementwise("plus", 3, MB));
        Storage a = Programs.floats(backend, 1, 2, 3);
        Storage c = backend.allocate(12)) {
      backend.allocate(5 * MB).close();
      program.run(new Storage[] {a, a, c}, new long[0]);
      assertTrue(backend.memory().pooled() >= 6 * MB, () -> backend.memory().toString());
      backend.trim();
      assertTrue(backend.memory().pooled() < MB / 100, () -> backend.memory().toString());
      program.run(new Storage[] {a, a, c}, new long[0]);
      assertArrayEquals(new float[] {2, 4, 6}, Programs.floats(c));
    }
  }

  @Test
  void steadyStateAllocatesNothing() {
    Backend backend = backend(0);
    try (Executable program = backend.load(Programs.plusThenTimes(1000));
        Storage a = backend.allocate(4000);
        Storage c = backend.allocate(4000)) {
      Storage[] arguments = {a, a, c};
      program.run(arguments, new long[1]);
      var before = backend.memory();
      for (int i = 0; i < 10_000; i++) {
        program.run(arguments, new long[1]);
      }
      assertEquals(before, backend.memory());
    }
  }
}
