package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.adjoint.BackendException;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Executable;
import org.adjoint.internal.backend.Storage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Loading, in JVMs of their own: from a copy of what ships, from a spoiled cache, and without what
 * it needs.
 */
@NeedsNative
class NativeLibraryTest {
  private static final String FOLDER = "org/adjoint/nativelib/linux-x86_64/";

  @TempDir Path temporary;

  private Path classes;
  private Path cache;

  /**
   * What a child JVM runs: it opens the backend, adds, and prints what it is, or why it cannot be.
   */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) {
      try {
        Backend backend = new NativeProvider().open(1);
        System.out.println(backend.description());
        try (Executable plus = backend.load(Programs.plus(2));
            Storage a = backend.wrap(Programs.direct(1, 2));
            Storage c = backend.allocate(8)) {
          plus.run(new Storage[] {a, a, c}, new long[0]);
          System.out.println(Arrays.toString(Programs.floats(c)));
        }
      } catch (BackendException e) {
        System.out.println("BackendException: " + e.getMessage());
      }
    }
  }

  @BeforeEach
  void copyClasses() throws IOException {
    classes = temporary.resolve("classes");
    cache = temporary.resolve("cache");
    for (Class<?> c : List.of(NativeLibrary.class, NativeLibraryTest.class)) {
      copy(Path.of(c.getProtectionDomain().getCodeSource().getLocation().getPath()), classes);
    }
  }

  @Test
  void loadsFromWhereverItIs() throws Exception {
    String out = child(everything());
    assertTrue(out.startsWith("native: "), out);
    assertTrue(out.contains("OpenBLAS"), out);
  }

  @Test
  void leavesNothingForTheJvmToWarnOf() throws Exception {
    String out = child(everything(), "-Xcheck:jni");
    assertTrue(out.contains("[2.0, 4.0]"), out);
    assertFalse(out.contains("WARNING"), out);
  }

  /**
   * What a child JVM runs under -Xcheck:jni: every native method once, most by way of a backend.
   */
  static final class EveryCall {
    private static final long BUDGET = 1 << 20;

    private EveryCall() {}

    public static void main(String[] arguments) {
      long api = NativeLibrary.load();
      NativeContext small = NativeContext.create(api, 2, BUDGET);
      Backend backend = new NativeBackend("native", small);
      System.out.println(backend.description() + ", " + backend.memory());
      System.out.println("best: " + Abi.adj_best_isa(api) + ", on the host: " + small.isOnHost());
      System.out.println("OpenBLAS would serve: " + small.usesBlas());
      try (Executable plus = backend.load(Programs.plus(4));
          Executable loss = backend.load(Programs.crossEntropy(3));
          Storage a = backend.wrap(Programs.direct(1, 2, 3, 4));
          Storage label = Programs.floats(backend, 17);
          Storage c = backend.allocate(16)) {
        System.out.println(plus.scratchBytes() + " bytes of scratch");
        plus.run(new Storage[] {a, a, c}, new long[0]);
        System.out.println(plus.runTimed(new Storage[] {a, a, c}, new long[0]));
        System.out.println(Arrays.toString(Programs.floats(c)) + " " + c.word(4));
        small.copy(NativeStorage.address(c), NativeStorage.address(a), 16);
        System.out.println(Arrays.toString(Programs.floats(c)));
        expect(() -> loss.run(new Storage[] {c, label, label}, new long[0]));
      }
      expect(() -> backend.allocate(2 * BUDGET));
      long[] context = new long[1];
      Status.check(api, Abi.adj_context_create(api, 1, 0, null, context), "open");
      Abi.adj_jni_blas_open(api, context[0], "none", "none", "none");
      Status.check(api, Abi.adj_context_destroy(api, context[0]), "close");
      expect(() -> NativeLibrary.open(Path.of("none")));
    }

    private static void expect(Runnable refused) {
      try {
        refused.run();
      } catch (RuntimeException e) {
        System.out.println("refused: " + e.getMessage());
        return;
      }
      throw new AssertionError("not refused");
    }
  }

  @Test
  void everyNativeMethodPassesTheJvmsChecks() throws Exception {
    String out = child(EveryCall.class, everything(), "-Xcheck:jni", "-Xlog:jni+resolve=debug");
    assertFalse(out.contains("WARNING"), out);
    int called = 0;
    for (Method method : Abi.class.getDeclaredMethods()) {
      if (Modifier.isNative(method.getModifiers())) {
        String linked = "native method " + Abi.class.getName() + "." + method.getName() + " ";
        assertTrue(out.contains(linked), method.getName() + " was not called:\n" + out);
        called++;
      }
    }
    assertTrue(called > 0, "Abi has no native methods");
  }

  @Test
  void knowsNothingOfWhereItWasBuilt() throws IOException {
    for (String name : List.of("libadjoint.so", "libjniadjoint.so")) {
      String bytes = Files.readString(classes.resolve(FOLDER + name), StandardCharsets.ISO_8859_1);
      assertFalse(bytes.contains("build/release"), name);
    }
  }

  @Test
  void replacesSpoiledFilesInTheCache() throws Exception {
    child(everything());
    List<Path> files = cached();
    for (Path file : files) {
      byte[] bytes = Files.readAllBytes(file);
      bytes[0] ^= 1;
      Files.write(file, bytes);
    }
    assertTrue(child(everything()).startsWith("native: "));
    assertEquals(files, cached());
  }

  @Test
  void runsOnItsOwnKernelsWithoutOpenBlas() throws Exception {
    String out = child(everything().filter(path -> !path.contains("openblas")));
    assertTrue(out.contains("own matmul"), out);
  }

  @Test
  void saysThatTheNativeJarIsMissing() throws Exception {
    Files.delete(classes.resolve(FOLDER + "libadjoint.so"));
    String out = child(everything());
    assertTrue(out.startsWith("BackendException: native backend: "), out);
    assertTrue(out.contains("add org.adjoint:adjoint-nativelib with classifier linux-x86_64"), out);
  }

  @Test
  void saysWhyALibraryCannotBeLoaded() throws Exception {
    Files.writeString(classes.resolve(FOLDER + "libadjoint.so"), "not a library");
    String out = child(everything());
    assertTrue(out.startsWith("BackendException: native backend: cannot load " + cache), out);
  }

  @Test
  void knowsABuildByItsId() {
    byte[] library = {1, 2, (byte) 0xab, (byte) 0xcd, 3};
    assertTrue(NativeLibrary.isBuild(library, "abcd"));
    assertFalse(NativeLibrary.isBuild(library, "abce"));
    assertTrue(NativeLibrary.isBuild(library, "no digest"));
  }

  /** Returns what is on the path here, with a copy in place of this module's own classes. */
  private Stream<String> everything() {
    String paths =
        System.getProperty("java.class.path", "")
            + File.pathSeparator
            + System.getProperty("jdk.module.path", "");
    return Stream.concat(Stream.of(classes.toString()), Stream.of(paths.split(File.pathSeparator)))
        .filter(path -> !path.isEmpty() && !path.contains("nativelib" + File.separator + "target"));
  }

  private String child(Stream<String> classPath, String... options)
      throws IOException, InterruptedException {
    return child(Child.class, classPath, options);
  }

  private String child(Class<?> main, Stream<String> classPath, String... options)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Dorg.adjoint.cache=" + cache);
    command.addAll(List.of(options));
    command.add("-cp");
    command.add(classPath.collect(Collectors.joining(File.pathSeparator)));
    command.add(main.getName());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try (InputStream out = process.getInputStream()) {
      String text = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, process.waitFor(), text);
      return text;
    }
  }

  /**
   * Returns the cached libraries of this project; those of OpenBLAS are not compared byte for byte.
   */
  private List<Path> cached() throws IOException {
    try (Stream<Path> files = Files.walk(cache)) {
      return files.filter(f -> Files.isRegularFile(f)).sorted().toList();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> paths = Files.walk(from)) {
      for (Path path : paths.toList()) {
        Path target = to.resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else if (!path.endsWith("module-info.class")) {
          Files.copy(path, target);
        }
      }
    }
  }
}
