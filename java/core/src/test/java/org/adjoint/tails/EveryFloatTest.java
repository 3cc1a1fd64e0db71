package org.adjoint.tails;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.adjoint.op.Elementwise;
import org.adjoint.op.Ops;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The first derivative of every elementwise function keeps its digits on every float. */
class EveryFloatTest {
  /** All floats would take days on the reference backend; a prime, so that no bits stay alike. */
  private static final int STEP = 13;

  static List<Tail> tails() {
    return EveryFloat.tails();
  }

  @ParameterizedTest
  @MethodSource("tails")
  void digitsAreKept(Tail tail) {
    assertEquals("", EveryFloat.failures(tail, STEP));
  }

  @ParameterizedTest
  @MethodSource("tails")
  void formulasAreTrue(Tail tail) {
    assertEquals("", EveryFloat.mistakes(tail));
  }

  @Test
  void everyOpOfOneInputIsTried() {
    Set<String> tried = tails().stream().map(Tail::name).collect(Collectors.toSet());
    Set<String> missing = new TreeSet<>();
    for (var op : Ops.ALL) {
      if (op instanceof Elementwise e && e.arity() == 1 && e.isDifferentiable(0)) {
        missing.add(e.name());
      }
    }
    missing.removeAll(tried);
    assertEquals(Set.of(), missing);
  }
}
