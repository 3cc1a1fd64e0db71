package org.adjoint.internal.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.lang.ref.WeakReference;
import java.util.List;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;

class StepCacheTest {
  /** Enough kernel calls that no other step is pushed out for this one. */
  private static final int LARGE = 40_000;

  private final StepCache cache = new StepCache(Backends.current());

  /** Returns the step of a chain of so many products, whose shape no other test has. */
  private TracedStep step(int products) {
    Tensor x = Tensor.of(new double[] {0, 1, 1, 0}, 2, 2);
    Tensor y = x;
    for (int i = 0; i < products; i++) {
      y = y.matmul(x);
    }
    Trace trace = Trace.pending(List.of(y), List.of());
    return cache.get(StepTemplate.of(trace, new int[0]), trace);
  }

  @Test
  void aLargeStepIsKeptWhileItRuns() {
    TracedStep large = step(LARGE);
    for (int i = 1; i <= 40; i++) {
      step(i);
      if (i % 10 == 0) {
        assertSame(large, step(LARGE));
      }
    }
  }

  @Test
  void aLargeStepThatIsNotUsedAnyMoreGoesWithAllItsMemory() throws InterruptedException {
    step(41); // goes on expecting the large one
    WeakReference<TracedStep> large = new WeakReference<>(step(LARGE));
    step(1);
    assertSame(large.get(), step(LARGE));
    step(2);
    step(1); // the step before a large one has run again, with another one after it or the same
    for (int i = 1; i <= 40; i++) {
      step(i);
    }
    for (int i = 0; i < 50 && large.get() != null; i++) {
      System.gc();
      Thread.sleep(20);
    }
    assertNull(large.get());
    assertEquals(42, cache.compiled());
    step(LARGE);
    assertEquals(43, cache.compiled(), "what has gone is compiled again");
  }
}
