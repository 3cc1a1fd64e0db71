package org.adjoint.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The children and whose turn it is. They live as long as this; all wait while one works.
 *
 * <p>For each workload everyone prepares and says what it computes; who computes something else
 * than the first is not timed. Then everyone warms up, and short turns alternate until each has had
 * its seconds, beginning with another child in every round.
 */
public final class Turns implements AutoCloseable {
  private static final double TURN_SECONDS = 0.25;
  private static final int FEWEST_TURNS = 3;
  private static final String GET_PEERS =
      "not fetched: mvn -Ppeers -DskipTests package puts it into ";

  private final Map<Entrant, Child> children = new LinkedHashMap<>();
  private final Path peers;
  private final double seconds;
  private boolean agreed = true;

  /**
   * Makes the table at which they sit.
   *
   * @param peers the folder of the peers' jars; it may be missing
   * @param seconds how long each is timed for one workload
   */
  public Turns(Path peers, double seconds) {
    this.peers = peers;
    this.seconds = seconds;
  }

  /**
   * What came of one workload.
   *
   * @param micros the median over its turns of the median time of a step, for whoever was timed
   * @param fastest the least of these medians: what a floor is made of
   * @param absent why not, for everyone else
   */
  public record Outcome(
      Map<Entrant, Double> micros, Map<Entrant, Double> fastest, Map<Entrant, String> absent) {}

  /** Returns the times of a workload; the first entrant is the one to agree with. */
  public Outcome play(String name, List<Entrant> entrants) {
    Map<Entrant, String> absent = new LinkedHashMap<>();
    Map<Entrant, List<Double>> times = new LinkedHashMap<>();
    prepare(name, entrants, absent).forEach(entrant -> times.put(entrant, new ArrayList<>()));
    for (Entrant entrant : List.copyOf(times.keySet())) {
      turn(entrant, Math.max(TURN_SECONDS, seconds / 2), times, absent);
    }
    times.values().forEach(List::clear);
    int rounds = Math.max(FEWEST_TURNS, (int) Math.ceil(seconds / TURN_SECONDS));
    for (int round = 0; round < rounds; round++) {
      List<Entrant> order = List.copyOf(times.keySet());
      for (int i = 0; i < order.size(); i++) {
        Entrant entrant = order.get((i + round) % order.size());
        if (times.containsKey(entrant)) {
          turn(entrant, Math.min(TURN_SECONDS, seconds / FEWEST_TURNS), times, absent);
        }
      }
    }
    Map<Entrant, Double> micros = new LinkedHashMap<>();
    Map<Entrant, Double> fastest = new LinkedHashMap<>();
    times.forEach(
        (entrant, turns) -> {
          micros.put(entrant, median(turns));
          fastest.put(entrant, Collections.min(turns));
        });
    children.values().stream().filter(Child::isAlive).forEach(Turns::drop);
    return new Outcome(micros, fastest, absent);
  }

  private List<Entrant> prepare(String name, List<Entrant> entrants, Map<Entrant, String> absent) {
    List<Entrant> ready = new ArrayList<>();
    double tolerance = Table.find(name).map(Workload::tolerance).orElse(0.0);
    double[] first = {};
    for (Entrant entrant : entrants) {
      try {
        double[] numbers =
            Arrays.stream(child(entrant).ask("prepare " + name, "ready").split(" "))
                .filter(text -> !text.isEmpty())
                .mapToDouble(Double::parseDouble)
                .toArray();
        if (ready.isEmpty()) {
          first = numbers;
        } else {
          agree(first, numbers, tolerance);
        }
        ready.add(entrant);
      } catch (Absent reason) {
        absent.put(entrant, reason.getMessage());
      }
    }
    return ready;
  }

  private void agree(double[] first, double[] numbers, double tolerance) {
    boolean same = first.length == numbers.length;
    for (int i = 0; same && i < first.length; i++) {
      same = Math.abs(numbers[i] - first[i]) <= tolerance * Math.abs(first[i]);
    }
    if (!same) {
      agreed = false;
      throw new Absent(
          "computes " + Arrays.toString(numbers) + " instead of " + Arrays.toString(first));
    }
  }

  private void turn(
      Entrant entrant,
      double length,
      Map<Entrant, List<Double>> times,
      Map<Entrant, String> absent) {
    try {
      String took = child(entrant).ask("turn " + length, "took");
      times.get(entrant).add(Double.parseDouble(took.split(" ")[0]));
    } catch (Absent reason) {
      times.remove(entrant);
      absent.put(entrant, reason.getMessage());
    }
  }

  private Child child(Entrant entrant) {
    Child child = children.get(entrant);
    if (child != null && child.isAlive()) {
      return child;
    }
    if (entrant.isPeer() && !Files.isDirectory(peers)) {
      throw new Absent(GET_PEERS + peers);
    }
    try {
      Child started = new Child(entrant, peers);
      children.put(entrant, started);
      return started;
    } catch (IOException e) {
      throw new Absent("cannot be started: " + e.getMessage());
    }
  }

  private static void drop(Child child) {
    try {
      child.ask("drop", "dropped");
    } catch (Absent gone) {
      System.err.println(gone.getMessage());
    }
  }

  /** Returns whether all who took part computed the same so far. */
  public boolean isAgreed() {
    return agreed;
  }

  private static double median(List<Double> numbers) {
    return median(numbers.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** Returns the median: the mean of the two in the middle if their number is even. */
  static double median(double[] numbers) {
    double[] sorted = numbers.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  @Override
  public void close() {
    children.values().forEach(Child::close);
  }
}
