package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.adjoint.Adjoint;
import org.adjoint.BackendException;
import org.adjoint.Compiled;
import org.adjoint.Grad;
import org.adjoint.Loop;
import org.adjoint.Memory;
import org.adjoint.NativeMemoryException;
import org.adjoint.Scan;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.Vmap;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.backend.Storage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a backend with a memory of its own adds, over the emulator of native/tests/simt: values are
 * copied, foreign ones refused, and an error of CUDA ends the backend and not the process.
 */
@NeedsNative
@Timeout(120)
class CudaBackendTest {
  private static final long MB = 1 << 20;

  @BeforeEach
  void useCuda() {
    Adjoint.backend("cuda");
  }

  @AfterEach
  void useNative() {
    Adjoint.backend("native");
  }

  /** Returns what is computed on the CPU, whatever backend is in use. */
  private static <T> T onCpu(Supplier<T> computed) {
    Adjoint.backend("native");
    try {
      return computed.get();
    } finally {
      Adjoint.backend("cuda");
    }
  }

  private static Tensor floats(float... values) {
    return Tensor.of(values, values.length);
  }

  @Test
  void itSaysWhereItRuns() {
    assertEquals("cuda", Adjoint.backend());
    assertTrue(Adjoint.info().contains("backend  cuda: emulated, "), Adjoint.info());
  }

  @Test
  void aWrappedBufferIsCopiedAndNeverWritten() {
    Tensor x = Tensor.wrap(Programs.direct(1, 2, 3).asFloatBuffer(), 3);
    assertArrayEquals(new float[] {2, 4, 6}, x.plus(x).toArray());
    assertArrayEquals(new float[] {1, 2, 3}, x.toArray());
    x.release();
    assertThrows(IllegalStateException.class, () -> x.plus(1).toArray());
  }

  @Test
  void faultsAreThoseOfTheCpu() {
    Supplier<String> outside =
        () -> {
          Tensor index = Tensor.of(new int[] {0, 3, 7}, 3);
          Tensor picked = floats(1, 2, 3).gather(0, index);
          return assertThrows(RuntimeException.class, picked::toArray).toString();
        };
    Supplier<String> divided =
        () -> {
          Tensor zero = Tensor.of(new int[] {1, 0}, 2);
          Tensor y = Tensor.of(new int[] {5, 6}, 2).floorDiv(zero);
          return assertThrows(RuntimeException.class, y::toIntArray).toString();
        };
    assertTrue(outside.get().contains("index 3 at position 1 is outside 0..2"), outside.get());
    assertEquals(onCpu(outside), outside.get());
    assertEquals(onCpu(divided), divided.get());
  }

  @Test
  void valuesOfOtherBackendsAreRefusedByName() {
    Tensor theirs = onCpu(() -> floats(1, 2, 3).times(2).eval());
    BackendException e = assertThrows(BackendException.class, () -> theirs.plus(1).toArray());
    assertTrue(e.getMessage().contains("12 bytes was made by another backend"), e::toString);
    Tensor ours = floats(1, 2, 3).times(2).eval();
    e = onCpu(() -> assertThrows(BackendException.class, () -> ours.plus(1).toArray()));
    assertTrue(e.getMessage().contains("12 bytes is in the memory of a GPU"), e::toString);
    assertArrayEquals(new float[] {2, 4, 6}, onCpu(ours::toArray));
  }

  @Test
  void nothingLeaksAndTheBudgetIsHard() {
    String library = System.getProperty(CudaProvider.LIBRARY);
    long api = NativeLibrary.open(Path.of(library));
    Backend backend = new NativeBackend("cuda", NativeContext.create(api, 2, 8 * MB));
    Storage held = backend.allocate(6 * MB);
    NativeMemoryException e =
        assertThrows(NativeMemoryException.class, () -> backend.allocate(4 * MB));
    assertTrue(e.getMessage().contains("cuda backend: allocate " + 4 * MB), e::toString);
    held.close();
    try (Executable program = backend.load(Programs.plusThenTimes(100));
        Storage a = backend.allocate(400);
        Storage c = backend.allocate(400)) {
      a.fill(0, 400, bytes -> bytes.asFloatBuffer().put(new float[100]).put(0, 2).put(99, 1.5f));
      program.run(new Storage[] {a, a, c}, new long[] {Float.floatToRawIntBits(7)});
      assertEquals(21f, c.contents(396, 4).getFloat(0));
      assertEquals(28f, Float.intBitsToFloat((int) c.word(4)));
    }
    backend.trim();
    assertEquals(0, backend.memory().outstanding());
    assertEquals(0, backend.memory().pooled());
  }

