package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.adjoint.Adjoint;
import org.adjoint.tails.Sweep;
import org.adjoint.tails.Tail;
import org.adjoint.tails.Tails;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** On the native backend, too, values and derivatives keep their digits over the whole range. */
@NeedsNative
class TailsNativeTest {
  @BeforeAll
  static void useNative() {
    Adjoint.backend("native");
  }

  static List<Tail> tails() {
    return Tails.all();
  }

  @ParameterizedTest
  @MethodSource("tails")
  void digitsAreKept(Tail tail) {
    assertEquals("", Sweep.failures(tail));
  }
}
