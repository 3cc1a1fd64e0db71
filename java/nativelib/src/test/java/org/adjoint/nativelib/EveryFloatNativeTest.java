package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.adjoint.Adjoint;
import org.adjoint.tails.EveryFloat;
import org.adjoint.tails.Tail;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** On the native backend, too, first derivatives keep their digits on every float. */
@NeedsNative
class EveryFloatNativeTest {
  @BeforeAll
  static void useNative() {
    Adjoint.backend("native");
  }

  static List<Tail> tails() {
    return EveryFloat.tails();
  }

  @ParameterizedTest
  @MethodSource("tails")
  void digitsAreKept(Tail tail) {
    assertEquals("", EveryFloat.failures(tail, 1));
  }
}
