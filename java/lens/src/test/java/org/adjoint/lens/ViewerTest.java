package org.adjoint.lens;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.lens.stepper.Stepper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures in a terminal, and where a browser would be started. */
class ViewerTest {
  @TempDir Path folder;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final Tensor y = Parameter.of(Tensor.ones(DType.F32, 2), "w").tanh().sum();

  private Viewer viewer(Map<String, String> environment) {
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    return new Viewer(name -> environment.getOrDefault(name, ""), out);
  }

  private String said() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void withoutAScreenPicturesAreText() throws IOException {
    viewer(Map.of("PATH", System.getenv("PATH"))).show(y);
    assertEquals(Lens.text(y) + System.lineSeparator(), said());
  }

  @Test
  void whereThereIsNoBrowserAPageIsWrittenAndNamed() throws IOException {
    viewer(Map.of()).show(Stepper.of(y));
    Path page = Path.of(said().strip());
    assertTrue(Files.readString(page).contains("<!DOCTYPE html>"), page.toString());
  }

  @Test
  void theNamedBrowserGetsTheFile() throws Exception {
    Path seen = folder.resolve("seen");
    Path browser = folder.resolve("browser");
    Files.writeString(
        browser, "#!/bin/sh\ncp \"$1\" " + seen + ".part; mv " + seen + ".part " + seen);
    Files.setPosixFilePermissions(browser, PosixFilePermissions.fromString("rwx------"));
    viewer(Map.of("BROWSER", browser.toString())).show(y);
    for (int i = 0; i < 600 && !Files.exists(seen); i++) {
      Thread.sleep(50); // another process: at most half a minute
    }
    assertEquals(Lens.svg(y), Files.readString(seen));
    assertTrue(said().strip().endsWith("picture.svg"), said());
  }
}
