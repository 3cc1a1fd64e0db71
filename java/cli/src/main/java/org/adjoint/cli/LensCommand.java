package org.adjoint.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.adjoint.lens.example.Example;
import org.adjoint.nn.data.DataException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code adjoint lens}: writes a page that steps through backpropagation. */
@Command(
    name = "lens",
    description = {
      "Write a page that steps through backpropagation, forward and backward.",
      "",
      "The page is one HTML file: open it in a browser. It needs no network."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false)
final class LensCommand implements Runnable {
  private final Terminal terminal;

  @Option(
      names = "--example",
      paramLabel = "NAME",
      description =
          "What to step through: 1-2-1, xor, two-layer, softmax, residual, vanishing, rnn, pinn or"
              + " adam (default: 1-2-1).")
  private String example = Example.FIRST;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The page to write (default: lens-NAME.html).")
  private Optional<Path> out = Optional.empty();

  @Option(names = "--list", description = "List the examples, and write nothing.")
  private boolean list;

  @Mixin private BackendOptions backend = new BackendOptions();

  @Spec private CommandSpec spec;

  LensCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    if (list) {
      for (Example one : Example.all()) {
        terminal.out().printf("%-10s  %s%n", one.name(), one.summary());
      }
      return;
    }
    Example chosen =
        Example.find(example)
            .orElseThrow(
                () ->
                    new ParameterException(
                        spec.commandLine(),
                        "'"
                            + example
                            + "' is not one of "
                            + Example.all().stream().map(Example::name).toList()));
    backend.apply();
    Path file = out.orElseGet(() -> Path.of("lens-" + example + ".html"));
    try {
      chosen.stepper().get().write(file);
    } catch (IOException e) {
      throw new DataException(file, "cannot be written", e);
    }
    terminal.out().println(file.toAbsolutePath().normalize() + ": " + chosen.summary());
    terminal.out().println("open it in a browser, and press Forward step, then Backward step");
  }
}
