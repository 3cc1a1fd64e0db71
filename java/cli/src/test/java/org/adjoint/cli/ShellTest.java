package org.adjoint.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;

/** The shell with a script on standard input, in a JVM of its own. */
class ShellTest {
  private record Ended(int status, String text) {}

  private static Ended shell(String script, String... options)
      throws IOException, InterruptedException, URISyntaxException {
    Path classes = Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    String path =
        String.join(
            File.pathSeparator,
            classes.toString(),
            System.getProperty("java.class.path", ""),
            System.getProperty("jdk.module.path", ""));
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.add("-XX:TieredStopAtLevel=1");
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", path, Main.class.getName(), "shell", "--backend", "reference"));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    List.of("BROWSER", "DISPLAY", "WAYLAND_DISPLAY").forEach(builder.environment()::remove);
    Process process = builder.start();
    try (OutputStream in = process.getOutputStream()) {
      in.write(script.getBytes(StandardCharsets.UTF_8));
    }
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), text);
  }

  @Test
  void aScriptFindsEverythingImportedAndShowsPicturesAsText() throws Exception {
    Ended ended =
        shell(
            """
            Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2)
            x.plus(1).print()
            Mlp net = Mlp.of(List.of(2, 1), Activation.TANH, Activation.IDENTITY, Init::heNormal, Key.of(0))
            show(net.apply(x))
            System.out.println(Adjoint.backend() + " " + x.sum().item())
            /exit 3
            """);
    assertEquals(3, ended.status(), ended.text());
    String values = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).plus(1).format();
    assertTrue(ended.text().startsWith(values), ended.text());
    assertTrue(ended.text().contains("fc1"), ended.text());
    assertTrue(ended.text().strip().endsWith("reference 10.0"), ended.text());
  }

  @Test
  void aRuntimeWithoutJShellIsALine() throws Exception {
    Ended ended = shell("", "--limit-modules=java.base,java.logging");
    assertEquals(1, ended.status(), ended.text());
    assertTrue(ended.text().contains("has no module jdk.jshell"), ended.text());
    assertEquals(1, ended.text().lines().count(), ended.text());
  }
}
