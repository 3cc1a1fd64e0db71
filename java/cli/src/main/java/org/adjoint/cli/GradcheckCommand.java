package org.adjoint.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.adjoint.check.GradCheck;
import org.adjoint.check.OpCase;
import org.adjoint.check.OpCases;
import org.adjoint.check.OpChecks;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * {@code adjoint gradcheck}: compares the derivatives of every op with central differences on this
 * machine. Standard output has a line an op and nothing else; what went wrong and how many there
 * were goes to standard error.
 */
@Command(
    name = "gradcheck",
    description = {
      "Compare the derivatives of every op with central differences, in F64.",
      "",
      "One line an op: its name, the modes checked, the order, the worst error |a - b| / max(1, |a|, |b|) of all rows of"
          + " the op's table, and PASS or FAIL. Ops without a derivative have order 0: theirs must be exactly zero, or"
          + " refused.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false,
    footer = {"", "Exit status: 0 all pass, 1 an op fails, 2 wrong arguments."})
final class GradcheckCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final List<OpCase> table;

  @Option(
      names = "--op",
      paramLabel = "NAME",
      description =
          "Check this op alone: one of the op table, such as tanh, or a method made of several, such as var.")
  private Optional<String> op = Optional.empty();

  @Option(
      names = "--order",
      paramLabel = "N",
      converter = Order.class,
      defaultValue = "2",
      description = "How often to differentiate: 1, or 2 for both orders (default: 2).")
  private int order;

  @Mixin private BackendOptions backend = new BackendOptions();

  @Spec private CommandSpec spec;

  GradcheckCommand(Terminal terminal) {
    this(terminal, OpCases.all());
  }

  /** Makes the command over another table. */
  GradcheckCommand(Terminal terminal, List<OpCase> table) {
    this.terminal = terminal;
    this.table = table;
  }

  /** What the rows of one op came to: the worst error, or none where there is no derivative. */
  private record Outcome(boolean differentiable, double error, List<String> failures) {}

  @Override
  public Integer call() {
    Map<String, List<OpCase>> byName = new LinkedHashMap<>();
    for (OpCase row : table) {
      byName.computeIfAbsent(row.name(), name -> new ArrayList<>()).add(row);
    }
    op.ifPresent(name -> select(name, byName));
    backend.apply();
    int width = byName.keySet().stream().mapToInt(String::length).max().orElse(0);
    int failed = 0;
    for (Map.Entry<String, List<OpCase>> entry : byName.entrySet()) {
      Outcome outcome = check(entry.getValue());
      print(width, entry.getKey(), outcome);
      outcome.failures().forEach(failure -> terminal.err().println("adjoint: " + failure));
      failed += outcome.failures().isEmpty() ? 0 : 1;
    }
    if (failed > 0) {
      terminal.err().println("adjoint: " + failed + " of " + byName.size() + " ops fail");
    }
    return failed == 0 ? 0 : 1;
  }

  private void print(int width, String name, Outcome outcome) {
    boolean smooth = outcome.differentiable();
    terminal
        .out()
        .printf(
            Locale.ROOT,
            "%-" + Math.max(1, width) + "s  %-15s  order %d  worst error %-8s  %s%n",
            name,
            smooth ? "reverse,forward" : "none",
            smooth ? order : 0,
            smooth ? String.format(Locale.ROOT, "%.1e", outcome.error()) : "-",
            outcome.failures().isEmpty() ? "PASS" : "FAIL");
    terminal.out().flush();
  }

  private Outcome check(List<OpCase> rows) {
    boolean differentiable = false;
    double worst = 0;
    List<String> failures = new ArrayList<>();
    for (OpCase row : rows) {
      if (row.rounds()) {
        continue; // it goes in steps: central differences say nothing
      }
      if (row.isDifferentiable()) {
        differentiable = true;
        GradCheck.Report report = OpChecks.derivatives(row, order);
        worst = Math.max(worst, report.error()); // NaN if either is
        if (!report.passed()) {
          failures.add(row.title() + ": " + report);
        }
      } else {
        try {
          OpChecks.still(row);
        } catch (AssertionError e) {
          failures.add(e.getMessage());
        }
      }
    }
    return new Outcome(differentiable, worst, failures);
  }

  private void select(String name, Map<String, List<OpCase>> byName) {
    if (!byName.containsKey(name)) {
      throw new ParameterException(
          spec.commandLine(),
          "--op: there is no op '"
              + name
              + "'; the nearest are "
              + String.join(", ", Names.nearest(name, byName.keySet(), 3)));
    }
    byName.keySet().retainAll(List.of(name));
  }

  /** Reads an order. */
  static final class Order implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      if (!text.equals("1") && !text.equals("2")) {
        throw new TypeConversionException("'" + text + "' is not 1 or 2");
      }
      return Integer.valueOf(text);
    }
  }
}
