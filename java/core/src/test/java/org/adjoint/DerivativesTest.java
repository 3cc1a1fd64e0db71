package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.adjoint.check.OpCase;
import org.adjoint.check.OpCases;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Grad#derivatives}: Taylor mode gives what nested forward mode gives, and costs less. */
class DerivativesTest {
  private static final int ORDER = 3;

  static Stream<OpCase> rows() {
    return OpCases.all().stream()
        .filter(r -> r.isDifferentiable() && !r.rounds() && r.entries() <= 120);
  }

  private static List<Tensor> nested(UnaryOperator<Tensor> f, Tensor x, Tensor v, int order) {
    Tensor fresh = x.plus(0.0).variable();
    List<Tensor> all = new ArrayList<>(List.of(f.apply(fresh)));
    for (int k = 1; k <= order; k++) {
      all.add(Grad.jvp(all.get(k - 1), fresh, v));
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("rows")
  void equalsNestedForwardMode(OpCase row) {
    Scope.run(
        () -> {
          List<Tensor> sample = row.sample(DType.F64, 7);
          for (int i : row.floatingInputs()) {
            Tensor v = Key.of(3).normal(DType.F64, sample.get(i).shape().dims());
            UnaryOperator<Tensor> f =
                x -> {
                  List<Tensor> inputs = new ArrayList<>(sample);
                  inputs.set(i, x);
                  return row.function().apply(inputs);
                };
            List<Tensor> expected = nested(f, sample.get(i), v, ORDER);
            List<Tensor> actual = Grad.derivatives(f, sample.get(i), v, ORDER);
            for (int k = 0; k <= ORDER; k++) {
              double[] e = expected.get(k).toDoubleArray();
              double[] a = actual.get(k).toDoubleArray();
              assertEquals(e.length, a.length);
              for (int at = 0; at < e.length; at++) {
                if (e[at] == a[at]) {
                  continue; // infinities among them
                }
                double error = Math.abs(a[at] - e[at]) / Math.max(1, Math.abs(e[at]));
                assertTrue(
                    error < 1e-9,
                    row.title() + " input " + i + " order " + k + ": " + a[at] + " for " + e[at]);
              }
            }
          }
        });
  }

  @Test
  void sineAndCosineCloseIntoAPair() {
    Tensor x = Tensor.of(new double[] {0.3, -1.2}, 2);
    List<Tensor> d = Grad.derivatives(Tensor::sin, x, 9);
    for (int k = 0; k <= 9; k++) {
      double turned = k * Math.PI / 2;
      assertArrayEquals(
          new double[] {Math.sin(0.3 + turned), Math.sin(-1.2 + turned)},
          d.get(k).toDoubleArray(),
          1e-12);
    }
  }

  @Test
  void wholePowersAreRightAtZero() {
    List<Tensor> d = Grad.derivatives(x -> x.pow(5), Tensor.of(new double[] {0, 2}, 2), 6);
    double[][] expected = {{0, 32}, {0, 80}, {0, 160}, {0, 240}, {0, 240}, {120, 120}, {0, 0}};
    for (int k = 0; k <= 6; k++) {
      assertArrayEquals(expected[k], d.get(k).toDoubleArray(), 1e-11);
    }
  }

  @Test
  void aFunctionThatDoesNotDependOnItsArgumentHasZeros() {
    Tensor c = Tensor.of(new double[] {1, 2}, 2);
    List<Tensor> d = Grad.derivatives(x -> c.exp(), Tensor.scalar(1.0), 2);
    assertArrayEquals(new double[] {Math.E, Math.exp(2)}, d.get(0).toDoubleArray(), 1e-15);
    assertArrayEquals(new double[2], d.get(1).toDoubleArray());
    assertArrayEquals(new double[2], d.get(2).toDoubleArray());
  }

  @Test
  void aBranchNotTakenLeaksNoNaN() {
    UnaryOperator<Tensor> f = x -> Tensor.where(x.gt(0), x.sqrt(), x.times(0));
    Tensor x = Tensor.of(new double[] {-1, 4}, 2);
    List<Tensor> d = Grad.derivatives(f, x, 2);
    assertArrayEquals(new double[] {0, 0.25}, d.get(1).toDoubleArray(), 1e-15);
    assertArrayEquals(new double[] {0, -1 / 32.0}, d.get(2).toDoubleArray(), 1e-15);
  }

  @Test
  void aVariableScalarKeepsItsName() {
    Tensor p = Tensor.scalar(3.0, DType.F64).variable();
    Tensor q = Tensor.scalar(3.0, DType.F64).variable();
    List<Tensor> d =
        Grad.derivatives(
            z -> z.square().times(3).plus(z.times(p)).plus(z.exp().times(q)),
            Tensor.scalar(2.0),
            1);
    List<Tensor> g = Grad.grad(d.get(1), p, q);
    assertEquals(1, g.get(0).item());
    assertEquals(Math.exp(2), g.get(1).item(), 1e-14);
  }

  @Test
  void whereNothingMovesAPoleIsSilent() {
    Tensor x = Tensor.of(new double[] {-1, 4}, 2);
    assertArrayEquals(
        new double[] {0, -1 / 32.0},
        Grad.derivatives(z -> z.relu().sqrt(), x, 2).get(2).toDoubleArray(),
        1e-15);
    Tensor at = Tensor.of(new double[] {0, 2}, 2);
    Tensor along = Tensor.of(new double[] {0, 1}, 2);
    List<Tensor> d = Grad.derivatives(z -> Tensor.scalar(1.0).div(z), at, along, 2);
    assertArrayEquals(new double[] {0, -0.25}, d.get(1).toDoubleArray(), 1e-15);
    assertArrayEquals(new double[] {0, 0.25}, d.get(2).toDoubleArray(), 1e-15);
    assertArrayEquals(
        new double[] {0, -0.25},
        Grad.derivatives(Tensor::log, at, along, 2).get(2).toDoubleArray(),
        1e-15);
  }

  @Test
  void derivativesAreDifferentiableByParameters() {
    Parameter w = Parameter.of(Tensor.of(new double[] {0.7}, 1), "w");
    Tensor x = Tensor.of(new double[] {0.4}, 1);
    // u = tanh(w x), u'' = -2 w² tanh (1 - tanh²); by w, against a central difference.
    Tensor second = Grad.derivatives(t -> t.times(w).tanh(), x, 2).get(2).sum();
    double actual = Grad.grad(second, w).get(0).item();
    double h = 1e-5;
    double numeric = (secondOfTanh(0.7 + h, 0.4) - secondOfTanh(0.7 - h, 0.4)) / (2 * h);
    assertEquals(numeric, actual, 1e-9);
  }

  private static double secondOfTanh(double w, double x) {
    double t = Math.tanh(w * x);
    return -2 * w * w * t * (1 - t * t);
  }

  /** A network 1-8-8-8-1 with tanh; order k costs (k + 1) products a layer, no more. */
  @Test
  void productsGrowLinearlyAndElementwiseNodesQuadraticallyWithTheOrder() {
    UnaryOperator<Tensor> network = network();
    Tensor x = Tensor.linspace(-1, 1, 16, DType.F64).reshape(16, 1);
    int[] products = new int[7];
    int[] others = new int[7];
    for (int k = 0; k <= 6; k++) {
      List<Tensor> all = Grad.derivatives(network, x, k);
      Plan plan = Plan.of(all.toArray(new Tensor[0]));
      products[k] = plan.count("matmul");
      others[k] = plan.instructions() - products[k];
      System.out.println(
          "derivatives, order "
              + k
              + ": "
              + products[k]
              + " matmul, "
              + others[k]
              + " other kernel calls");
    }
    for (int k = 3; k <= 6; k++) {
      // The first layer's higher terms are zero: x has none beyond ε.
      assertEquals(3, products[k] - products[k - 1]);
      // Each of three layers convolves two series, of tanh and of its slope.
      int growth = others[k] - 2 * others[k - 1] + others[k - 2];
      assertTrue(growth <= 24, "order " + k + ": second difference " + growth);
    }
  }

  private static UnaryOperator<Tensor> network() {
    long[] widths = {1, 8, 8, 8, 1};
    List<Parameter> weights = new ArrayList<>();
    List<Parameter> biases = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Key key = Key.of(i);
      weights.add(Parameter.of(key.normal(DType.F64, widths[i], widths[i + 1]), "w" + i));
      biases.add(Parameter.of(key.fold(1).normal(DType.F64, widths[i + 1]), "b" + i));
    }
    weights.forEach(Tensor::eval);
    return x -> {
      Tensor y = x;
      for (int i = 0; i < 4; i++) {
        y = y.matmul(weights.get(i)).plus(biases.get(i));
        y = i < 3 ? y.tanh() : y;
      }
      return y;
    };
  }

  @Test
  void alongADeepChainNothingOverflowsTheStack() {
    UnaryOperator<Tensor> f =
        x -> {
          Tensor y = x;
          for (int i = 0; i < 20_000; i++) {
            y = i % 2 == 0 ? y.plus(1e-9) : y.tanh();
          }
          return y;
        };
    assertEquals(3, Grad.derivatives(f, Tensor.scalar(0.1), 2).size());
  }

  @Test
  void badArgumentsAreNamed() {
    Tensor x = Tensor.scalar(1.0);
    assertEquals(
        "derivatives: the order must not be negative, got -1",
        assertThrows(IllegalArgumentException.class, () -> Grad.derivatives(Tensor::exp, x, -1))
            .getMessage());
    assertTrue(
        assertThrows(
                IllegalArgumentException.class,
                () -> Grad.derivatives(Tensor::exp, Tensor.scalar(3), 1))
            .getMessage()
            .contains("must be of one floating type"));
  }
}
