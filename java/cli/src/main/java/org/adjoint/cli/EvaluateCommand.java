package org.adjoint.cli;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.data.Dataset;
import org.adjoint.nn.format.MlpFile;
import org.adjoint.nn.train.Evaluation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code adjoint evaluate}: reads weights that {@code train --save} wrote and says how well they do
 * on the test rows. The last line of its output is {@code test accuracy 0.dddd}.
 */
@Command(
    name = "evaluate",
    description = {
      "Test the weights that 'train --save' wrote.",
      "",
      "The last line of the output is 'test accuracy 0.dddd'.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false)
final class EvaluateCommand implements Runnable {
  private final Terminal terminal;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "FILE",
      description = "The weights, as safetensors.")
  private Path model;

  @Option(
      names = "--dataset",
      paramLabel = "NAME",
      converter = Data.Converter.class,
      description =
          "What to test on: digits or fashion-mnist (default: what the weights were trained on).")
  private Optional<Data> dataset = Optional.empty();

  @Option(names = "--data", paramLabel = "DIR", description = "Where the data is, as for train.")
  private Optional<Path> at = Optional.empty();

  @Mixin private BackendOptions backend = new BackendOptions();

  EvaluateCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    backend.apply();
    MlpFile file = MlpFile.read(model);
    Data data =
        dataset
            .or(() -> Data.named(file.dataset()))
            .orElseThrow(
                () ->
                    new DataException(
                        model,
                        "metadata dataset '"
                            + file.dataset()
                            + "' is not one of "
                            + Data.labels()));
    Dataset test = data.load(at).test();
    int columns = file.model().sizes().get(0);
    int classes = file.model().sizes().get(file.model().sizes().size() - 1);
    if (columns != test.columns() || classes != test.classes()) {
      throw new DataException(
          model,
          "takes "
              + columns
              + " columns and tells "
              + classes
              + " classes apart, but "
              + data.label()
              + " has "
              + test.columns()
              + " and "
              + test.classes());
    }
    terminal
        .out()
        .printf(Locale.ROOT, "%s: %d rows to test; %s%n", data.label(), test.rows(), file.model());
    print(terminal, Evaluation.of(file.model(), test));
  }

  /** Prints the last line of a training or evaluation. */
  static void print(Terminal terminal, Evaluation result) {
    terminal.out().printf(Locale.ROOT, "test accuracy %.4f%n", result.accuracy());
  }
}
