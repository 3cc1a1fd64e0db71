package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.adjoint.Adjoint;
import org.adjoint.BackendException;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The first tensor in surroundings that go wrong, each in a JVM of its own: it is computed, on the
 * native backend wherever that can be had, or a {@link BackendException} says what to do.
 */
@NeedsNative
class SurroundingsTest {
  @TempDir Path folder;

  /** Computes a sum and prints it with the backend's name and the thread's interrupt flag. */
  static final class Sum {
    private Sum() {}

    public static void main(String[] arguments) {
      if (List.of(arguments).contains("interrupted")) {
        Thread.currentThread().interrupt();
      }
      try {
        double sum = Tensor.ones(DType.F32, 3).plus(1).sum().item();
        boolean interrupted = Thread.currentThread().isInterrupted();
        System.out.println(sum + " " + Adjoint.description() + " interrupted: " + interrupted);
      } catch (BackendException e) {
        System.out.println("BackendException: " + e.getMessage());
      }
    }
  }

  /** Finds its cache unusable, mends it, and waits for the native backend. */
  static final class Patience {
    private static final long MOST = 60_000_000_000L;

    private Patience() {}

    public static void main(String[] arguments) throws Exception {
      Path inTheWay = Path.of(arguments[0]);
      Tensor x = Tensor.ones(DType.F32, 3).eval();
      System.out.println(Adjoint.backend());
      Files.delete(inTheWay);
      long start = System.nanoTime();
      while (!Adjoint.backend().equals("native") && System.nanoTime() - start < MOST) {
        Thread.sleep(100);
      }
      System.out.println(Adjoint.backend() + " " + x.plus(1).sum().item());
    }
  }

  /** Runs {@link Sum} in two class loaders that share nothing. */
  static final class TwoLoaders {
    private TwoLoaders() {}

    public static void main(String[] arguments) throws Exception {
      for (int i = 0; i < 3; i++) {
        sumInLoaderOfItsOwn();
      }
    }
  }

