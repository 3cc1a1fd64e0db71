package org.adjoint.benchmarks.serving;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The process of one who takes part. Arguments: kind, network, threads of the library, threads that
 * ask. It prints {@code answer> check LOGITS}, then for each line of seconds on its standard input
 * {@code answer> took REQUESTS_A_SECOND P50 P99}, in µs.
 */
final class ServingChild {
  static final String MARK = "answer> ";
  private static final int EXAMPLES = 16;
  private static final int MOST = 1 << 22;

  private ServingChild() {}

  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    System.setOut(System.err);
    ServedNetwork network = ServedNetwork.named(args[1]);
    int threads = Integer.parseInt(args[2]);
    int askers = Integer.parseInt(args[3]);
    try (Served served = served(args[0], network, threads)) {
      StringJoiner check = new StringJoiner(" ");
      for (float logit : served.caller().predict(ServedNetwork.example(1))) {
        check.add(String.valueOf(logit));
      }
      answers.println(MARK + "check " + check);
      serve(served, askers, answers);
    }
    Runtime.getRuntime().halt(0); // a library's threads keep no process
  }

  private static Served served(String kind, ServedNetwork network, int threads) throws Exception {
    return switch (kind) {
      case "adjoint" -> new AdjointServed(network);
      case "djl" -> new DjlServed(network);
      case "onnxruntime" -> new OnnxServed(network, threads);
      default -> throw new IllegalArgumentException(kind);
    };
  }

  private static void serve(Served served, int askers, PrintStream answers)
      throws IOException, InterruptedException, java.util.concurrent.ExecutionException {
    ExecutorService pool = Executors.newFixedThreadPool(askers);
    List<Served.Caller> callers = new ArrayList<>();
    for (int i = 0; i < askers; i++) {
      callers.add(served.caller());
    }
    try (BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = commands.readLine(); line != null; line = commands.readLine()) {
        answers.println(MARK + turn(pool, callers, Double.parseDouble(line)));
      }
    }
    pool.shutdownNow();
  }

  private static String turn(ExecutorService pool, List<Served.Caller> callers, double seconds)
      throws InterruptedException, java.util.concurrent.ExecutionException {
    CountDownLatch start = new CountDownLatch(1);
    List<Future<long[]>> all = new ArrayList<>();
    for (Served.Caller caller : callers) {
      all.add(
          pool.submit(
              () -> {
                start.await();
                return times(caller, seconds);
              }));
    }
    long begin = System.nanoTime();
    start.countDown();
    long[] times = {};
    for (Future<long[]> one : all) {
      long[] more = one.get();
      times = Arrays.copyOf(times, times.length + more.length);
      System.arraycopy(more, 0, times, times.length - more.length, more.length);
    }
    double took = (System.nanoTime() - begin) * 1e-9;
    Arrays.sort(times);
    return String.format(
        Locale.ROOT,
        "took %.0f %.1f %.1f",
        times.length / took,
        times[times.length / 2] * 1e-3,
        times[(int) (0.99 * (times.length - 1))] * 1e-3);
  }

  private static long[] times(Served.Caller caller, double seconds) throws Exception {
    float[][] examples = new float[EXAMPLES][];
    Arrays.setAll(examples, ServedNetwork::example);
    long[] times = new long[1 << 12];
    int count = 0;
    long end = System.nanoTime() + (long) (seconds * 1e9);
    for (long now = System.nanoTime(); now < end && count < MOST; ) {
      caller.predict(examples[count % EXAMPLES]);
      long after = System.nanoTime();
      if (count == times.length) {
        times = Arrays.copyOf(times, 2 * count);
      }
      times[count++] = after - now;
      now = after;
    }
    return Arrays.copyOf(times, count);
  }
}
