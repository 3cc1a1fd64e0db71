package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.adjoint.nativelib.Workspaces.Workspace;
import org.junit.jupiter.api.Test;

/** Which workspace a run gets, and when one is given back. */
@NeedsNative
class WorkspacesTest {
  private static final long MB = 1 << 20;

  private final Workspaces workspaces =
      new Workspaces(NativeContext.create(NativeLibrary.load(), 2, 0), 2);

  @Test
  void reusesAndGrows() {
    Workspace first = workspaces.take(MB, 64);
    workspaces.give(first);
    Workspace second = workspaces.take(2 * MB, 5000);
    assertSame(first, second);
    assertEquals(2 * MB, second.bytes());
    assertTrue(second.block().capacity() >= 5000);
    workspaces.give(second);
    assertEquals(2 * MB, workspaces.idle().bytes());
  }

  @Test
  void takesTheBestFit() {
    Workspace large = workspaces.take(8 * MB, 64);
    Workspace small = workspaces.take(MB, 64);
    workspaces.give(large);
    workspaces.give(small);
    assertSame(small, workspaces.take(MB / 2, 64));
    workspaces.give(small);
    assertSame(large, workspaces.take(2 * MB, 64));
    assertNotSame(large, small);
  }

  @Test
  void givesBackWhatIsFarTooBig() {
    workspaces.give(workspaces.take(8 * MB, 64));
    for (int i = 0; i < 600; i++) {
      workspaces.give(workspaces.take(MB, 64));
    }
    assertEquals(MB, workspaces.idle().bytes());
  }

  @Test
  void keepsWhatIsNeededNowAndThen() {
    for (int i = 0; i < 2000; i++) {
      workspaces.give(workspaces.take(i % 100 == 0 ? 8 * MB : MB, 64));
    }
    assertEquals(8 * MB, workspaces.idle().bytes());
  }
}
