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
    return new Terminal(System.out, System.err, interactive && !isRedirected(1));
  }

  /**
   * Returns whether a stream of this process is no terminal: 0 for standard input, 1 for standard
   * output. From JDK 22 on there is a console even when output goes to a file; Linux tells where it
   * goes.
   */
  static boolean isRedirected(int stream) {
    Path link = Path.of("/proc/self/fd/" + stream);
    try {
      return Files.isSymbolicLink(link)
          && !Files.readSymbolicLink(link).toString().matches("/dev/(pts/.*|tty.*|console)");
    } catch (IOException e) {
      return true;
    }
  }
}
