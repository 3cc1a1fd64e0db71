package org.adjoint.soak;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A failure that comes in one run of many is found, counted and named. */
class SoakTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @Test
  void aFailureInOneRunIsCounted() throws Exception {
    String planted = "org.adjoint.soak.planted";
    assertFalse(new Soak(4, planted, List.of(), out).run("here"));
    String text = bytes.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains("1 of      4  " + planted + ".Planted.failsInItsThirdRun"), text);
    assertTrue(text.contains("0 of      4  " + planted + ".Planted.passes"), text);
    assertTrue(text.contains("1 failures in 2 tests"), text);
  }

  @Test
  void noTestsAtAllAreAFailure() throws Exception {
    assertFalse(new Soak(1, "org.adjoint.soak.none", List.of(), out).run("here"));
  }
}
