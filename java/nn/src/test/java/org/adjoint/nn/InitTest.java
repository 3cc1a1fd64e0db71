package org.adjoint.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.adjoint.Key;
import org.junit.jupiter.api.Test;

class InitTest {
  private static final long IN = 200;
  private static final long OUT = 300;

  @Test
  void variancesAreThoseOfThePapers() {
    assertVariance(Init::heNormal, 2.0 / IN);
    assertVariance(Init::heUniform, 2.0 / IN);
    assertVariance(Init::xavierNormal, 2.0 / (IN + OUT));
    assertVariance(Init::xavierUniform, 2.0 / (IN + OUT));
    assertVariance(Init.normal(0.5), 0.25);
  }

  private static void assertVariance(Init init, double expected) {
    float[] values = init.sample(Key.of(7), IN, OUT).toArray();
    double mean = 0;
    for (float value : values) {
      mean += value / values.length;
    }
    double variance = 0;
    for (float value : values) {
      variance += (value - mean) * (value - mean) / values.length;
    }
    // 60 000 draws: the mean is off by sd/245, the variance by about 0.6 %
    assertEquals(0, mean, 5 * Math.sqrt(expected / values.length));
    assertEquals(expected, variance, 0.03 * expected);
  }

  @Test
  void uniformSchemesStayWithinTheirLimits() {
    assertWithin(Init::heUniform, Math.sqrt(6.0 / IN));
    assertWithin(Init::xavierUniform, Math.sqrt(6.0 / (IN + OUT)));
  }

  private static void assertWithin(Init init, double limit) {
    for (float value : init.sample(Key.of(3), IN, OUT).toArray()) {
      assertTrue(Math.abs(value) <= limit * (1 + 1e-6), value + " is beyond " + limit);
    }
  }

  @Test
  void leadingAxesMultiplyBothFans() {
    assertEquals(new Init.Fans(3 * 5 * 16, 3 * 5 * 32), Init.Fans.of(3, 5, 16, 32));
  }

  @Test
  void aKeyGivesTheSameWeightsAndAnotherGivesOthers() {
    float[] weights = Init.heNormal(Key.of(1), 10, 10).toArray();
    assertArrayEquals(weights, Init.heNormal(Key.of(1), 10, 10).toArray());
    assertFalse(Arrays.equals(weights, Init.heNormal(Key.of(2), 10, 10).toArray()));
  }

  @Test
  void aShapeWithoutFansIsAnError() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Init.heNormal(Key.of(0), 10))
            .getMessage();
    assertTrue(message.contains("[10]"), message);
    assertThrows(IllegalArgumentException.class, () -> Init.normal(-1));
  }
}
