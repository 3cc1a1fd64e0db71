package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.adjoint.masks.MaskLaw;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What {@code where} has not taken reaches no gradient, whatever it holds. */
class MasksTest {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final Tensor KEPT = Tensor.of(new boolean[] {true, false}, 2, 1);

  /** Rows of three that functions of rows go wrong at. */
  private static final List<double[]> BAD =
      List.of(
          new double[] {Double.NaN, 1, 2},
          new double[] {INF, 1, 2},
          new double[] {-INF, 1, 2},
          new double[] {INF, -INF, 0},
          new double[] {Double.NaN, Double.NaN, Double.NaN});

  private static final Map<String, UnaryOperator<Tensor>> BY_ROWS =
      Map.ofEntries(
          Map.entry("softmax", x -> x.softmax(-1).square()),
          Map.entry("logSoftmax", x -> x.logSoftmax(-1)),
          Map.entry("logSumExp", x -> x.logSumExp(-1).reshape(2, 1)),
          Map.entry("prod", x -> x.prod(true, 1)),
          Map.entry("sum", x -> x.sum(true, 1)),
          Map.entry("max", x -> x.max(true, 1)),
          Map.entry("norm", x -> x.norm(2, true, 1)),
          Map.entry("var", x -> x.var(1, true, 1)),
          Map.entry("std", x -> x.std(1, true, 1)),
          Map.entry("cumsum", x -> x.cumsum(1)),
          Map.entry("cumprod", x -> x.cumprod(1)),
          Map.entry("logCumSumExp", x -> x.logCumSumExp(1)),
          Map.entry("elu", x -> x.elu(1)),
          Map.entry("selu", Tensor::selu),
          Map.entry("leakyRelu", x -> x.leakyRelu(INF)));

  @TestFactory
  Stream<DynamicTest> aRowNotTakenIsSilent() {
    return BY_ROWS.entrySet().stream()
        .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> isSilent(e.getValue())));
  }

  private static void isSilent(UnaryOperator<Tensor> f) {
    Tensor weights = Tensor.of(new double[] {1, -2, 0.5}, 3);
    for (double[] bad : BAD) {
      Tensor x = Tensor.of(new double[] {0.5, 1.5, 2.5, bad[0], bad[1], bad[2]}, 2, 3).variable();
      Tensor zero = Tensor.scalar(0.0);
      Tensor y = Tensor.where(KEPT, f.apply(x).times(weights), zero).sum();
      double[] g = Grad.grad(y, x).get(0).toDoubleArray();
      assertTrue(Arrays.stream(g).limit(3).allMatch(Double::isFinite), Arrays.toString(g));
      assertArrayEquals(new double[3], Arrays.copyOfRange(g, 3, 6), Arrays.toString(bad));
    }
  }

  @Test
  void noOpOfTheTableLeaksAtFirstAndSecondOrder() {
    assertEquals(Map.of(), MaskLaw.leaks());
  }

  @Test
  void aGroupThatIsHiddenFromANormalizationIsSilent() {
    assertEquals(Map.of(), MaskLaw.leaksOfNormalizations());
  }

  @Test
  void aMaskedLogarithmUnderSoftmaxIsSilent() {
    Tensor x = Tensor.of(new double[] {-1, 2}, 2).variable();
    Tensor never = Tensor.of(new boolean[2], 2);
    for (UnaryOperator<Tensor> f :
        List.<UnaryOperator<Tensor>>of(
            u -> u.log().softmax(0), u -> u.log().logSoftmax(0), u -> u.log().prod())) {
      Tensor y = Tensor.where(never, f.apply(x), x).sum();
      assertArrayEquals(new double[] {1, 1}, Grad.grad(y, x).get(0).toDoubleArray());
    }
  }

  @Test
  void aProductIsProtectedByMaskingWhatGoesIn() {
    Tensor x = Tensor.of(new double[] {1, 2, Double.NaN, INF}, 2, 2);
    Tensor w = Tensor.of(new double[] {1, 1}, 2, 1).variable();
    Tensor safe = Tensor.where(KEPT, x, Tensor.scalar(0.0));
    Tensor y = Tensor.where(KEPT, safe.matmul(w), Tensor.scalar(0.0)).sum();
    assertArrayEquals(new double[] {1, 2}, Grad.grad(y, w).get(0).toDoubleArray());
  }
}
