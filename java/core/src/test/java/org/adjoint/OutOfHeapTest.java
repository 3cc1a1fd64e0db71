package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A step that runs out of Java heap changes nothing or everything, and leaves nothing locked: tried
 * over and over in a JVM with a small heap that is filled to its last bytes before each step.
 */
class OutOfHeapTest {
  private static final Object[] BALLAST = new Object[200_000];

  @ParameterizedTest
  @ValueSource(strings = {"compiled", "fresh", "backward", "plain"})
  void theModelLivesOn(String way) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx14m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dorg.adjoint.backend=reference",
                "-cp",
                classPath(),
                OutOfHeapTest.class.getName(),
                way,
                "20",
                "1")
            .redirectErrorStream(true)
            .start();
    boolean ended = process.waitFor(90, TimeUnit.SECONDS);
    if (!ended) {
      process.destroyForcibly();
    }
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(ended, way + " hangs; it said: " + said);
    assertEquals(0, process.exitValue(), said);
    assertTrue(said.contains("of 20 steps ran out of heap"), said);
  }

  /** Returns all that this JVM has, wherever it has it: the child runs without modules. */
  private static String classPath() {
    String folder = Path.of("target", "test-classes").toAbsolutePath().toString();
    return String.join(
        System.getProperty("path.separator"),
        folder,
        System.getProperty("jdk.module.path", ""),
        System.getProperty("java.class.path"));
  }

  /** Way, rounds, seed. */
  public static void main(String[] args) {
    int rounds = Integer.parseInt(args[1]);
    Random random = new Random(Long.parseLong(args[2]));
    Parameter w = Parameter.of(Tensor.zeros(DType.F64, 8), "w");
    Supplier<Tensor> plain =
        () -> {
          w.assign(w.plus(1));
          return w.sum().eval();
        };
    Supplier<Tensor> compiled = compiled(w);
    Supplier<Tensor> backward =
        Compiled.of(
            () -> {
              w.times(2).sum().backward();
              return w.sum();
            });
    Supplier<Tensor> step =
        switch (args[0]) {
          case "compiled" -> compiled;
          case "fresh" -> () -> compiled(w).get();
          case "backward" -> backward;
          default -> plain;
        };
    for (int i = 0; i < 50; i++) {
      step.get();
      plain.get();
      compiled.get();
    }
    int failed = 0;
    for (int i = 0; i < rounds; i++) {
      if (i % 3 == 0) {
        w.toDoubleArray(); // ends a lease
      }
      if (runsOut(step, random)) {
        failed++;
        check(w, compiled, plain);
      }
    }
    System.out.println(failed + " of " + rounds + " steps ran out of heap");
    System.exit(failed > 0 ? 0 : 1);
  }

  private static Supplier<Tensor> compiled(Parameter w) {
    return Compiled.of(
        () -> {
          w.assign(w.plus(1));
          return w.sum();
        });
  }

  /** Fills the heap but for some small blocks, and steps twice. */
  private static boolean runsOut(Supplier<Tensor> step, Random random) {
    int n = 0;
    boolean out = false;
    try {
      for (int size = 1 << 18; size >= 16; size /= 4) {
        try {
          while (true) {
            BALLAST[n] = new byte[size];
            n++;
          }
        } catch (OutOfMemoryError full) {
          // to the next size
        }
      }
      for (int k = random.nextInt(48); k > 0 && n > 0; k--) {
        BALLAST[--n] = null;
      }
      step.get();
      step.get();
    } catch (VirtualMachineError e) { // the JDK wraps some OutOfMemoryErrors
      out = true;
    }
    Arrays.fill(BALLAST, null);
    return out;
  }

  private static void check(Parameter w, Supplier<Tensor> compiled, Supplier<Tensor> plain) {
    double before = w.toDoubleArray()[3];
    w.zeroGrad();
    compiled.get();
    plain.get();
    double[] after = w.toDoubleArray();
    if (after[3] != before + 2 || after[7] != before + 2) {
      System.out.println("after a failure and two steps " + Arrays.toString(after));
      System.exit(2);
    }
  }
}
