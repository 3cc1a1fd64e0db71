package org.adjoint.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.adjoint.Adjoint;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.lens.report.Report;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.data.Split;
import org.adjoint.nn.format.AtomicFile;
import org.adjoint.nn.format.HistoryFile;
import org.adjoint.nn.format.MlpFile;
import org.adjoint.nn.optim.Adam;
import org.adjoint.nn.train.DivergenceException;
import org.adjoint.nn.train.Evaluation;
import org.adjoint.nn.train.History;
import org.adjoint.nn.train.Recorder;
import org.adjoint.nn.train.Result;
import org.adjoint.nn.train.Schedule;
import org.adjoint.nn.train.Trainer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code adjoint train}: teaches a multilayer perceptron and says how well it does on rows that it
 * has not seen. The last line of its output is {@code test accuracy 0.dddd}.
 */
@Command(
    name = "train",
    description = {
      "Train a multilayer perceptron (ReLU, softmax cross-entropy, Adam) and test it.",
      "",
      "The last line of the output is 'test accuracy 0.dddd'. The same options give the same weights, bit for bit.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false)
final class TrainCommand implements Callable<Integer> {
  /** The status of a process that Ctrl-C has ended. */
  private static final int INTERRUPTED = 130;

  private final Terminal terminal;

  @Option(
      names = "--dataset",
      required = true,
      paramLabel = "NAME",
      converter = Data.Converter.class,
      description = "What to learn: digits (in this program) or fashion-mnist (needs --data).")
  private Data data;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Where the data is: for fashion-mnist the folder of its four IDX files, gzip'd or plain; for digits a CSV"
              + " file to read instead of the one in this program.")
  private Optional<Path> at = Optional.empty();

  @Mixin private BackendOptions backend = new BackendOptions();

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "What the weights and the order of the rows are drawn from (default: 0).")
  private long seed;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      converter = OptionValues.Count.class,
      description = "How often every row is learnt from (default: digits 30, fashion-mnist 5).")
  private Optional<Integer> epochs = Optional.empty();

  @Option(
      names = "--batch",
      paramLabel = "N",
      converter = OptionValues.Count.class,
      description = "How many rows a step learns from (default: digits 32, fashion-mnist 64).")
  private Optional<Integer> batch = Optional.empty();

  @Option(
      names = "--lr",
      paramLabel = "X",
      converter = OptionValues.Rate.class,
      description =
          "The learning rate at the start; it falls to zero in a straight line (default: digits 0.003, fashion-mnist"
              + " 0.001).")
  private Optional<Double> learningRate = Optional.empty();

  @Option(
      names = "--hidden",
      paramLabel = "N,N",
      converter = OptionValues.Sizes.Converter.class,
      description =
          "The units of the hidden layers (default: digits 128,64, fashion-mnist 256,128).")
  private Optional<OptionValues.Sizes> hidden = Optional.empty();

  @Option(
      names = "--dtype",
      paramLabel = "NAME",
      converter = OptionValues.Precision.class,
      defaultValue = "f32",
      description =
          "What matrices are multiplied in: f32, or bf16 for mixed precision; weights and sums stay f32 (default: f32).")
  private DType compute;

  @Option(
      names = "--save",
      paramLabel = "FILE",
      description =
          "Write the trained weights here, as safetensors. The file appears whole or not at all.")
  private Optional<Path> save = Optional.empty();

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description =
          "Write a page about the training here: loss and accuracy, gradients by layer, weights, confusion, worst"
              + " mistakes, time and memory. The weights are the same with and without.")
  private Optional<Path> report = Optional.empty();

  @Option(
      names = "--history",
      paramLabel = "FILE",
      description = "Write what the page is made of here, as JSON; 'adjoint report' compares such.")
  private Optional<Path> history = Optional.empty();

  @Option(
      names = "--checkpoint",
      paramLabel = "DIR",
      description =
          "Save the training here behind each epoch and when it is stopped (Ctrl-C), so that --resume can go on with it.")
  private Optional<Path> checkpoint = Optional.empty();

  @Option(
      names = "--resume",
      description =
          "Go on with the training in the folder of --checkpoint, under the options that it began with, to the same"
              + " bits as without a stop. An empty folder begins anew.")
  private boolean resume;

  @Spec private CommandSpec spec;

  TrainCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  @SuppressWarnings("try") // what waits at the process's end works by being open
  public Integer call() {
    if (resume && checkpoint.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "--resume wants --checkpoint DIR");
    }
    save.ifPresent(AtomicFile::requireWritable);
    report.ifPresent(AtomicFile::requireWritable);
    history.ifPresent(AtomicFile::requireWritable);
    backend.apply();
    Split split = data.load(at);
    Data.Settings defaults = data.settings();
    List<Integer> sizes = new ArrayList<>();
    sizes.add(split.train().columns());
    sizes.addAll(hidden.map(OptionValues.Sizes::sizes).orElse(defaults.hidden()));
    sizes.add(split.train().classes());
    Trainer trainer =
        new Trainer(
            epochs.orElse(defaults.epochs()),
            batch.orElse(defaults.batch()),
            learningRate.orElse(defaults.learningRate()),
            Schedule.linear());
    List<Key> keys = Key.of(seed).split(2);
    Mlp model =
        Mlp.of(sizes, Activation.RELU, Activation.IDENTITY, Init::heNormal, keys.get(0))
            .computeIn(compute);
    terminal
        .out()
        .printf(
            Locale.ROOT,
            "%s: %d rows to learn, %d to test; %s%s; seed %d; backend %s%n",
            data.label(),
            split.train().rows(),
            split.test().rows(),
            model,
            compute == DType.BF16 ? " in bf16" : "",
            seed,
            Adjoint.backend());
    Recorder recorder = recorder(model, trainer, split);
    Adam adam = new Adam(model.parameters(), trainer.learningRate());
    Optional<KeptTraining> kept =
        checkpoint.map(dir -> new KeptTraining(dir, model, adam, settings(trainer, split)));
    kept.ifPresent(training -> trainer.callback(training).from(training.begin(resume, terminal)));
    ProgressLine progress = new ProgressLine(terminal);
    Result result;
    try (ExitInterrupt ignored = ExitInterrupt.ofThisThread()) {
      result = trainer.train(model, adam, split.train(), keys.get(1), progress, recorder);
      progress.end();
      if (result.ending() == Result.Ending.INTERRUPTED) {
        stopped(result, kept);
        return INTERRUPTED;
      }
    } catch (DivergenceException e) {
      progress.end();
      tell(recorder); // what led there is what the page is for
      throw e;
    } finally {
      progress.end();
    }
    Evaluation evaluation = Evaluation.of(model, split.test());
    save.ifPresent(
        file -> {
          new MlpFile(model, data.label()).write(file);
          terminal.out().println("saved " + file);
        });
    tell(recorder);
    EvaluateCommand.print(terminal, evaluation);
    return 0;
  }

  private void stopped(Result result, Optional<KeptTraining> kept) {
    kept.ifPresent(training -> training.save(result.steps()));
    terminal
        .out()
        .println(
            "stopped behind step "
                + result.steps()
                + (kept.isPresent()
                    ? "; the same command with --resume goes on"
                    : "; nothing is saved, see --checkpoint"));
  }

  private TrainingSettings settings(Trainer trainer, Split split) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("--seed", (double) seed);
    values.put("--epochs", (double) trainer.epochs());
    values.put("--batch", (double) trainer.batch());
    values.put("--lr", trainer.learningRate());
    values.put("bits of --dtype", compute == DType.BF16 ? 16.0 : 32.0);
    values.put("rows to learn", (double) split.train().rows());
    return new TrainingSettings(values);
  }

  private Recorder recorder(Mlp model, Trainer trainer, Split split) {
    if (report.isEmpty() && history.isEmpty()) {
      return Recorder.NONE;
    }
    return Recorder.of(data.label(), model)
        .with("data", data.label())
        .with("rows to learn", split.train().rows())
        .with("rows to test", split.test().rows())
        .with("network", model)
        .with("multiplies in", compute)
        .with("optimizer", "Adam")
        .with("learning rate", trainer.learningRate() + ", falls to zero in a straight line")
        .with("batch", trainer.batch())
        .with("seed", seed)
        .with("backend", Adjoint.backend())
        .testing(split.test());
  }

  /** Writes what was recorded, where it was asked for. */
  private void tell(Recorder recorder) {
    if (recorder == Recorder.NONE) {
      return;
    }
    History recorded = recorder.history();
    history.ifPresent(
        file -> {
          HistoryFile.write(recorded, file);
          terminal.out().println("history " + file);
        });
    report.ifPresent(
        file -> {
          Report.of(recorded).write(file);
          terminal.out().println("report " + file);
        });
  }
}
