package org.adjoint.internal.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class ReaperTest {
  private final AtomicInteger ran = new AtomicInteger();

  private static void await(BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; i < 1000 && !condition.getAsBoolean(); i++) {
      System.gc();
      Thread.sleep(10);
    }
    assertTrue(condition.getAsBoolean());
  }

  private static boolean hasThread() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().equals("adjoint-reaper"));
  }

  private void registerAndDrop() {
    Reaper.register(new Object(), ran::incrementAndGet);
  }

  @Test
  void whatIsUnreachableIsGivenBackByAThreadThatEndsWhenIdle() throws InterruptedException {
    Object kept = new Object();
    Cleaner.Cleanable handle = Reaper.register(kept, () -> ran.addAndGet(100));
    registerAndDrop();
    await(() -> ran.get() == 1);
    await(() -> !hasThread());
    registerAndDrop(); // starts it anew
    await(() -> ran.get() == 2);
    handle.clean();
    handle.clean();
    assertEquals(102, ran.get(), "an action runs once, and not before its time");
    assertTrue(kept.hashCode() == System.identityHashCode(kept));
  }

  @Test
  void anActionThatFailsHoldsNobodyUp() throws InterruptedException {
    Reaper.register(
        new Object(),
        () -> {
          throw new IllegalStateException("planted");
        });
    registerAndDrop();
    await(() -> ran.get() == 1);
  }
}
