package org.adjoint.cli;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jshell.tool.JavaShellToolBuilder;

/**
 * Starts JShell on the class path of this process. A class of its own: a runtime without {@code
 * jdk.jshell} cannot load it.
 */
final class Shell {
  private static final String START_UP = "/adjoint.jsh";

  /** From here on the JVM warns of native code that nobody has allowed. */
  private static final int WARNS_OF_NATIVE_ACCESS = 24;

  private Shell() {}

  /**
   * Runs a session to its end.
   *
   * @param lines what is run after the imports
   * @param script whether standard input is run as a script, in this process and without prompts
   * @return the exit status
   */
  static int run(Terminal terminal, List<String> lines, boolean script) throws Exception {
    Path startUp = Files.createTempFile("adjoint-", ".jsh");
    try {
      Files.writeString(startUp, startUp(lines, script));
      JavaShellToolBuilder shell =
          JavaShellToolBuilder.builder().out(terminal.out()).err(terminal.err());
      List<String> arguments = new ArrayList<>();
      arguments.addAll(List.of("--class-path", classPath()));
      arguments.addAll(List.of("--startup", "DEFAULT", "--startup", startUp.toString()));
      if (script) {
        // What a user prefers at the prompt is no business of a script.
        shell.persistence(new HashMap<>());
        arguments.addAll(List.of("--execution", "local", "-s", "-"));
      } else if (Runtime.version().feature() >= WARNS_OF_NATIVE_ACCESS) {
        arguments.add("-R--enable-native-access=ALL-UNNAMED");
      }
      return shell.start(arguments.toArray(new String[0]));
    } finally {
      Files.deleteIfExists(startUp);
    }
  }

  /** Returns the start-up file with more lines before its last, which a script does without. */
  private static String startUp(List<String> more, boolean script) throws IOException {
    try (InputStream in = Shell.class.getResourceAsStream(START_UP)) {
      if (in == null) {
        throw new IllegalStateException("shell: the resource " + START_UP + " is missing");
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      List<String> lines = new ArrayList<>(text.lines().toList());
      String greeting = lines.remove(lines.size() - 1);
      lines.addAll(more);
      if (!script) {
        lines.add(greeting);
      }
      return String.join("\n", lines) + "\n";
    }
  }

  private static String classPath() {
    return Stream.of("java.class.path", "jdk.module.path")
        .flatMap(name -> Stream.of(System.getProperty(name, "").split(File.pathSeparator)))
        .filter(path -> !path.isEmpty())
        .map(path -> Path.of(path).toAbsolutePath().toString())
        .distinct()
        .collect(Collectors.joining(File.pathSeparator));
  }
}
