package org.adjoint.soak;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Repeats the tests that use threads, first on all cores, then pinned to one, and prints how often
 * each failed. The repeats are spread over fresh JVMs, because races differ between code that is
 * interpreted, just compiled and long compiled: they take turns with both compilers and the first
 * alone, and with the default backend and the reference. A JVM that hangs is ended and counts as a
 * failure. The soak judges nothing but the tests' own assertions.
 */
public final class Soak {
  private static final String TESTS = "org.adjoint";
  private static final int REPEATS_PER_JVM = 10;

  /** How many random programs a repeat of the model test runs, other ones each time. */
  private static final int MODEL_PROGRAMS = 100;

  private static final Duration MOST_PER_REPEAT = Duration.ofMinutes(5);

  private final int repeats;
  private final String tests;
  private final List<String> prefix;
  private final PrintStream out;
  private final Map<String, int[]> counts = new TreeMap<>();

  /**
   * Prepares a soak.
   *
   * @param repeats how often each test runs
   * @param tests the package of the tests, and all below it
   * @param prefix what a JVM is started by, such as {@code taskset}
   * @param out where the tests' output and the counts go
   */
  Soak(int repeats, String tests, List<String> prefix, PrintStream out) {
    this.repeats = repeats;
    this.tests = tests;
    this.prefix = prefix;
    this.out = out;
  }

  /**
   * Runs the soak; the status is 1 if a test failed, or if there was none.
   *
   * @param arguments how often each test runs
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    int repeats = arguments.length == 1 ? Integer.parseInt(arguments[0]) : 0;
    if (repeats < 1) {
      throw new IllegalArgumentException("soak: one argument, how often each test runs, >= 1");
    }
    boolean well = new Soak(repeats, TESTS, List.of(), System.out).run("on all cores");
    List<String> pinned = List.of("taskset", "-c", "0");
    well &= new Soak(repeats, TESTS, pinned, System.out).run("pinned to one core");
    System.exit(well ? 0 : 1);
  }

  /** Runs the tests, prints how often each failed, and returns whether all went well. */
  boolean run(String where) throws IOException, InterruptedException {
    for (int done = 0, jvm = 0; done < repeats; done += REPEATS_PER_JVM, jvm++) {
      List<String> options = new ArrayList<>();
      if (jvm % 2 == 1) {
        options.add("-XX:TieredStopAtLevel=1");
      }
      if (jvm / 2 % 2 == 1) {
        options.add("-Dorg.adjoint.backend=reference");
      }
      runJvm(Math.min(REPEATS_PER_JVM, repeats - done), options);
    }
    int failures = 0;
    out.printf(Locale.ROOT, "%nsoak, %s: failures of runs%n", where);
    for (Map.Entry<String, int[]> test : counts.entrySet()) {
      int[] count = test.getValue();
      failures += count[0];
      out.printf(Locale.ROOT, "%6d of %6d  %s%n", count[0], count[1], test.getKey());
    }
    out.printf(Locale.ROOT, "%d failures in %d tests%n", failures, counts.size());
    return failures == 0 && !counts.isEmpty();
  }

  private void runJvm(int times, List<String> options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.add("-Dadjoint.skipNative=" + System.getProperty("adjoint.skipNative", "false"));
    command.add("-Xmx2g");
    command.add("-Dorg.adjoint.model.programs=" + MODEL_PROGRAMS);
    command.addAll(List.of("-classpath", System.getProperty("java.class.path")));
    command.addAll(List.of(Repeat.class.getName(), String.valueOf(times), tests));
    Process jvm = new ProcessBuilder(command).redirectErrorStream(true).start();
    Thread reader = new Thread(() -> read(jvm), "soak output");
    reader.start();
    boolean ended = jvm.waitFor(times * MOST_PER_REPEAT.toSeconds(), TimeUnit.SECONDS);
    if (!ended) {
      jvm.destroyForcibly().waitFor();
    }
    reader.join();
    if (!ended || jvm.exitValue() != 0) {
      count(ended ? "a JVM ended with status " + jvm.exitValue() : "a JVM hung", false);
    }
  }

  private void read(Process jvm) {
    try (BufferedReader lines = jvm.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.startsWith(Repeat.REPORT)) {
          out.println(line);
          continue;
        }
        String[] words = line.split("\t");
        boolean passed = words[1].equals(Repeat.PASSED);
        count(words[2], passed);
        if (!passed) {
          out.println(line);
        }
      }
    } catch (IOException e) {
      count("the output of a JVM was cut: " + e.getMessage(), false);
    }
  }

  private synchronized void count(String test, boolean passed) {
    int[] count = counts.computeIfAbsent(test, name -> new int[2]);
    count[0] += passed ? 0 : 1;
    count[1]++;
  }
}
