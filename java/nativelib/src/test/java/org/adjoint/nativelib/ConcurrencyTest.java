package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.backend.Storage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * More callers than permits: results stay right, workspaces stay few, closing in mid-run is safe.
 */
@NeedsNative
@Timeout(120)
@Tag("threads")
class ConcurrencyTest {
  private static final int CALLERS = 8;

  private final Backend backend = new NativeProvider().open(2);

  @Test
  void manyThreadsRunOneProgram() throws Exception {
    int n = 5000;
    try (Executable program = backend.load(Programs.plusThenTimes(n))) {
      eachOf(
          CALLERS,
          caller -> {
            float[] ones = new float[n];
            Arrays.fill(ones, 1);
            float[] expected = new float[n];
            try (Storage a = Programs.floats(backend, ones);
                Storage c = backend.allocate(4L * n)) {
              for (int i = 0; i < 500; i++) {
                float s = caller * 1000 + i;
                program.run(new Storage[] {a, a, c}, new long[] {Float.floatToRawIntBits(s)});
                Arrays.fill(expected, 2 * s);
                assertArrayEquals(expected, Programs.floats(c));
              }
            }
          });
    }
    assertEquals(0, backend.memory().outstanding());
    // Two threads, so at most two workspaces, whatever the number of callers.
    assertTrue(backend.memory().pooled() >= 4L * n, () -> backend.memory().toString());
  }

  @Test
  void closingWaitsForRuns() throws Exception {
    for (int round = 0; round < 50; round++) {
      Executable program = backend.load(Programs.plusThenTimes(20_000));
      CountDownLatch running = new CountDownLatch(CALLERS);
      eachOf(
          CALLERS + 1,
          caller -> {
            if (caller == CALLERS) {
              running.await();
              program.close();
              return;
            }
            try (Storage a = backend.allocate(80_000);
                Storage c = backend.allocate(80_000)) {
              Storage[] arguments = {a, a, c};
              program.run(arguments, new long[1]);
              running.countDown();
              assertThrows(
                  IllegalStateException.class,
                  () -> {
                    for (; ; ) {
                      program.run(arguments, new long[1]);
                    }
                  });
            }
          });
      program.close();
    }
  }

  private interface Body {
    void run(int caller) throws Exception;
  }

  private static void eachOf(int callers, Body body) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(callers);
    try {
      List<Callable<Void>> calls = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        int caller = i;
        calls.add(
            () -> {
              body.run(caller);
              return null;
            });
      }
      for (Future<Void> f : threads.invokeAll(calls)) {
        f.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
