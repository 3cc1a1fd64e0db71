package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.adjoint.Adjoint;
import org.adjoint.masks.MaskLaw;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** On the native backend, too, what {@code where} has not taken reaches no gradient. */
@NeedsNative
class MasksNativeTest {
  @BeforeAll
  static void useNative() {
    Adjoint.backend("native");
  }

  @Test
  void noOpOfTheTableLeaksAtFirstAndSecondOrder() {
    assertEquals(Map.of(), MaskLaw.leaks());
  }

  @Test
  void aGroupThatIsHiddenFromANormalizationIsSilent() {
    assertEquals(Map.of(), MaskLaw.leaksOfNormalizations());
  }
}
