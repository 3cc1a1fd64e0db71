package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.adjoint.op.OptimizerOps;
import org.adjoint.op.SoftmaxOps;
import org.junit.jupiter.api.Test;

/**
 * What derivatives are where calculus leaves a choice, and that no NaN leaks from a branch not
 * taken.
 */
class ConventionsTest {
  private static final double INF = Double.POSITIVE_INFINITY;

  private static double[] gradient(UnaryOperator<Tensor> f, double... x) {
    Tensor t = Tensor.of(x, x.length).variable();
    return Grad.grad(f.apply(t).sum(), t).get(0).toDoubleArray();
  }

  private static double slope(UnaryOperator<Tensor> f, double x) {
    return gradient(f, x)[0];
  }

  @Test
  void reluAndAbsAreFlatAtZero() {
    assertEquals(0, slope(Tensor::relu, 0));
    assertEquals(0, slope(Tensor::abs, 0));
  }

  @Test
  void sqrtIsVerticalAtZeroButNotWhereNothingFlows() {
    assertEquals(INF, slope(Tensor::sqrt, 0));
    assertEquals(0, slope(x -> x.sqrt().times(0), 0));
  }

  @Test
  void tiesOfTwoShareInHalves() {
    Tensor a = Tensor.of(new double[] {1, 2}, 2).variable();
    Tensor b = Tensor.of(new double[] {1, 3}, 2).variable();
    assertArrayEquals(
        new double[] {0.5, 0}, Grad.grad(a.maximum(b).sum(), a).get(0).toDoubleArray());
    assertArrayEquals(
        new double[] {0.5, 1}, Grad.grad(a.minimum(b).sum(), a).get(0).toDoubleArray());
  }

  @Test
  void tiesAlongAnAxisShareEvenly() {
    double third = 1.0 / 3;
    assertArrayEquals(new double[] {third, 0, third, third}, gradient(Tensor::max, 5, 1, 5, 5));
    assertArrayEquals(new double[] {0, 1, 0}, gradient(Tensor::min, 5, 1, 5));
  }

  @Test
  void powersOfOneAreOne() {
    for (double b : new double[] {Double.NaN, INF, -INF, 0, 3}) {
      assertEquals(1, Tensor.scalar(1.0).pow(Tensor.scalar(b)).item(), "b = " + b);
    }
    assertEquals(1, Tensor.scalar(-1.0).pow(Tensor.scalar(INF)).item());
    assertEquals(1, Tensor.scalar(-1.0).pow(Tensor.scalar(-INF)).item());
    assertEquals(Double.NaN, Tensor.scalar(-1.0).pow(Tensor.scalar(Double.NaN)).item());
  }

  @Test
  void powersAtZeroGoByLimits() {
    Tensor zero = Tensor.scalar(0.0);
    for (double n : new double[] {0, 1, 2, 3}) {
      Tensor exponent = Tensor.scalar(n);
      Tensor x = Tensor.scalar(0.0).variable();
      assertEquals(n == 0 ? 1 : 0, x.pow(exponent).item());
      assertEquals(n == 1 ? 1 : 0, Grad.grad(x.pow(exponent), x).get(0).item(), "n = " + n);
      Tensor e = Tensor.scalar(n).variable();
      assertEquals(0, Grad.grad(zero.pow(e), e).get(0).item(), "n = " + n);
    }
    assertEquals(INF, slope(x -> x.pow(Tensor.scalar(0.5)), 0));
  }

  @Test
  void whereLeaksNothingFromTheBranchNotTaken() {
    UnaryOperator<Tensor> f =
        x -> Tensor.where(x.gt(0), x.log(), x.times(0)).plus(Tensor.where(x.gt(0), x.sqrt(), x));
    double[] g = gradient(f, -1, 0, 4);
    assertArrayEquals(new double[] {1, 1, 0.5}, g);
    Tensor t = Tensor.of(new double[] {-1, 0, 4}, 3).variable();
    Tensor first = Grad.grad(f.apply(t).sum(), t).get(0);
    double[] second = Grad.grad(first.sum(), t).get(0).toDoubleArray();
    assertArrayEquals(new double[] {0, 0, -1.0 / 16 - 0.25 * Math.pow(4, -1.5)}, second, 1e-15);
  }

  @Test
  void masksSilenceInfiniteSlopesOfTheOtherBranch() {
    UnaryOperator<Tensor> exp = x -> Tensor.where(x.lt(50), x.exp(), Tensor.scalar(0.0));
    assertArrayEquals(new double[] {Math.E, 0}, gradient(exp, 1, 1000), 1e-15);
    UnaryOperator<Tensor> square = x -> Tensor.where(x.lt(50), x.square(), Tensor.scalar(0.0));
    assertArrayEquals(new double[] {2, 0}, gradient(square, 1, INF));
    UnaryOperator<Tensor> sign =
        x -> {
          Tensor n = x.abs();
          Tensor unit = x.times(Tensor.scalar(1.0).div(n));
          return Tensor.where(n.gt(0), unit, Tensor.scalar(0.0));
        };
    assertArrayEquals(new double[] {0, 0}, gradient(sign, 0, 2));
  }

