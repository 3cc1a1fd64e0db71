package org.adjoint.tails;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Values and derivatives keep their digits over the whole range of numbers. */
class TailsTest {
  static List<Tail> tails() {
    return Tails.all();
  }

  @ParameterizedTest
  @MethodSource("tails")
  void digitsAreKept(Tail tail) {
    assertEquals("", Sweep.failures(tail));
  }
}
