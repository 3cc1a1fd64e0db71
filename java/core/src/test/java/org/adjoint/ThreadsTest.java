package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many Java threads build and run graphs at once. */
@Tag("threads")
class ThreadsTest {
  private static final int THREADS = 8;

  private static <T> List<T> onAll(Callable<T> work)
      throws InterruptedException, ExecutionException {
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        futures.add(pool.submit(work));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get());
      }
      return results;
    } finally {
      pool.shutdownNow();
    }
  }

  private static double[] train() {
    Parameter w = Parameter.of(Key.of(5).normal(DType.F64, 3, 2), "w");
    Tensor x = Key.of(6).normal(DType.F64, 4, 3).eval();
    for (int i = 0; i < 50; i++) {
      Tensor loss = x.matmul(w).tanh().minus(0.5).square().mean();
      loss.backward();
      w.assign(w.minus(w.grad().orElseThrow().times(0.1)));
      Parameters.commit(List.of(w));
      w.zeroGrad();
    }
    return w.toDoubleArray();
  }

  @Test
  void eightTrainingsAtOnceEqualOneAlone() throws Exception {
    double[] alone = train();
    for (double[] weights : onAll(ThreadsTest::train)) {
      assertArrayEquals(alone, weights);
    }
  }

  @Test
  void aTensorSharedByThreadsGetsOneValue() throws Exception {
    for (int round = 0; round < 50; round++) {
      Tensor x = Key.of(round).normal(DType.F64, 16, 16);
      Tensor y = x.matmul(x).tanh().sum().variable();
      List<Double> values = onAll(y::item);
      for (double value : values) {
        assertEquals(values.get(0), value);
      }
    }
  }

  @Test
  void readersOfAParameterSeeWholeVersionsWhileAnotherThreadSteps() throws Exception {
    Parameter w = Parameter.of(Tensor.zeros(DType.F64, 1000), "w");
    w.eval();
    Thread writer =
        new Thread(
            () -> {
              for (int i = 0; i < 300; i++) {
                w.assign(w.plus(1));
                w.eval();
              }
            });
    writer.start();
    while (writer.isAlive()) {
      try {
        Tensor read = w.plus(0); // once: the writer may assign between two
        Tensor spread = read.max().minus(read.min());
        assertEquals(0, spread.item());
      } catch (IllegalStateException superseded) {
        // The version went while this thread was building on it: the error is the promise.
        assertEquals(true, superseded.getMessage().contains("'w'"), superseded.getMessage());
      }
    }
    writer.join();
    assertEquals(300, w.toDoubleArray()[999]);
  }

  @Test
  void readersAndATrainerNeverBreakAParameter() throws Exception {
    for (int round = 0; round < 20; round++) {
      Parameter w = Parameter.of(Tensor.zeros(DType.F64, 50), "w");
      Thread reader =
          new Thread(
              () -> {
                while (!Thread.currentThread().isInterrupted()) {
                  double[] values = w.toDoubleArray();
                  if (values[0] != values[49]) {
                    throw new IllegalStateException("torn: " + values[0] + ", " + values[49]);
                  }
                }
              });
      List<Throwable> seen = new ArrayList<>();
      reader.setUncaughtExceptionHandler((t, e) -> seen.add(e));
      reader.start();
      for (int i = 0; i < 200; i++) {
        w.assign(w.plus(1));
        w.eval();
      }
      reader.interrupt();
      reader.join();
      assertEquals(List.of(), seen);
      assertEquals(200, w.toDoubleArray()[7]);
    }
  }

  @Test
  void aNewParameterMayBeReadWhileItIsAssigned() throws Exception {
    for (int round = 0; round < 300; round++) {
      Parameter w = Parameter.of(Tensor.zeros(DType.F64, 5), "w");
      Thread reader = new Thread(w::toDoubleArray);
      reader.start();
      try {
        w.assign(w.plus(1));
      } catch (IllegalStateException other) {
        assertEquals(true, other.getMessage().contains("'w'"), other.getMessage());
      }
      reader.join();
      assertEquals(5, w.toDoubleArray().length);
    }
  }

  @Test
  void backwardOnManyThreadsLosesNoGradient() throws Exception {
    for (int round = 0; round < 50; round++) {
      Parameter w = Parameter.of(Tensor.of(new double[] {1}, 1), "w");
      w.eval();
      onAll(
          () -> {
            w.times(3).sum().backward();
            return true;
          });
      assertEquals(3 * THREADS, w.grad().orElseThrow().item());
    }
  }

  @Test
  void gradientsSurviveARacingEvaluation() throws Exception {
    for (int round = 0; round < 30; round++) {
      Tensor x = Tensor.scalar(1.0);
      Tensor chain = x.times(1.5);
      for (int i = 0; i < 2_000; i++) {
        chain = chain.plus(0.5);
      }
      Tensor y = chain;
      Thread evaluator = new Thread(y::eval);
      evaluator.start();
      try {
        assertEquals(1.5, Grad.grad(y, x).get(0).item());
      } catch (IllegalStateException dropped) {
        assertEquals(true, dropped.getMessage().contains("variable()"), dropped.getMessage());
      }
      evaluator.join();
    }
  }
}
