package org.adjoint.internal.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the tool {@code jfr} prints of a recording, and that nothing needs the recorder. */
class FlightTest {
  @TempDir Path folder;

  /** Computes two sums of 3 · 5000 numbers by one program. */
  static final class Sums {
    private Sums() {}

    public static void main(String[] arguments) {
      for (int i = 0; i < 2; i++) {
        System.out.println(Tensor.ones(DType.F32, 3, 5000).eval().plus(i + 1).sum().item());
      }
    }
  }

  private static String bin(String tool) {
    return Path.of(System.getProperty("java.home"), "bin", tool).toString();
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (InputStream out = process.getInputStream()) {
      String text = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, process.waitFor(), text);
      return text;
    }
  }

  private static String sums(String... options)
      throws IOException, InterruptedException, URISyntaxException {
    List<String> command = new ArrayList<>(List.of(bin("java"), "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of(options));
    StringBuilder path = new StringBuilder();
    for (Class<?> c : List.of(Tensor.class, Sums.class)) {
      Path at = Path.of(c.getProtectionDomain().getCodeSource().getLocation().toURI());
      path.append(path.length() == 0 ? "" : System.getProperty("path.separator")).append(at);
    }
    command.addAll(List.of("-Dorg.adjoint.backend=reference", "-cp", path.toString()));
    command.add(Sums.class.getName());
    return run(command);
  }

  private static int count(String text, String pattern) {
    return (int) Pattern.compile(pattern).matcher(text).results().count();
  }

  @Test
  void aRecordingShowsProgramsAndTheirMemory() throws Exception {
    String file = folder.resolve("sums.jfr").toString();
    String out = sums("-XX:StartFlightRecording=filename=" + file);
    assertTrue(out.contains("30000.0") && out.contains("45000.0"), out);
    String printed = run(List.of(bin("jfr"), "print", "--events", "org.adjoint.*", file));
    int runs = count(printed, "org\\.adjoint\\.Run \\{");
    int programs = count(printed, "org\\.adjoint\\.Compile \\{");
    assertEquals(4, runs, printed); // the ones, and their sum, twice
    assertEquals(2, programs, printed);
    assertTrue(count(printed, "calls = [1-9]") == runs + programs, printed);
    // Both tensors of ones, 60 000 bytes each, and whatever else.
    assertTrue(count(printed, "bytes = 58\\.6 kB") >= 2, printed);
  }

  @Test
  void aRuntimeImageWithoutTheRecorderSuffices() throws Exception {
    String out = sums("--limit-modules=java.base");
    assertTrue(out.contains("30000.0") && out.contains("45000.0"), out);
  }
}
