package org.adjoint.nn.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Scope;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.serve.Predictor.Options;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a {@link Predictor} gives, alone and under many threads. */
@Tag("threads")
@Timeout(60)
class PredictorTest {
  private static final int IN = 6;
  private static final int OUT = 3;
  private static final Duration LONG = Duration.ofHours(1);

  private final Mlp network =
      Mlp.of(List.of(IN, 8, OUT), Activation.TANH, Activation.IDENTITY, Init::heNormal, Key.of(1));

  private static float[] rows(int seed, int count) {
    float[] rows = new float[count * IN];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (float) Math.sin(seed + 0.7 * i);
    }
    return rows;
  }

  private float[] expected(float... rows) {
    float[][] y = new float[1][];
    Scope.run(() -> y[0] = network.apply(Tensor.of(rows, rows.length / IN, IN)).toArray());
    return y[0];
  }

  @Test
  void givesWhatTheNetworkGivesForAnyNumberOfExamples() {
    try (Predictor predictor = Predictor.of(network, Options.of().batch(8), IN)) {
      assertEquals(Shape.of(OUT), predictor.resultShape());
      for (int count : List.of(0, 1, 2, 3, 5, 8, 9, 21)) {
        float[] rows = rows(count, count);
        assertArrayEquals(expected(rows), predictor.predict(rows), 1e-6f, count + " examples");
      }
    }
  }

  /** Three examples leave one row of their program of four, whatever the other calls had in it. */
  @Test
  void otherRowsChangeNoBit() throws Exception {
    float[] mine = rows(1, 1);
    float[] alone;
    try (Predictor predictor = Predictor.of(network, Options.of().batch(4), IN)) {
      float[] three = Arrays.copyOf(mine, 3 * IN);
      alone = Arrays.copyOf(predictor.predict(three), OUT);
      float[] loud = rows(5, 4);
      for (int i = 0; i < loud.length; i++) {
        loud[i] *= 1e30f;
      }
      predictor.predict(loud);
      for (int seed = 0; seed < 4; seed++) {
        float[] others = Arrays.copyOf(mine, 3 * IN);
        System.arraycopy(rows(seed, 2), 0, others, IN, 2 * IN);
        others[2 * IN] = seed == 3 ? Float.NaN : Float.MAX_VALUE;
        assertArrayEquals(alone, Arrays.copyOf(predictor.predict(others), OUT));
      }
    }
  }

  @Test
  void eachOfManyThreadsGetsItsOwnResults() throws Exception {
    for (int lanes : List.of(1, 2)) {
      for (Duration wait : List.of(Duration.ZERO, Duration.ofNanos(200_000))) {
        Options options = new Options(4, wait, lanes);
        try (Predictor predictor = Predictor.of(network, options, IN)) {
          inThreads(
              8,
              thread -> {
                for (int i = 0; i < 40; i++) {
                  float[] rows = rows(thread * 1000 + i, 1 + (thread + i) % 5);
                  assertArrayEquals(expected(rows), predictor.predict(rows), 1e-6f);
                }
              });
        }
      }
    }
  }

  private interface Body {
    void run(int thread) throws Exception;
  }

  private static void inThreads(int count, Body body) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(count);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int thread = i;
        all.add(
            threads.submit(
                () -> {
                  body.run(thread);
                  return null;
                }));
      }
      for (Future<?> one : all) {
        one.get(30, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** A wait of an hour, which only a full batch ends. */
  @Test
  void aFullBatchWaitsNoLonger() throws Exception {
    Options options = new Options(4, LONG, 2);
    try (Predictor predictor = Predictor.of(network, options, IN)) {
      inThreads(
          4,
          thread -> {
            float[] rows = rows(thread, 1);
            assertArrayEquals(expected(rows), predictor.predict(rows), 1e-6f);
          });
    }
  }

  @Test
  void closingEndsThoseWhoWait() throws Exception {
    Predictor predictor = Predictor.of(network, new Options(4, LONG, 2), IN);
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      AtomicInteger started = new AtomicInteger();
      List<Future<float[]>> calls = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        calls.add(
            threads.submit(
                () -> {
                  started.incrementAndGet();
                  return predictor.predict(rows(1, 1));
                }));
      }
      while (started.get() < 3) {
        Thread.onSpinWait();
      }
      assertFalse(calls.stream().anyMatch(Future::isDone));
      predictor.close();
      for (Future<float[]> call : calls) {
        ExecutionException e =
            assertThrows(ExecutionException.class, () -> call.get(30, TimeUnit.SECONDS));
        assertEquals("predictor: it is closed", e.getCause().getMessage());
      }
      assertThrows(IllegalStateException.class, () -> predictor.predict(rows(1, 1)));
      predictor.close();
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void anInterruptIsKept() throws Exception {
    try (Predictor predictor = Predictor.of(network, new Options(2, LONG, 1), IN)) {
      boolean[] kept = new boolean[1];
      Thread first =
          new Thread(
              () -> {
                Thread.currentThread().interrupt();
                predictor.predict(rows(1, 1));
                kept[0] = Thread.interrupted();
              });
      first.start();
      predictor.predict(rows(2, 1));
      first.join(30_000);
      assertTrue(kept[0]);
    }
  }

  @Test
  void parametersThatChangeAreReadAnew() {
    Parameter weight = Parameter.of(Tensor.ones(DType.F32, 1, 1), "w");
    Layer scale = x -> x.matmul(weight);
    try (Predictor predictor = Predictor.of(scale, Options.of().batch(1), 1)) {
      assertEquals(3f, predictor.predict(3)[0]);
      weight.assign(weight.times(2));
      weight.eval();
      assertEquals(6f, predictor.predict(3)[0]);
    }
  }

  @Test
  void refusesWhatIsNoExample() {
    try (Predictor predictor = Predictor.of(network, Options.of().batch(2), IN)) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> predictor.predict(1, 2));
      assertEquals("predictor: 2 elements are no examples of [6]", e.getMessage());
    }
    assertThrows(IllegalArgumentException.class, () -> Options.of().batch(3));
    assertThrows(IllegalArgumentException.class, () -> Options.of().lanes(0));
    Layer whole = x -> x.sum();
    assertThrows(IllegalArgumentException.class, () -> Predictor.of(whole, Options.of(), IN));
  }
}
