package org.adjoint.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.adjoint.lens.report.Report;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.format.HistoryFile;
import org.adjoint.nn.train.History;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code adjoint report}: draws what {@code train --history} wrote, up to three runs in one page.
 */
@Command(
    name = "report",
    description = {
      "Write a page about trainings that 'train --history' has recorded; two or three are compared.",
      "",
      "The page is one HTML file: open it in a browser. It needs no network."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false)
final class ReportCommand implements Runnable {
  private final Terminal terminal;

  @Parameters(
      arity = "1..3",
      paramLabel = "FILE",
      description = "One to three histories; the page calls each by the name of its file.")
  private List<Path> files = List.of();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The page to write (default: report.html).")
  private Path out = Path.of("report.html");

  ReportCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    List<History> runs = new ArrayList<>();
    for (Path file : files) {
      History history = HistoryFile.read(file);
      if (history.isEmpty()) {
        throw new DataException(file, "has no step and no epoch: there is nothing to draw");
      }
      runs.add(history.named(stem(file)));
    }
    Report.of(runs.toArray(History[]::new)).write(out);
    terminal.out().println(out.toAbsolutePath().normalize());
  }

  private static String stem(Path file) {
    String name = file.getFileName().toString();
    return name.replaceFirst("(?<=.)\\.json$", "");
  }
}
