package org.adjoint.cli;

import java.util.List;
import java.util.Optional;
import org.adjoint.cli.example.Example;
import org.adjoint.cli.example.TrainedExample;
import org.adjoint.cli.example.Training;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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
  private static final String TRAINING_OPTIONS = "--seed, --adam-steps and --lbfgs-iterations";

  private final Terminal terminal;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description =
          "One of scalar, network, softmax, xor, expression-swell, vanishing, clipping, poisson,"
              + " burgers.")
  private Optional<String> name = Optional.empty();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "poisson, burgers: what weights and points are drawn from (default: 0).")
  private Optional<Long> seed = Optional.empty();

  @Option(
      names = "--adam-steps",
      paramLabel = "N",
      converter = OptionValues.Count.class,
      description = "poisson, burgers: how many steps of Adam come first (default: 200, 500).")
  private Optional<Integer> adamSteps = Optional.empty();

  @Option(
      names = "--lbfgs-iterations",
      paramLabel = "N",
      converter = OptionValues.Count.class,
      description =
          "poisson, burgers: how many iterations of L-BFGS follow at most (default: 500, 8000).")
  private Optional<Integer> lbfgsIterations = Optional.empty();

  @Mixin private BackendOptions backend = new BackendOptions();

  @Spec private CommandSpec spec;

  ExampleCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    boolean trains = seed.isPresent() || adamSteps.isPresent() || lbfgsIterations.isPresent();
    if (name.isEmpty() && trains) {
      throw new ParameterException(
          spec.commandLine(), TRAINING_OPTIONS + " need the name of an example");
    }
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
    if (trains && !(example instanceof TrainedExample)) {
      throw new ParameterException(
          spec.commandLine(), TRAINING_OPTIONS + " mean nothing to '" + example.name() + "'");
    }
    backend.apply();
    trained(example).run(terminal.out());
  }

  /** Returns an example with the training that the options ask for. */
  private Example trained(Example example) {
    if (example instanceof TrainedExample trained) {
      Training usual = trained.training();
      return trained.with(
          new Training(
              seed.orElse(usual.seed()),
              adamSteps.orElse(usual.adamSteps()),
              lbfgsIterations.orElse(usual.lbfgsIterations())));
    }
    return example;
  }
}
