package org.adjoint.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random programs on one to four threads against a specification that knows no threads. A failure
 * names the seed and a program shrunk until it fails no more without one of its operations; {@code
 * -Dorg.adjoint.model.seed} repeats one, {@code -Dorg.adjoint.model.programs} runs more.
 */
@Tag("threads")
class ParameterModelTest {
  private static final int PROGRAMS = Integer.getInteger("org.adjoint.model.programs", 400);
  private static final int TO_FIND_A_FAULT = 4_000;

  /** Returns the first of some random programs that goes wrong, shrunk, and how. */
  private static Optional<String> search(Supplier<Shared> start, long seed, int programs)
      throws InterruptedException {
    for (int i = 0; i < programs; i++) {
      Program program = Program.random(seed + i);
      Optional<String> wrong = program.run(start);
      if (wrong.isPresent()) {
        Program small = program.shrunk(start, 50);
        return Optional.of("seed " + (seed + i) + ": " + wrong.get() + "; smaller: " + small);
      }
    }
    return Optional.empty();
  }

  @Test
  void whateverThreadsDoAnOrderExplains() throws InterruptedException {
    long seed = Long.getLong("org.adjoint.model.seed", System.nanoTime());
    assertEquals(Optional.empty(), search(RealShared::new, seed, PROGRAMS));
  }

  /** With no patience for a lock, or a hang would take its time. */
  @ParameterizedTest
  @EnumSource(FaultyShared.Fault.class)
  void aPlantedFaultIsFound(FaultyShared.Fault fault) throws InterruptedException {
    boolean found = false;
    for (int i = 0; i < TO_FIND_A_FAULT && !found; i++) {
      found = Program.random(i).run(() -> new FaultyShared(fault), 500).isPresent();
    }
    assertTrue(found, "no program has found " + fault);
  }

  @Test
  void aFailingProgramIsShrunk() throws InterruptedException {
    Supplier<Shared> faulty = () -> new FaultyShared(FaultyShared.Fault.SNAPSHOT_AS_SOURCE);
    Program program =
        new Program(
            List.of(
                List.of(
                    new Operation(Operation.Kind.READ, 1),
                    new Operation(Operation.Kind.ANCHOR, 1),
                    new Operation(Operation.Kind.STEP, 2))));
    Program small = program.shrunk(faulty, 1);
    assertEquals(
        List.of(Operation.Kind.ANCHOR),
        small.threads().get(0).stream().map(Operation::kind).collect(Collectors.toList()));
  }
}
