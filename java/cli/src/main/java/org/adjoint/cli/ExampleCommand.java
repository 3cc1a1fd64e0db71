package org.adjoint.cli;

import java.util.List;
import java.util.Optional;
import org.adjoint.cli.example.Example;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code adjoint example}: runs one of the small classics of the field, or lists them. */
@Command(
    name = "example",
    description = "Run one of the small classics of the field; without a name, list them.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false)
final class ExampleCommand implements Runnable {
  private final Terminal terminal;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "One of scalar, network, softmax, xor, expression-swell.")
  private Optional<String> name = Optional.empty();

  @Mixin private BackendOptions backend = new BackendOptions();

  @Spec private CommandSpec spec;

  ExampleCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    if (name.isEmpty()) {
      for (Example example : Example.all()) {
        terminal.out().printf("%-16s  %s%n", example.name(), example.summary());
      }
      return;
    }
    List<String> names = Example.all().stream().map(Example::name).toList();
    Example example =
        Example.all().stream()
            .filter(candidate -> candidate.name().equals(name.get()))
            .findFirst()
            .orElseThrow(
                () ->
                    new ParameterException(
                        spec.commandLine(), "'" + name.get() + "' is not one of " + names));
    backend.apply();
    example.run(terminal.out());
  }
}
