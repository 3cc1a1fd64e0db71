package org.adjoint.benchmarks.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What this machine gives at best in this minute: the better triad of plain Java loops and of
 * Adjoint, and the best single-precision product of 1024³ of everyone here. A row's floor is the
 * time in which its bytes cross the bus at that rate or its products are computed at that rate,
 * whichever is longer.
 *
 * @param bytesPerMicro the bytes of the triad, 12 an element, in a µs
 * @param flopsPerMicro the operations of the product in a µs
 * @param gemm whose product was the best
 */
public record Floors(double bytesPerMicro, double flopsPerMicro, String gemm) {

  /** Measures them. */
  public static Floors measure(Turns turns, int threads) {
    Entrant ours = new Entrant(Entrant.ADJOINT, threads);
    Workload triad = workload(Table.TRIAD);
    double bytes =
        triad.bytes() / best(turns.play(Table.TRIAD, List.of(ours, new Entrant("java", threads))));
    Workload gemm = workload(Table.FLOOR_GEMM);
    List<Entrant> everyone = new ArrayList<>(List.of(ours));
    everyone.addAll(Entrant.peers(gemm, threads));
    Turns.Outcome outcome = turns.play(Table.FLOOR_GEMM, everyone);
    double micros = best(outcome);
    String winner =
        outcome.fastest().entrySet().stream()
            .filter(timed -> timed.getValue() <= micros)
            .findFirst()
            .orElseThrow()
            .getKey()
            .toString();
    return new Floors(bytes, gemm.flops() / micros, winner);
  }

  private static Workload workload(String name) {
    return Table.find(name).orElseThrow();
  }

  private static double best(Turns.Outcome outcome) {
    return outcome.fastest().values().stream()
        .min(Double::compare)
        .orElseThrow(() -> new Absent("no floor could be measured: " + outcome.absent()));
  }

  /** Returns the least time of a workload in µs. */
  public double micros(Workload workload) {
    return Math.max(workload.bytes() / bytesPerMicro, workload.flops() / flopsPerMicro);
  }

  /** Returns both rates with their units. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "triad %.1f GB/s, gemm 1024³ %.0f GFLOP/s (%s)",
        bytesPerMicro / 1e3,
        flopsPerMicro / 1e3,
        gemm);
  }
}
