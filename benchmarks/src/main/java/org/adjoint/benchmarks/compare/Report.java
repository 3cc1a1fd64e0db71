package org.adjoint.benchmarks.compare;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The results as text, for people and as JSON. */
public final class Report {
  private static final String ROW = "%-22s %12s %12s  %-88s %7s %7s %12s %6s";

  private Report() {}

  /** Returns the line over the rows. */
  public static String heading() {
    return String.format(
        Locale.ROOT,
        ROW,
        "name",
        "ours µs",
        "by run µs",
        "peers µs (threads)",
        "ratio",
        "reach",
        "floor µs",
        "of it");
  }

  /** Returns a row, with a line for each peer that is absent. */
  public static String line(Result result) {
    String peers =
        result.peers().entrySet().stream()
            .map(
                peer ->
                    String.format(
                        Locale.ROOT,
                        "%s %s (%d)",
                        peer.getKey(),
                        micros(peer.getValue()),
                        result.threads().get(peer.getKey())))
            .collect(Collectors.joining(", "));
    String line =
        String.format(
            Locale.ROOT,
            ROW,
            result.name(),
            micros(result.ours()),
            micros(result.defineByRun()),
            peers,
            number(result.ratio(), "%.2f"),
            number(result.required(), "%.2f"),
            micros(result.floor()),
            number(result.floorFraction(), "%.2f"));
    return line
        + (result.isLost() ? "  lost" : "")
        + result.absent().entrySet().stream()
            .map(absent -> "\n  " + absent.getKey() + ": " + absent.getValue())
            .collect(Collectors.joining());
  }

  /** Returns the means over rows, each with what it should be. */
  public static String means(List<Result> results) {
    return mean(
            "training steps", Table.TRAINING_MEAN, results, row -> Table.isTrainingStep(row.name()))
        + mean("gemm", Table.GEMM_MEAN, results, row -> Table.isGemm(row.name()));
  }

  private static String mean(
      String what, double required, List<Result> results, Predicate<Result> rows) {
    List<Result> counted =
        results.stream().filter(rows).filter(row -> row.ratio().isPresent()).toList();
    if (counted.isEmpty()) {
      return "";
    }
    double mean =
        Math.exp(
            counted.stream()
                .mapToDouble(row -> Math.log(row.ratio().getAsDouble()))
                .average()
                .orElseThrow());
    return String.format(
        Locale.ROOT,
        "%s: geometric mean of %d ratios %.2f, to reach %.2f%n",
        what,
        counted.size(),
        mean,
        required);
  }

  /** Returns a JSON array with one object a line. */
  public static String json(List<Result> results) {
    return results.stream().map(Report::json).collect(Collectors.joining(",\n", "[\n", "\n]\n"));
  }

  private static String json(Result result) {
    return String.format(
        Locale.ROOT,
        "{\"name\":%s,\"ours_us\":%s,\"peers\":%s,\"best_peer\":%s,\"ratio\":%s,\"floor_us\":%s,"
            + "\"floor_fraction\":%s,\"define_by_run_us\":%s,\"required\":%s,\"threads\":%s,"
            + "\"absent\":%s}",
        quoted(result.name()),
        json(result.ours()),
        object(result.peers(), micros -> json(OptionalDouble.of(micros))),
        result.bestPeer().map(Report::quoted).orElse("null"),
        json(result.ratio()),
        json(result.floor()),
        json(result.floorFraction()),
        json(result.defineByRun()),
        json(result.required()),
        object(result.threads(), String::valueOf),
        object(result.absent(), Report::quoted));
  }

  private static <T> String object(Map<String, T> map, Function<T, String> value) {
    return map.entrySet().stream()
        .map(entry -> quoted(entry.getKey()) + ":" + value.apply(entry.getValue()))
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static String json(OptionalDouble number) {
    return number.isPresent() ? number(number, "%.6g") : "null";
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  private static String micros(OptionalDouble micros) {
    return micros.isPresent() ? micros(micros.getAsDouble()) : "-";
  }

  private static String micros(double micros) {
    return String.format(Locale.ROOT, micros < 100 ? "%.2f" : "%.0f", micros);
  }

  private static String number(OptionalDouble number, String format) {
    return number.isPresent() ? String.format(Locale.ROOT, format, number.getAsDouble()) : "-";
  }
}
