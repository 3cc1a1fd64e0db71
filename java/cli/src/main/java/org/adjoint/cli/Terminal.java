package org.adjoint.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where a command writes. Results and progress go to {@code out}, errors to {@code err}.
 *
 * @param out standard output
 * @param err standard error
 * @param interactive whether {@code out} is a screen, on which a line can be written over
 */
public record Terminal(PrintStream out, PrintStream err, boolean interactive) {

  /** Returns this process's own streams. */
  public static Terminal system() {
    boolean interactive = System.console() != null && !"dumb".equals(System.getenv("TERM"));
    return new Terminal(System.out, System.err, interactive && !isRedirected());
  }

  /**
   * From JDK 22 on there is a console even when output goes to a file; Linux tells where it goes.
   */
  private static boolean isRedirected() {
    Path stdout = Path.of("/proc/self/fd/1");
    try {
      return Files.isSymbolicLink(stdout)
          && !Files.readSymbolicLink(stdout).toString().matches("/dev/(pts/.*|tty.*|console)");
    } catch (IOException e) {
      return true;
    }
  }
}