  @Test
  void theHessianOfAPowerAtZeroIsSymmetric() {
    Tensor x = Tensor.of(new double[] {0, 1}, 2).variable();
    Tensor y = x.get(0).pow(x.get(1));
    double[] h = Grad.hessian(y, x).toDoubleArray();
    assertEquals(0, h[3], "by the exponent twice");
    for (double entry : h) {
      assertEquals(false, Double.isNaN(entry));
    }
  }

  @Test
  void aRowThatAMaskHidesCompletelyIsSilent() {
    Tensor x = Tensor.of(new double[] {-INF, -INF, 1, -INF}, 2, 2).variable();
    Tensor labels = Tensor.of(new int[] {0, 0}, 2);
    assertArrayEquals(new double[] {0, 0, 1, 0}, x.softmax(-1).toDoubleArray());
    assertArrayEquals(new double[] {-INF, -INF, 0, -INF}, x.logSoftmax(-1).toDoubleArray());
    assertArrayEquals(new double[] {-INF, 1}, x.logSumExp(-1).toDoubleArray());
    Tensor loss = SoftmaxOps.SOFTMAX_CROSS_ENTROPY.apply(x, labels);
    assertArrayEquals(new double[] {INF, 0}, loss.toDoubleArray());
    Tensor weights = Tensor.of(new double[] {2, 3, 4, 5}, 2, 2);
    for (Tensor y :
        List.of(x.softmax(-1).times(weights).sum(), x.logSumExp(-1).sum(), loss.sum())) {
      Tensor g = Grad.grad(y, x).get(0);
      double[] first = g.toDoubleArray();
      assertArrayEquals(new double[] {0, 0}, Arrays.copyOf(first, 2));
      assertTrue(Arrays.stream(first).noneMatch(Double::isNaN), Arrays.toString(first));
      double[] second = Grad.hvp(y, x, weights).toDoubleArray();
      assertTrue(Arrays.stream(second).noneMatch(Double::isNaN), Arrays.toString(second));
    }
  }

  @Test
  void softmaxKindsNeverOverflow() {
    double[] large = {1000, 0, -1000};
    Tensor x = Tensor.of(large, 1, 3);
    assertArrayEquals(new double[] {1, 0, 0}, x.softmax(-1).toDoubleArray());
    assertArrayEquals(new double[] {0, -1000, -2000}, x.logSoftmax(-1).toDoubleArray());
    assertEquals(1000, x.logSumExp(-1).item());
    Tensor masked = Tensor.of(new double[] {-INF, 0, -INF, -INF, -INF, -INF}, 2, 3);
    double[] lse = masked.logSumExp(-1).toDoubleArray();
    assertArrayEquals(new double[] {0, -INF}, lse);
    assertEquals(INF, Tensor.of(new double[] {INF, 1}, 2).logSumExp(0).item());
  }

  @Test
  void sigmoidAndTanhSaturateWithoutOverflow() {
    assertArrayEquals(
        new double[] {0, 1}, Tensor.of(new double[] {-1e4, 1e4}, 2).sigmoid().toDoubleArray());
    assertArrayEquals(new double[] {0, 0}, gradient(Tensor::sigmoid, -1e4, 1e4));
    assertArrayEquals(new double[] {0, 0}, gradient(Tensor::tanh, -1e4, 1e4));
  }

  @Test
  void oneTensorInTwoPlacesOfAFusedOpGetsBothCotangents() {
    Tensor x = Tensor.of(new double[] {3}, 1).variable();
    Tensor v = Tensor.zeros(DType.F64, 1);
    // p − lr·(μ·v + g) with p = g = x and lr = 0.25: the slope is 1 − 0.25.
    OptimizerOps.SgdRates rates = OptimizerOps.SgdRates.of(0.25, 0.9, 0);
    List<List<Tensor>> lists = List.of(List.of(x), List.of(x), List.of(v));
    Tensor p = OptimizerOps.sgd(lists, rates, false, Optional.empty()).lists().get(0).get(0);
    assertEquals(0.75, Grad.grad(p.sum(), x).get(0).item());
  }

  @Test
  void emptyAndScalarTensorsWorkEverywhere() {
    Tensor empty = Tensor.of(new double[0], 0, 3).variable();
    assertEquals(0, empty.exp().sum().item());
    assertEquals(0, Grad.grad(empty.square().sum(), empty).get(0).toDoubleArray().length);
    assertTrue(Double.isNaN(empty.mean().item()));
    assertArrayEquals(new double[] {0, 0, 0}, empty.sum(0).toDoubleArray());
    assertEquals(0, empty.matmul(Tensor.zeros(DType.F64, 3, 4)).toDoubleArray().length);
    Tensor scalar = Tensor.scalar(2.0);
    assertEquals(2, scalar.sum().max().reshape(1, 1).transpose().reshape().item());
  }
}
