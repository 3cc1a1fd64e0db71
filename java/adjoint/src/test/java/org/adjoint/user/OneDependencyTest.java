package org.adjoint.user;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * A user's program with the one dependency: on the class path, and on the module path as named
 * modules.
 */
@DisabledIfSystemProperty(
    named = "adjoint.skipNative",
    matches = "true",
    disabledReason = "built with -DskipNative: there is no native backend")
class OneDependencyTest {
  private static final List<String> MODULES =
      List.of(
          "org.adjoint.nn",
          "org.adjoint.lens",
          "org.adjoint.nativelib",
          "org.adjoint.nativelib.linux.x86_64",
          "org.bytedeco.openblas.linux.x86_64");

  @TempDir Path cache;

  @Test
  void runsOnTheClassPath() throws Exception {
    List<String> all = new ArrayList<>(dependencies());
    all.add(ownClasses());
    assertEquals("6.0 native OpenBLAS", run("-cp", join(all)));
  }

  @Test
  void runsOnTheModulePath() throws Exception {
    assumeTrue(
        dependencies().stream().allMatch(path -> path.endsWith(".jar")),
        "modules are jars only from the phase package on: mvn verify");
    assertEquals(
        "6.0 native OpenBLAS",
        run(
            "--module-path",
            join(dependencies()),
            "--add-modules",
            String.join(",", MODULES),
            "-cp",
            ownClasses()));
  }

  /** Runs {@link Program} in a JVM of its own, and returns its last line. */
  private String run(String... paths) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Dorg.adjoint.cache=" + cache);
    command.addAll(List.of(paths));
    command.add(Program.class.getName());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), out);
    assertTrue(!out.isBlank(), "it prints something");
    return out.lines().reduce((first, last) -> last).orElseThrow();
  }

  /** Returns what a user's build tool puts on the path for the one dependency. */
  private static List<String> dependencies() {
    return Stream.of(System.getProperty("surefire.test.class.path").split(File.pathSeparator))
        .filter(path -> !path.contains("junit") && !path.endsWith("test-classes"))
        .filter(path -> !path.endsWith(Path.of("adjoint", "target", "classes").toString()))
        .toList();
  }

  private static String ownClasses() {
    return Path.of(
            OneDependencyTest.class.getProtectionDomain().getCodeSource().getLocation().getPath())
        .toString();
  }

  private static String join(List<String> paths) {
    return paths.stream().collect(Collectors.joining(File.pathSeparator));
  }
}
