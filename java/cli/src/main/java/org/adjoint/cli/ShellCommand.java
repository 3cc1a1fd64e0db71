package org.adjoint.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code adjoint shell}: JShell with everything of Adjoint imported. */
@Command(
    name = "shell",
    description = {
      "Start JShell with everything of Adjoint imported.",
      "",
      "x.format() shows values, show(loss) the graph of a tensor: in a browser where there is a"
          + " screen, else as text. Without a terminal, standard input is run as a script.",
      "",
      "  echo 'ones(F32, 2).plus(1).print()' | adjoint shell"
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false)
final class ShellCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private BackendOptions backend = new BackendOptions();

  ShellCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    boolean script =
        System.console() == null || !terminal.interactive() || Terminal.isRedirected(0);
    try {
      return Shell.run(terminal, backend.javaLines(), script);
    } catch (NoClassDefFoundError e) {
      terminal
          .err()
          .println(
              "adjoint: shell: this Java runtime has no module jdk.jshell; use a JDK, or an image"
                  + " made by jlink --add-modules jdk.jshell,…");
      return 1;
    }
  }
}
