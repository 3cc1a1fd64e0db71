package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.adjoint.BackendException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The library that nvcc has built, from where its jar has it: the same kernels as over the
 * emulator, and where there is no GPU an error that says so. Under {@code -Pcuda}.
 */
@NeedsNative
@EnabledIfSystemProperty(
    named = "adjoint.cuda.jar",
    matches = ".+",
    disabledReason = "built without -Pcuda: there is no libadjoint_cuda.so")
class CudaJarTest {
  private static final String FILE = "org/adjoint/nativelib/linux-x86_64-cuda/libadjoint_cuda.so";

  private static Path library() {
    return Path.of(System.getProperty("adjoint.cuda.jar")).resolve(FILE);
  }

  private static Set<String> kernels(long api) {
    Set<String> names = new TreeSet<>();
    for (int i = 0; i < Abi.adj_kernel_count(api); i++) {
      names.add(Abi.adj_kernel_name(api, i));
    }
    return names;
  }

  @Test
  void itHasTheKernelsThatTheEmulatorRuns() {
    NativeLibrary.load();
    long emulated = NativeLibrary.open(Path.of(System.getProperty(CudaProvider.LIBRARY)));
    long compiled = NativeLibrary.open(library());
    assertEquals("cuda", Abi.adj_best_isa(compiled));
    assertTrue(kernels(compiled).contains("matmul"));
    assertEquals(kernels(emulated), kernels(compiled));
  }

  @Test
  void itIsNoLargerThanAJarMayBe() throws Exception {
    assertTrue(Files.size(library()) < 100 << 20, () -> library() + " has 100 MB or more");
  }

  /** What a child JVM runs: it opens the jar's library and says what came of that. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) {
      try {
        System.out.println("opened " + new CudaProvider().open(1).description());
      } catch (BackendException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void itOpensOrNamesTheErrorOfCuda() throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Dorg.adjoint.cache=" + System.getProperty("org.adjoint.cache"));
    command.add("-cp");
    command.add(
        String.join(
            File.pathSeparator,
            System.getProperty("adjoint.cuda.jar"),
            System.getProperty("java.class.path", ""),
            System.getProperty("jdk.module.path", "")));
    command.add(Child.class.getName());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String text;
    try (InputStream out = process.getInputStream()) {
      text = new String(out.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
    assertEquals(0, process.waitFor(), text);
    assertTrue(
        text.startsWith("opened cuda: ")
            || text.matches("cuda: opening device 0: cudaError\\w+ \\(\\d+\\)"),
        text);
  }
}
