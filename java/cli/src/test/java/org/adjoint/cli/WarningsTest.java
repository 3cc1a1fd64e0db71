package org.adjoint.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the library warns of reaches the user of the command line as one plain line. */
class WarningsTest {
  @Test
  void aWarningIsOneLineOnStandardError() throws Exception {
    Process process =
        new ProcessBuilder(
                Run.command(
                    List.of("-Dorg.adjoint.cache=/dev/null/none"),
                    List.of("gradcheck", "--op", "tanh")))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    String text = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), text);
    List<String> lines = text.lines().filter(line -> line.contains("'native'")).toList();
    assertEquals(1, lines.size(), text);
    assertTrue(lines.get(0).matches("[A-Z]+ backend 'native' is not available, .*"), text);
    assertEquals(lines, text.lines().toList());
  }
}
