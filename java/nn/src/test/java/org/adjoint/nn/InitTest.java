package org.adjoint.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.adjoint.Convolution;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.image.Conv;
import org.adjoint.nn.image.ConvTranspose;
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
  void gainsMultiplyTheDeviation() {
    assertVariance(Init.heNormal(3), 9.0 / IN);
    assertVariance(Init.heUniform(3), 9.0 / IN);
    assertVariance(Init.xavierNormal(3), 9 * 2.0 / (IN + OUT));
    assertVariance(Init.xavierUniform(3), 9 * 2.0 / (IN + OUT));
    assertVariance(Init::fanInUniform, 1.0 / (3 * IN));
    assertVariance(Init.uniform(0.5), 1.0 / 12);
    assertEquals(Math.sqrt(2), Activation.RELU.gain());
    assertEquals(5.0 / 3, Activation.TANH.gain());
    assertEquals(Math.sqrt(2 / 1.25), Activation.leakyRelu(0.5).gain(), 1e-15);
    assertEquals(1, Activation.SIGMOID.gain());
  }

  @Test
  void theTruncatedNormalHasNoTails() {
    // Of ±2σ: variance 1 − 4·φ(2) / (2·Φ(2) − 1).
    assertVariance(Init.truncatedNormal(0.5), 0.25 * 0.7737413);
    double largest = 0;
    for (float value : Init.truncatedNormal(0.5).sample(Key.of(3), IN, OUT).toArray()) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertTrue(largest <= 1 && largest > 0.99, "largest " + largest);
  }

  @Test
  void orthogonalColumnsOrRowsHaveTheGainAsLength() {
    for (long[] dims : new long[][] {{7, 5}, {5, 7}, {6, 6}, {2, 3, 5}}) {
      Tensor w = Init.orthogonal(2).sample(Key.of(3), dims);
      Tensor m = w.reshape(w.size() / w.dim(-1), w.dim(-1));
      Tensor product = m.dim(0) >= m.dim(1) ? m.transpose().matmul(m) : m.matmul(m.transpose());
      float[] expected = Tensor.eye(DType.F32, product.dim(0)).times(4).toArray();
      assertArrayEquals(expected, product.toArray(), 1e-5f);
    }
  }

  @Test
  void sparseWeightsLeaveAShareOfEachUnitsInputsOut() {
    Tensor w = Init.sparse(0.7, 1).sample(Key.of(3), 2, 5, 40);
    long[] zeros = w.eq(0).cast(DType.I64).sum(0, 1).toLongArray();
    for (long count : zeros) {
      assertEquals(7, count);
    }
    assertThrows(IllegalArgumentException.class, () -> Init.sparse(1.2, 1));
  }

  @Test
  void theIdentityPassesItsInputOn() {
    assertArrayEquals(new float[] {1, 0, 0, 0, 1, 0}, Init.identity(Key.of(1), 2, 3).toArray());
    Conv conv =
        Conv.of(Origin.of(Key.of(1)).init(Init::identity), 3, 3, Convolution.of(2).padding(1), 3);
    Tensor x = Key.of(2).normal(DType.F32, 2, 3, 4, 5);
    assertArrayEquals(x.toArray(), conv.apply(x).toArray());
    assertArrayEquals(new float[] {1, 1}, Init.ones(Key.of(1), 2).toArray());
    assertArrayEquals(new float[] {3, 3}, Init.constant(3).sample(Key.of(1), 2).toArray());
  }

  @Test
  void fansOfAConvolutionCountItsFieldAndItsGroups() {
    List<Init.Fans> seen = new ArrayList<>();
    Origin origin =
        Origin.of(Key.of(1))
            .init(
                (key, dims) -> {
                  seen.add(Init.Fans.of(dims));
                  return key.normal(DType.F32, dims);
                });
    Conv conv = Conv.of(origin, 4, 6, Convolution.of(2).groups(2), 3, 5);
    assertEquals(List.of(new Init.Fans(2 * 15, 3 * 15), new Init.Fans(2 * 15, 3 * 15)), seen);
    assertEquals(Shape.of(6, 2, 3, 5), conv.weight().shape());
    ConvTranspose transposed = ConvTranspose.of(origin, 4, 6, Convolution.of(2).groups(2), 3, 5);
    assertEquals(Shape.of(4, 3, 3, 5), transposed.weight().shape());
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> Conv.of(origin, 4, 6, Convolution.of(2).groups(3), 3))
            .getMessage();
    assertEquals("conv: 3 groups do not divide 4 and 6 channels", message);
    message =
        assertThrows(
                IllegalArgumentException.class,
                () -> Conv.of(origin, 4, 6, Convolution.of(3), 3, 3))
            .getMessage();
    assertEquals("conv: kernel [3, 3] has not one size for 3 axes", message);
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
