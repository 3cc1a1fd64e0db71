package org.adjoint.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.adjoint.benchmarks.compare.Absent;
import org.adjoint.benchmarks.compare.Bars;
import org.adjoint.benchmarks.compare.Entrant;
import org.adjoint.benchmarks.compare.Floors;
import org.adjoint.benchmarks.compare.Plot;
import org.adjoint.benchmarks.compare.Report;
import org.adjoint.benchmarks.compare.Result;
import org.adjoint.benchmarks.compare.Table;
import org.adjoint.benchmarks.compare.Turns;
import org.adjoint.benchmarks.compare.Workload;

/**
 * Times Adjoint beside its peers in one run: each in a JVM of its own, in alternating turns, after
 * all have shown that they compute the same. Peers come from {@code mvn -Ppeers}; one that is
 * missing is reported as absent.
 */
public final class Compare {
  private static final String USAGE =
      """
      usage: java -cp benchmarks.jar org.adjoint.benchmarks.Compare [options]
        --only NAME       one row, or all whose names start with "NAME-": gemm, mlp, width, batch; may be repeated
        --json FILE       also write the rows as JSON
        --seconds S       how long each takes part in a row, default 1.5
        --threads N       how many threads ours and the peers get, default the processors
        --plots FOLDER    also write ratios.svg there, time the cost curves, and write cost-width.svg and cost-batch.svg
        --peers FOLDER    where the peers' jars are, default peers beside this jar
      """;

  /** The peers of the cost curves, and what their lines are called. */
  private static final Map<String, String> CURVE_PEERS = new LinkedHashMap<>();

  static {
    CURVE_PEERS.put("pytorch", "PyTorch");
    CURVE_PEERS.put(Entrant.TENSORFLOW, "TensorFlow");
    CURVE_PEERS.put(Entrant.TENSORFLOW_XLA, "TensorFlow, XLA");
  }

  private final Options options;
  private final Turns turns;
  private Optional<Floors> floors = Optional.empty();

  private Compare(Options options, Turns turns) {
    this.options = options;
    this.turns = turns;
  }

  private record Options(
      List<String> only,
      Optional<Path> json,
      double seconds,
      int threads,
      Optional<Path> plots,
      Path peers) {

    static Options of(String[] args) {
      List<String> only = new ArrayList<>();
      Map<String, String> given = new LinkedHashMap<>();
      for (int i = 0; i < args.length; i += 2) {
        if (i + 1 == args.length
            || !List.of("--only", "--json", "--seconds", "--threads", "--plots", "--peers")
                .contains(args[i])) {
          throw new IllegalArgumentException("cannot read '" + args[i] + "'\n" + USAGE);
        }
        if (args[i].equals("--only")) {
          only.add(args[i + 1]);
        } else {
          given.put(args[i], args[i + 1]);
        }
      }
      double seconds = Double.parseDouble(given.getOrDefault("--seconds", "1.5"));
      String processors = String.valueOf(Runtime.getRuntime().availableProcessors());
      int threads = Integer.parseInt(given.getOrDefault("--threads", processors));
      if (!(seconds > 0 && seconds <= 3600) || threads < 1) {
        throw new IllegalArgumentException(
            "needs seconds in (0, 3600] and at least 1 thread, got " + seconds + " and " + threads);
      }
      return new Options(
          only,
          Optional.ofNullable(given.get("--json")).map(Path::of),
          seconds,
          threads,
          Optional.ofNullable(given.get("--plots")).map(Path::of),
          given.containsKey("--peers") ? Path.of(given.get("--peers")) : besideThisJar());
    }

    /** Returns the folder beside the first entry of the class path. */
    private static Path besideThisJar() {
      String first = System.getProperty("java.class.path").split(java.io.File.pathSeparator)[0];
      return Path.of(first).toAbsolutePath().resolveSibling("peers");
    }

    boolean asksFor(String name) {
      return only.isEmpty()
          || only.stream().anyMatch(o -> name.equals(o) || name.startsWith(o + "-"));
    }
  }

