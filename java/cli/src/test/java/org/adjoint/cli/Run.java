package org.adjoint.cli;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One run of the program inside the test's process.
 *
 * @param status its exit status
 * @param out the lines of its standard output
 * @param err the lines of its standard error
 */
record Run(int status, List<String> out, List<String> err) {

  static Run of(String... args) {
    return of(false, args);
  }

  static Run of(boolean interactive, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            interactive);
    int status = Main.run(args, terminal);
    return new Run(status, lines(out), lines(err));
  }

  /**
   * Returns the command that runs the program in a process of its own.
   *
   * @param options the JVM's
   * @param arguments the program's
   */
  static List<String> command(List<String> options, List<String> arguments) {
    Path classes;
    try {
      classes = Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.add("-cp");
    command.add(
        String.join(
            File.pathSeparator,
            classes.toString(),
            System.getProperty("java.class.path", ""),
            System.getProperty("jdk.module.path", "")));
    command.add(Main.class.getName());
    command.addAll(arguments);
    return command;
  }

  private static List<String> lines(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  /** Returns the last line of standard output. */
  String last() {
    return out.isEmpty() ? "" : out.get(out.size() - 1);
  }

  /** Returns the accuracy that the last line tells. */
  double accuracy() {
    if (!last().matches("test accuracy [01]\\.\\d{4}")) {
      throw new AssertionError(this.toString());
    }
    return Double.parseDouble(last().substring("test accuracy ".length()));
  }
}
