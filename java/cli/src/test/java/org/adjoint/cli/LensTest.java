package org.adjoint.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command that writes pages; what is on them is lens' business. */
class LensTest {
  @TempDir Path folder;

  @Test
  void writesThePageThatIsAskedFor() throws IOException {
    Path file = folder.resolve("page.html");
    Run run = Run.of("lens", "--example", "1-2-1", "--out", file.toString());
    assertEquals(0, run.status(), run.toString());
    assertTrue(run.out().get(0).startsWith(file.toString()), run.toString());
    String page = Files.readString(file);
    assertTrue(page.startsWith("<!DOCTYPE html>") && page.contains("1-2-1"), page);
    assertTrue(Files.size(file) < 300 * 1024, "size " + Files.size(file));
  }

  @Test
  void listsTheExamples() {
    Run run = Run.of("lens", "--list");
    assertEquals(0, run.status());
    assertEquals(9, run.out().size(), run.toString());
  }

  @Test
  void aPageThatCannotBeWrittenIsOneLine() {
    Path file = folder.resolve("none").resolve("page.html");
    Run run = Run.of("lens", "--out", file.toString());
    assertEquals(2, run.status());
    assertEquals(1, run.err().size(), run.toString());
    assertTrue(run.err().get(0).contains(file + ": cannot be written"), run.toString());
    assertFalse(Files.exists(file));
  }
}
