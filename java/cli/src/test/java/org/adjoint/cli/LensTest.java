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
    assertEquals(9 + 5 + 2, run.out().size(), run.toString());
  }

  @Test
  void writesFourWaysOfAFunction() throws IOException {
    Path file = folder.resolve("modes.html");
    Run run =
        Run.of(
            "lens",
            "--modes",
            "--function",
            "x*sin(y)",
            "--at",
            "y=0.5,x=2",
            "--out",
            file.toString());
    assertEquals(0, run.status(), run.toString());
    assertTrue(run.out().get(0).startsWith(file.toString()), run.toString());
    String page = Files.readString(file);
    assertTrue(page.contains("f(x, y) = x·sin(y)"), page);
    assertTrue(page.contains("at x = 2, y = 0.5:"), page);
  }

  @Test
  void optionsThatDoNotFitAreOneLine() {
    assertWrong("choose one", "--modes", "--landscape");
    assertWrong("--function and --at go with --modes", "--function", "x");
    assertWrong("--at goes with --function", "--modes", "--at", "x=1");
    assertWrong("[x, y], and to nothing else; got [x]", "--modes", "--function", "x*y", "--at=x=1");
    assertWrong("at character 3 of 'x+'", "--modes", "--function", "x+", "--at", "x=1");
    assertWrong("'mons' is not one of [moons, spirals]", "--landscape", "mons");
    assertWrong("'1-2' is not one of [1-2-1,", "--example", "1-2");
  }

  private static void assertWrong(String expected, String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "lens";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    Run run = Run.of(all);
    assertEquals(2, run.status(), run.toString());
    assertEquals(1, run.err().size(), run.toString());
    assertTrue(run.err().get(0).contains(expected), run.toString());
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