  @Test
  void aStepTrainsAsOnTheCpu() {
    Supplier<float[]> trained =
        () -> {
          Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, 3, 3).div(9);
          Tensor[] w = {Tensor.of(new float[] {.1f, -.2f, .3f, .4f, -.5f, .6f}, 3, 2)};
          var step =
              Compiled.of(
                  (Tensor now) -> {
                    Tensor at = now.variable();
                    Tensor loss = x.matmul(at).tanh().minus(0.25).square().mean();
                    return now.minus(Grad.grad(loss, at).get(0).times(0.5));
                  });
          for (int i = 0; i < 20; i++) {
            w[0] = step.apply(w[0]).eval();
          }
          return w[0].toArray();
        };
    assertArrayEquals(onCpu(trained), trained.get(), 1e-5f);
  }

  @Test
  void batchesAndLoopsOfAKnownLengthRun() {
    Supplier<float[]> powers =
        () -> {
          var f = Scan.of(x -> x.times(x).plus(0.5), 3);
          return Vmap.of(f).apply(floats(-1, 0, 0.5f)).toArray();
        };
    assertArrayEquals(onCpu(powers), powers.get());
  }

  @Test
  void aLoopThatEndsByItselfIsRefused() {
    Tensor y = Loop.whileTrue(x -> x.lt(10), x -> x.times(2), Tensor.scalar(1f));
    IllegalStateException e = assertThrows(IllegalStateException.class, y::item);
    assertTrue(e.getMessage().contains("needs a backend that runs loops"), e::toString);
  }

  @Tag("threads")
  @Test
  void severalThreadsEvaluateAtOnce() throws Exception {
    long before = Memory.report().outstanding();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<Void>> calls = new ArrayList<>();
      for (int caller = 0; caller < 4; caller++) {
        float own = caller;
        calls.add(
            () -> {
              for (int i = 0; i < 10; i++) {
                float now = i;
                Scope.run(
                    () ->
                        assertArrayEquals(
                            new float[] {own + now, 2 * own + now, 3 * own + now},
                            floats(1, 2, 3).times(own).plus(now).toArray()));
              }
              return null;
            });
      }
      for (Future<Void> f : threads.invokeAll(calls)) {
        f.get();
      }
    } finally {
      threads.shutdownNow();
    }
    // Less, where what other tests have left was found unreachable meanwhile.
    long after = Memory.report().outstanding();
    assertTrue(after <= before, after + " bytes are held, before " + before);
  }

  /** What a child JVM runs: CUDA fails for good on the way. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) {
      Adjoint.backend("cuda");
      for (int i = 0; i < 3; i++) {
        try {
          System.out.println(floats(1, 2, 3).times(2).sum().item());
        } catch (BackendException e) {
          System.out.println(e.getMessage());
        }
      }
      Adjoint.backend("native");
      System.out.println(floats(1, 2, 3).times(2).sum().item());
    }
  }

  @Test
  void afterAnErrorOfCudaItRefusesEverythingAndTheProcessLives() throws Exception {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-Dorg.adjoint.cache=" + System.getProperty("org.adjoint.cache"),
            "-D" + CudaProvider.LIBRARY + "=" + System.getProperty(CudaProvider.LIBRARY),
            "-cp",
            System.getProperty("java.class.path", "")
                + File.pathSeparator
                + System.getProperty("jdk.module.path", ""),
            Child.class.getName());
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("ADJOINT_SIMT_FAILS", "12");
    builder.environment().put("ADJOINT_SIMT_ORDERS", "4"); // the host cannot touch the memory
    Process process = builder.start();
    String text;
    try (InputStream out = process.getInputStream()) {
      text = new String(out.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertEquals(0, process.waitFor(), text);
    List<String> lines = text.lines().toList();
    assertEquals(4, lines.size(), text);
    assertTrue(lines.get(0).matches("cuda: .*: cudaErrorLaunchFailure \\(719\\)"), text);
    for (int i = 1; i < 3; i++) {
      assertEquals(
          "cuda: the device has failed before: cudaErrorLaunchFailure (719)", lines.get(i), text);
    }
    assertEquals("12.0", lines.get(3));
  }
}
