package org.adjoint.benchmarks.compare;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** Loops over arrays, one thread a core: what the memory gives without any library. */
final class PlainJava implements Contestant {
  private final int threads;

  PlainJava(int threads) {
    this.threads = threads;
  }

  @Override
  public Task triad(Workload.Triad workload) {
    int size = workload.size();
    float[] x = Numbers.uniform(1, size, -1, 1);
    float[] y = Numbers.uniform(2, size, -1, 1);
    float[] z = new float[size];
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    return new Task() {
      @Override
      public void step() {
        IntStream.range(0, threads)
            .<Future<?>>mapToObj(part -> pool.submit(() -> triad(part)))
            .toList()
            .forEach(PlainJava::await);
      }

      private void triad(int part) {
        int to = (int) ((long) size * (part + 1) / threads);
        for (int i = (int) ((long) size * part / threads); i < to; i++) {
          z[i] = x[i] + 2 * y[i];
        }
      }

      @Override
      public double[] check() {
        step();
        return new double[] {Numbers.meanSize(z)};
      }

      @Override
      public void close() {
        pool.shutdown();
      }
    };
  }

  private static void await(Future<?> future) {
    try {
      future.get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }
}