  /**
   * Runs it; its exit status is 1 if the arguments are wrong or someone computes something else.
   */
  public static void main(String[] args) throws IOException {
    try {
      Options options = Options.of(args);
      try (Turns turns = new Turns(options.peers(), options.seconds())) {
        new Compare(options, turns).run();
        if (!turns.isAgreed()) {
          throw new Absent("not everyone computes the same, see above");
        }
      }
    } catch (IllegalArgumentException | Absent e) {
      System.err.println("compare: " + e.getMessage());
      System.exit(1);
    }
  }

  private void run() throws IOException {
    List<Table.Row> rows = rows();
    if (!rows.isEmpty()) {
      floors = Optional.of(Floors.measure(turns, options.threads()));
      System.out.println(floors.get());
    }
    System.out.println(Report.heading());
    List<Result> results = new ArrayList<>();
    for (Table.Row row : rows) {
      Result result = result(row, List.of());
      results.add(result);
      System.out.println(Report.line(result));
      if (options.json().isPresent()) {
        Files.writeString(options.json().get(), Report.json(results));
      }
    }
    System.out.print(Report.means(results));
    if (options.plots().isPresent()) {
      Files.createDirectories(options.plots().get());
      if (!results.isEmpty()) {
        Files.writeString(options.plots().get().resolve("ratios.svg"), Bars.svg(results));
      }
      curve("width", "MLP w-w-w-10, batch 64: µs a training step", "width w");
      curve("batch", "MLP 256-256-256-10: µs a training step", "batch");
    }
  }

  /** The table's rows that are asked for, and any other name that means something. */
  private List<Table.Row> rows() {
    List<Table.Row> rows = new ArrayList<>();
    Table.rows().stream().filter(row -> options.asksFor(row.name())).forEach(rows::add);
    for (String name : options.only()) {
      boolean known = rows.stream().anyMatch(row -> row.name().startsWith(name));
      if (!known && Table.find(name).isPresent()) {
        rows.add(new Table.Row(name, OptionalDouble.empty()));
      } else if (!known && !(name.equals("width") || name.equals("batch"))) {
        throw new IllegalArgumentException(
            "no row '"
                + name
                + "'; there are "
                + Table.rows().stream().map(Table.Row::name).toList());
      }
    }
    return rows;
  }

  private Result result(Table.Row row, List<Entrant> peers) {
    Workload workload = Table.find(row.name()).orElseThrow();
    List<Entrant> entrants = new ArrayList<>(Entrant.ours(options.threads()));
    entrants.addAll(peers.isEmpty() ? Entrant.peers(workload, options.threads()) : peers);
    return Result.of(row, workload, turns.play(row.name(), entrants), floors);
  }

  private void curve(String axis, String title, String label) throws IOException {
    if (!options.asksFor(axis)) {
      return;
    }
    List<Entrant> peers = new ArrayList<>();
    CURVE_PEERS.keySet().forEach(kind -> peers.addAll(Entrant.of(kind, options.threads())));
    Map<String, Map<Integer, Double>> lines = new LinkedHashMap<>();
    for (int size : Table.curve(axis)) {
      Table.Row row = new Table.Row(axis + "-" + size, OptionalDouble.empty());
      Result result = result(row, peers);
      System.out.println(Report.line(result));
      result.ours().ifPresent(micros -> put(lines, "Adjoint", size, micros));
      result.defineByRun().ifPresent(micros -> put(lines, "define-by-run", size, micros));
      result.peers().forEach((peer, micros) -> put(lines, CURVE_PEERS.get(peer), size, micros));
    }
    Path file = options.plots().orElseThrow().resolve("cost-" + axis + ".svg");
    Files.writeString(file, Plot.svg(title, label, Table.curve(axis), lines));
  }

  private static void put(
      Map<String, Map<Integer, Double>> lines, String name, int size, double micros) {
    lines.computeIfAbsent(name, n -> new LinkedHashMap<>()).put(size, micros);
  }
}
