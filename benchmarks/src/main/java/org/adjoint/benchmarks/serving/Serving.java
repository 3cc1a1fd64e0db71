package org.adjoint.benchmarks.serving;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Times how networks answer threads that ask an example at a time: requests a second, and the
 * median and the 99th percentile of how long one takes. Each who takes part has a process of its
 * own, and turns alternate; the median of the turns counts. Who computes something else than we do
 * is an error.
 *
 * <pre>
 * java -cp benchmarks.jar org.adjoint.benchmarks.serving.Serving [--seconds S] [--turns N]
 *     [--askers N] [--only NETWORK] [--peers FOLDER]
 * </pre>
 */
public final class Serving {
  private static final double TOLERANCE = 1e-3;

  private double seconds = 2;
  private int turns = 5;
  private int askers = 8;
  private String only = "";
  private Path peers = Path.of("benchmarks", "target", "peers");

  private Serving() {}

  /** One who takes part: its process, and what its turns took. */
  private static final class Entrant {
    final String kind;
    final Process process;
    final PrintStream commands;
    final BufferedReader answers;
    final List<double[]> took = new ArrayList<>();

    Entrant(String kind, Process process) {
      this.kind = kind;
      this.process = process;
      this.commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
      this.answers =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    double[] read(String what) throws IOException {
      for (String line = answers.readLine(); line != null; line = answers.readLine()) {
        String start = ServingChild.MARK + what + " ";
        if (line.startsWith(start)) {
          return Arrays.stream(line.substring(start.length()).split(" "))
              .mapToDouble(Double::parseDouble)
              .toArray();
        }
      }
      throw new IOException(kind + ": its process ended");
    }

    double median(int figure) {
      double[] sorted = took.stream().mapToDouble(t -> t[figure]).sorted().toArray();
      return sorted[sorted.length / 2];
    }
  }

  /** Runs the comparison; ends with status 1 if two compute different things. */
  public static void main(String[] args) throws IOException {
    Serving serving = new Serving();
    for (int i = 0; i + 1 < args.length; i += 2) {
      switch (args[i]) {
        case "--seconds" -> serving.seconds = Double.parseDouble(args[i + 1]);
        case "--turns" -> serving.turns = Integer.parseInt(args[i + 1]);
        case "--askers" -> serving.askers = Integer.parseInt(args[i + 1]);
        case "--only" -> serving.only = args[i + 1];
        case "--peers" -> serving.peers = Path.of(args[i + 1]);
        default -> throw new IllegalArgumentException("unknown option " + args[i]);
      }
    }
    boolean agree = true;
    for (String network : List.of(ServedNetwork.MLP, ServedNetwork.LENET)) {
      if (serving.only.isEmpty() || serving.only.equals(network)) {
        agree &= serving.compare(network);
      }
    }
    System.exit(agree ? 0 : 1);
  }

  private boolean compare(String network) throws IOException {
    int all = Runtime.getRuntime().availableProcessors();
    List<Entrant> entrants = new ArrayList<>();
    boolean agree = true;
    try {
      double[] ours = {};
      for (String kind : List.of("adjoint", "djl 1", "onnxruntime 1", "onnxruntime " + all)) {
        Entrant entrant = start(kind, network);
        entrants.add(entrant);
        double[] logits = entrant.read("check");
        ours = ours.length == 0 ? logits : ours;
        agree &= same(kind, ours, logits);
        ask(entrant); // warms up
      }
      entrants.forEach(entrant -> entrant.took.clear());
      for (int turn = 0; turn < turns; turn++) {
        for (Entrant entrant : entrants) {
          ask(entrant);
        }
      }
    } finally {
      entrants.forEach(entrant -> entrant.process.destroy());
    }
    for (Entrant entrant : entrants) {
      System.out.printf(
          Locale.ROOT,
          "%-10s %-14s %8.0f /s   p50 %8.1f us   p99 %8.1f us   ours is %5.2f times as many%n",
          network,
          entrant.kind,
          entrant.median(0),
          entrant.median(1),
          entrant.median(2),
          entrants.get(0).median(0) / entrant.median(0));
    }
    return agree;
  }

  private void ask(Entrant entrant) throws IOException {
    entrant.commands.println(seconds);
    entrant.took.add(entrant.read("took"));
  }

  private static boolean same(String kind, double[] ours, double[] theirs) {
    for (int i = 0; i < ours.length; i++) {
      if (Math.abs(ours[i] - theirs[i]) > TOLERANCE * Math.max(1, Math.abs(ours[i]))) {
        System.out.println(kind + " gives " + theirs[i] + " where ours is " + ours[i]);
        return false;
      }
    }
    return true;
  }

  private Entrant start(String kind, String network) throws IOException {
    String[] words = kind.split(" ");
    String threads = words.length > 1 ? words[1] : "1";
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    String jars = System.getProperty("java.class.path");
    command.addAll(List.of("-cp", peers.resolve("*") + File.pathSeparator + jars));
    command.add("-Dai.djl.offline=true");
    Path cache = peers.resolveSibling("peers-cache").toAbsolutePath();
    command.add("-DDJL_CACHE_DIR=" + cache);
    command.add("-DENGINE_CACHE_DIR=" + cache);
    command.add("-Dai.djl.pytorch.num_threads=" + threads);
    command.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=error");
    command.addAll(List.of(ServingChild.class.getName(), words[0], network, threads, "" + askers));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("OMP_NUM_THREADS", threads);
    builder.environment().put("OMP_WAIT_POLICY", "passive");
    return new Entrant(kind, builder.redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }
}