  /** Runs {@link Sum} in a class loader that shares nothing with this one; returns it, closed. */
  private static ClassLoader sumInLoaderOfItsOwn() throws Exception {
    List<URL> urls = new ArrayList<>();
    for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
      urls.add(Path.of(path).toUri().toURL());
    }
    try (URLClassLoader loader =
        new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader())) {
      Method main = loader.loadClass(Sum.class.getName()).getMethod("main", String[].class);
      main.setAccessible(true);
      main.invoke(null, (Object) new String[0]);
      return loader;
    }
  }

  /** Computes in a class loader, drops it, and waits until it is collected. */
  static final class DroppedLoader {
    private static final long MOST = 60_000_000_000L;

    /** Java 17 remembers the types that the methods of the record last linked were made of. */
    private record Last(Object of, String text) {}

    private DroppedLoader() {}

    public static void main(String[] arguments) throws Exception {
      WeakReference<ClassLoader> loader = new WeakReference<>(sumInLoaderOfItsOwn());
      Last last = new Last(loader, "");
      boolean linked = last.equals(new Last(loader, "")) && last.hashCode() != 0;
      linked &= last.toString().isEmpty();
      long start = System.nanoTime();
      while (loader.get() != null && System.nanoTime() - start < MOST) {
        System.gc();
        Thread.sleep(100);
      }
      System.out.println(loader.get() == null ? "collected" : "kept");
    }
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private ProcessBuilder start(String java, Class<?> main, List<String> options, String argument)
      throws Exception {
    List<String> paths = new ArrayList<>();
    for (Class<?> c : List.of(NativeLibrary.class, main)) {
      Path at = Path.of(c.getProtectionDomain().getCodeSource().getLocation().toURI());
      paths.add(at.toAbsolutePath().toString());
    }
    for (String property : List.of("java.class.path", "jdk.module.path")) {
      Stream.of(System.getProperty(property, "").split(File.pathSeparator))
          .filter(path -> !path.isEmpty())
          .map(path -> Path.of(path).toAbsolutePath().toString())
          .forEach(paths::add);
    }
    List<String> command = new ArrayList<>(List.of(java));
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")); // starts fastest
    command.addAll(options);
    command.addAll(List.of("-cp", String.join(File.pathSeparator, paths)));
    command.add(main.getName());
    command.add(argument);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("ADJOINT_ISA", "avx2");
    builder.environment().remove("XDG_CACHE_HOME");
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    return builder;
  }

  private static String output(ProcessBuilder builder) throws IOException, InterruptedException {
    Process process = builder.start();
    try (InputStream out = process.getInputStream()) {
      String text = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, process.waitFor(), text);
      return text;
    }
  }

  private String sum(String argument, String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of("-Dorg.adjoint.cache=" + folder));
    all.addAll(List.of(options));
    return output(start(java(), Sum.class, all, argument));
  }

  private static void assertNative(String out) {
    assertTrue(out.startsWith("6.0 native: "), out);
  }

  @Test
  void aWrongOptionIsTheErrorItself() throws Exception {
    String out = sum("", "-Dorg.adjoint.memory=lots");
    assertTrue(out.startsWith("BackendException: -Dorg.adjoint.memory=lots: expected"), out);
  }

  @Test
  void anInterruptedThreadDoesItsWorkAndStaysInterrupted() throws Exception {
    for (int i = 0; i < 2; i++) { // with the libraries extracted and before
      String out = sum("interrupted");
      assertNative(out);
      assertTrue(out.contains("OpenBLAS"), out);
      assertTrue(out.contains("interrupted: true"), out);
    }
  }

  @Test
  void aRuntimeImageOfTheBaseModuleSuffices() throws Exception {
    assertNative(sum("", "--limit-modules=java.base"));
  }

  @Test
  void aFolderThatTheLocaleCannotWriteIsNoTrouble() throws Exception {
    // This JVM may not be able to write the name either; the shell can.
    List<String> options = List.of("-Dorg.adjoint.cache=" + folder);
    ProcessBuilder inner = start(java(), Sum.class, options, "x");
    List<String> command =
        new ArrayList<>(
            List.of(
                "sh",
                "-c",
                "d=$(printf '\\303\\244'); mkdir -p $d; cd $d; LC_ALL=POSIX exec \"$@\""));
    command.add("sh");
    command.addAll(inner.command());
    assertNative(output(inner.command(command).directory(folder.toFile())));
  }

  /** As a full disk does: a file cannot be put where it belongs. */
  private static void block(Path library) throws IOException {
    Files.deleteIfExists(library);
    Files.createDirectories(library.resolve("in the way"));
  }

  @Test
  void aFolderThatFailsGivesWayToTheNext() throws Exception {
    for (String library : List.of("libadjoint.so", "libopenblas.so.0")) {
      Path home = Files.createDirectory(folder.resolve("home of " + library));
      List<String> options = List.of("-Duser.home=" + home, "-Djava.io.tmpdir=" + folder);
      assertNative(output(start(java(), Sum.class, options, "")));
      try (Stream<Path> files = Files.walk(home)) {
        for (Path file : files.filter(f -> f.endsWith(library)).toList()) {
          block(file);
        }
      }
      String out = output(start(java(), Sum.class, options, ""));
      assertNative(out);
      assertTrue(out.contains("OpenBLAS"), out);
    }
  }

  @Test
  void troubleThatPassesDoesNotMakeItGiveUp() throws Exception {
    Path inTheWay = Files.createFile(folder.resolve("file"));
    List<String> options = List.of("-Dorg.adjoint.cache=" + inTheWay);
    String out = output(start(java(), Patience.class, options, inTheWay.toString()));
    assertEquals(List.of("reference", "native 6.0"), out.lines().toList());
  }

  @Test
  void everyClassLoaderGetsTheNativeBackend() throws Exception {
    List<String> options = List.of("-Dorg.adjoint.cache=" + folder);
    List<String> lines = output(start(java(), TwoLoaders.class, options, "")).lines().toList();
    assertEquals(3, lines.size());
    lines.forEach(SurroundingsTest::assertNative);
    try (Stream<Path> files = Files.walk(folder)) {
      assertFalse(files.anyMatch(f -> f.toString().endsWith(".part")), "a copy stays");
    }
  }

  @Test
  void aClassLoaderThatWasDroppedIsCollected() throws Exception {
    List<String> options = List.of("-Dorg.adjoint.cache=" + folder);
    List<String> lines = output(start(java(), DroppedLoader.class, options, "")).lines().toList();
    assertNative(lines.get(0));
    assertEquals("collected", lines.get(1));
  }

  @Test
  void deniedNativeAccessLeadsToTheReferenceBackend() throws Exception {
    Path java = aJvmThatDenies();
    List<String> options = List.of("-Dorg.adjoint.cache=" + folder, "--illegal-native-access=deny");
    String out = output(start(java.toString(), Sum.class, options, ""));
    assertTrue(out.startsWith("6.0 reference: "), out);
    List<String> forced = new ArrayList<>(options);
    forced.add("-Dorg.adjoint.backend=native");
    out = output(start(java.toString(), Sum.class, forced, ""));
    assertTrue(out.startsWith("BackendException: native backend: this JVM denies native"), out);
    assertTrue(out.contains("--enable-native-access=ALL-UNNAMED"), out);
    List<String> allowed = new ArrayList<>(options);
    allowed.add("--enable-native-access=ALL-UNNAMED");
    assertNative(output(start(java.toString(), Sum.class, allowed, "")));
  }

  /** Returns a JVM of version 24 or later beside this one; without any there is nothing to test. */
  private static Path aJvmThatDenies() throws IOException {
    Path home = Path.of(System.getProperty("java.home")).toRealPath();
    try (Stream<Path> siblings = Files.list(home.getParent())) {
      for (Path jdk : siblings.sorted().toList()) {
        Path release = jdk.resolve("release");
        if (Files.exists(release)
            && Files.readString(release).matches("(?s).*JAVA_VERSION=\"(2[4-9]|[3-9]\\d).*")) {
          return jdk.resolve("bin").resolve("java");
        }
      }
    }
    assumeTrue(false, "no JDK 24 or later beside " + home);
    throw new AssertionError();
  }
}
