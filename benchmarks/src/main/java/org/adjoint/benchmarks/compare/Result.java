package org.adjoint.benchmarks.compare;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One row with its times, in µs.
 *
 * @param name the row's name
 * @param required the ratio to reach
 * @param ours Adjoint, compiled
 * @param defineByRun Adjoint, the graph built by every step
 * @param peers each peer that was timed, on its better number of threads
 * @param threads that number
 * @param floor the least time; see {@link Floors}
 * @param absent who was not timed, and why
 */
public record Result(
    String name,
    OptionalDouble required,
    OptionalDouble ours,
    OptionalDouble defineByRun,
    Map<String, Double> peers,
    Map<String, Integer> threads,
    OptionalDouble floor,
    Map<String, String> absent) {

  /** Returns the row that an outcome gives. */
  public static Result of(
      Table.Row row, Workload workload, Turns.Outcome outcome, Optional<Floors> floors) {
    OptionalDouble ours = OptionalDouble.empty();
    OptionalDouble defineByRun = OptionalDouble.empty();
    Map<String, Double> peers = new LinkedHashMap<>();
    Map<String, Integer> threads = new LinkedHashMap<>();
    for (Map.Entry<Entrant, Double> timed : outcome.micros().entrySet()) {
      Entrant entrant = timed.getKey();
      double micros = timed.getValue();
      if (entrant.kind().equals(Entrant.ADJOINT)) {
        ours = OptionalDouble.of(micros);
      } else if (entrant.kind().equals(Entrant.DEFINE_BY_RUN)) {
        defineByRun = OptionalDouble.of(micros);
      } else if (micros < peers.getOrDefault(entrant.kind(), Double.POSITIVE_INFINITY)) {
        peers.put(entrant.kind(), micros);
        threads.put(entrant.kind(), entrant.threads());
      }
    }
    Map<String, String> absent = new LinkedHashMap<>();
    outcome.absent().forEach((entrant, reason) -> absent.putIfAbsent(entrant.kind(), reason));
    double floor = floors.map(f -> f.micros(workload)).orElse(0.0);
    return new Result(
        row.name(),
        row.required(),
        ours,
        defineByRun,
        peers,
        threads,
        floor > 0 ? OptionalDouble.of(floor) : OptionalDouble.empty(),
        absent);
  }

  /** Returns the fastest peer. */
  public Optional<String> bestPeer() {
    return peers.entrySet().stream().min(Map.Entry.comparingByValue()).map(Map.Entry::getKey);
  }

  /** Returns the fastest peer's time divided by ours. */
  public OptionalDouble ratio() {
    return bestPeer().isPresent() && ours.isPresent()
        ? OptionalDouble.of(peers.get(bestPeer().get()) / ours.getAsDouble())
        : OptionalDouble.empty();
  }

  /** Returns the floor divided by our time: 1 is the best that can be. */
  public OptionalDouble floorFraction() {
    return floor.isPresent() && ours.isPresent()
        ? OptionalDouble.of(floor.getAsDouble() / ours.getAsDouble())
        : OptionalDouble.empty();
  }

  /** Returns whether there is a ratio, and one to reach, and it is not reached. */
  public boolean isLost() {
    return required.isPresent()
        && ratio().isPresent()
        && ratio().getAsDouble() < required.getAsDouble();
  }
}
