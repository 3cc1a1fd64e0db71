package org.adjoint.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.lens.example.Example;
import org.adjoint.lens.example.Functions;
import org.adjoint.lens.example.Trainings;
import org.adjoint.nn.data.DataException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code adjoint lens}: writes a page that shows how derivatives come about, or what a training
 * did.
 */
@Command(
    name = "lens",
    description = {
      "Write a page: backpropagation step by step; with --modes, four ways to differentiate a"
          + " function; with --landscape, the loss around a network that has learnt.",
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
  private Optional<String> example = Optional.empty();

  @Option(
      names = "--modes",
      description = "Differentiate functions in four ways: those of --list, or --function.")
  private boolean modes;

  @Option(
      names = "--function",
      paramLabel = "TEXT",
      description = "With --modes: a function of yours, such as 'x*sin(y) + x^2'.")
  private Optional<String> function = Optional.empty();

  @Option(
      names = "--at",
      paramLabel = "NAME=NUMBER",
      split = ",",
      description = "With --function: where, such as x=1.5,y=-2.")
  private Map<String, Double> at = new LinkedHashMap<>();

  @Option(
      names = "--landscape",
      paramLabel = "NAME",
      arity = "0..1",
      fallbackValue = "moons",
      description = "The loss around a network that has learnt moons or spirals (default: moons).")
  private Optional<String> landscape = Optional.empty();

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
      list();
      return;
    }
    LensPage page = page();
    backend.apply();
    Path file = out.orElseGet(() -> Path.of("lens-" + page.name() + ".html"));
    try {
      Files.writeString(file, page.html().get());
    } catch (IOException e) {
      throw new DataException(file, "cannot be written", e);
    } catch (IllegalArgumentException e) {
      throw wrong(e.getMessage()); // a function that has no value there
    }
    terminal.out().println(file.toAbsolutePath().normalize() + ": " + page.summary());
    terminal.out().println("open it in a browser" + page.hint());
  }

  private void list() {
    for (Example one : Example.all()) {
      terminal.out().printf("%-10s  %s%n", one.name(), one.summary());
    }
    for (Functions one : Functions.all()) {
      terminal.out().printf("--modes  %-12s  %s%n", one.name(), one.summary());
    }
    for (Trainings one : Trainings.all()) {
      terminal.out().printf("--landscape  %-8s  %s%n", one.name(), one.summary());
    }
  }

  private LensPage page() {
    int chosen = (example.isPresent() ? 1 : 0) + (modes ? 1 : 0) + (landscape.isPresent() ? 1 : 0);
    if (chosen > 1) {
      throw wrong("--example, --modes and --landscape are three pages; choose one");
    }
    if (!modes && (function.isPresent() || !at.isEmpty())) {
      throw wrong("--function and --at go with --modes");
    }
    if (function.isEmpty() && !at.isEmpty()) {
      throw wrong("--at goes with --function");
    }
    if (modes) {
      return function.map(this::functionOfTheUser).orElseGet(LensPage::functions);
    }
    if (landscape.isPresent()) {
      String name = landscape.get();
      return LensPage.landscape(name)
          .orElseThrow(() -> unknown(name, Trainings.all().stream().map(Trainings::name).toList()));
    }
    String name = example.orElse(Example.FIRST);
    return LensPage.example(name)
        .orElseThrow(() -> unknown(name, Example.all().stream().map(Example::name).toList()));
  }

  private LensPage functionOfTheUser(String text) {
    try {
      return LensPage.function(text, at);
    } catch (IllegalArgumentException e) {
      throw wrong(e.getMessage());
    }
  }

  private ParameterException unknown(String name, List<String> names) {
    return wrong("'" + name + "' is not one of " + names);
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
