package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Functions of functions: gradients, Jacobians, Hessians and batches, in any nesting. */
class TransformationsTest {
  private static Tensor normal(long seed, long... dims) {
    return Key.of(seed).normal(DType.F64, dims);
  }

  private static double[] loop(UnaryOperator<Tensor> f, Tensor xs) {
    Tensor[] rows = new Tensor[(int) xs.dim(0)];
    for (int i = 0; i < rows.length; i++) {
      Tensor y = f.apply(xs.get(i));
      long[] dims = new long[1 + y.rank()];
      dims[0] = 1;
      System.arraycopy(y.shape().dims(), 0, dims, 1, y.rank());
      rows[i] = y.reshape(dims);
    }
    return Tensor.concat(0, rows).toDoubleArray();
  }

  @Test
  void gradOfAFunctionCountsOnlyItsArgument() {
    Tensor x = Tensor.scalar(3.0);
    assertEquals(3, Grad.of((Tensor y) -> x.times(y)).apply(x).item());
    UnaryOperator<Tensor> nested =
        a -> Grad.of((Tensor b) -> a.times(b).times(b)).apply(Tensor.scalar(5.0));
    assertEquals(10, Grad.of(nested).apply(x).item());
  }

  /** Returns Σ ∂/∂s Σ (s·u)² = Σ 2·s·u² as a function of u, with s captured. */
  private static UnaryOperator<Tensor> slopeByCaptured(Tensor s) {
    return u -> Grad.grad(s.times(u).square().sum(), s).get(0).sum();
  }

  @Test
  void anArgumentIsALeafEvenWhereTheSameTensorIsCaptured() {
    double[] expected = {4, 36}; // 4·s·u at u = s
    for (boolean eager : new boolean[] {false, true}) {
      Adjoint.eager(eager);
      try {
        Tensor s = Tensor.of(new double[] {1, 3}, 2).variable();
        UnaryOperator<Tensor> f = slopeByCaptured(s);
        assertArrayEquals(expected, Grad.of(f).apply(s).toDoubleArray());
        Grad.ValueAndGrad both = Grad.valueAndGrad(f).apply(s);
        assertEquals(56, both.value().toDoubleArray()[0]);
        assertArrayEquals(expected, both.grad().toDoubleArray());
        Tensor listed = Grad.ofList(xs -> f.apply(xs.get(0))).apply(List.of(s)).get(0);
        assertArrayEquals(expected, listed.toDoubleArray());
        Tensor along = Grad.derivatives(f, s, 1).get(1);
        assertEquals(40, along.toDoubleArray()[0]);
        // Forward mode by what is captured, inside.
        Tensor ones = Tensor.ones(DType.F64, 2);
        UnaryOperator<Tensor> pushed = u -> Grad.jvp(s.times(u).square(), s, ones).sum();
        assertArrayEquals(expected, Grad.of(pushed).apply(s).toDoubleArray());
        // An argument that was built from what is captured.
        Tensor twice = s.times(2);
        assertArrayEquals(new double[] {8, 72}, Grad.of(f).apply(twice).toDoubleArray());
        assertArrayEquals(expected, Grad.of(Checkpoint.of(f)).apply(s).toDoubleArray());
      } finally {
        Adjoint.eager(false);
      }
    }
  }

  @Test
  void whoDifferentiatesFromOutsidePassesThroughTheArgument() {
    Tensor s = Tensor.of(new double[] {1, 3}, 2).variable();
    Tensor slope = Grad.of(slopeByCaptured(s)).apply(s).sum(); // Σ 4·s·u at u = s
    assertArrayEquals(new double[] {8, 24}, Grad.grad(slope, s).get(0).toDoubleArray());
    assertArrayEquals(
        new double[] {8, 0, 0, 8}, Grad.jacobian(Grad.grad(slope, s).get(0), s).toDoubleArray());
    // Two levels: the outer argument is a leaf to the inner function's derivative by s.
    UnaryOperator<Tensor> outer =
        v -> Grad.of((Tensor u) -> slopeByCaptured(s).apply(u).times(v.sum())).apply(v).sum();
    // Σ 4·s·v · Σ v at v = s: its gradient is 4·s·Σ v + Σ 4·s·v.
    assertArrayEquals(new double[] {56, 88}, Grad.of(outer).apply(s).toDoubleArray());
  }

  @Test
  void anArgumentIsALeafToParametersToo() {
    Parameter w = Parameter.of(Tensor.of(new double[] {1, 3}, 2), "w");
    UnaryOperator<Tensor> f = u -> Grad.grad(w.times(u).square().sum(), w).get(0).sum();
    assertArrayEquals(new double[] {4, 36}, Grad.of(f).apply(w).toDoubleArray());
    UnaryOperator<Tensor> mapped =
        Vmap.of((Tensor row) -> Grad.of((Tensor u) -> f.apply(u)).apply(row));
    Tensor rows = Tensor.stack(0, w, w.times(2));
    assertArrayEquals(new double[] {4, 36, 8, 72}, mapped.apply(rows).toDoubleArray());
  }

  @Test
  void mappedExtremesOfScalarsHaveTheGradientOfEach() {
    Tensor x = Tensor.of(new double[] {1, 2, -3, 4}, 4).variable();
    for (UnaryOperator<Tensor> f :
        List.<UnaryOperator<Tensor>>of(
            s -> s.max(), s -> s.min(), s -> s.times(2).max().neg().min().times(-0.5))) {
      Tensor y = Vmap.of(f).apply(x);
      double[] ones = {1, 1, 1, 1};
      assertArrayEquals(ones, Grad.grad(y.sum(), x).get(0).toDoubleArray());
      assertArrayEquals(ones, Grad.jvp(y, x, Tensor.ones(DType.F64, 4)).toDoubleArray());
    }
    Tensor norms = Vmap.of((Tensor s) -> s.norm(Double.POSITIVE_INFINITY)).apply(x);
    assertArrayEquals(new double[] {1, 1, -1, 1}, Grad.grad(norms.sum(), x).get(0).toDoubleArray());
  }

  @Test
  void valueAndGradientShareAGraph() {
    Grad.ValueAndGrad result = Grad.valueAndGrad(Tensor::square).apply(Tensor.scalar(3.0));
    assertEquals(9, result.value().item());
    assertEquals(6, result.grad().item());
  }

  @Test
  void jacobianBothWays() {
    Tensor w = normal(1, 4, 3);
    Tensor x = normal(2, 3).variable();
    Tensor tall = w.matmul(x).tanh();
    double[] slope = tall.square().neg().plus(1).toDoubleArray();
    double[] weights = w.toDoubleArray();
    double[] expected = new double[12];
    for (int i = 0; i < 12; i++) {
      expected[i] = slope[i / 3] * weights[i];
    }
    Tensor forward = Grad.jacobian(tall, x);
    assertEquals(Shape.of(4, 3), forward.shape());
    assertArrayEquals(expected, forward.toDoubleArray(), 1e-14);
    Tensor wide = tall.slice(0, 0, 2);
    double[] two = Arrays.copyOf(expected, 6);
    assertArrayEquals(two, Grad.jacobian(wide, x).toDoubleArray(), 1e-14);
  }

  @Test
  void hessianOfAQuadraticFormAndItsProduct() {
    Tensor a = normal(3, 4, 4);
    Tensor x = normal(4, 4).variable();
    Tensor y = x.matmul(a.matmul(x));
    double[] expected = a.plus(a.transpose()).toDoubleArray();
    assertArrayEquals(expected, Grad.hessian(y, x).toDoubleArray(), 1e-12);
    Tensor v = normal(5, 4);
    assertArrayEquals(
        a.plus(a.transpose()).matmul(v).toDoubleArray(), Grad.hvp(y, x, v).toDoubleArray(), 1e-12);
  }

  @Test
  void everyOrderOfModesAgrees() {
    UnaryOperator<Tensor> f = x -> x.tanh().times(x.exp()).sum();
    Tensor x = normal(6, 5).variable();
    Tensor v = normal(7, 5);
    Tensor g = Grad.grad(f.apply(x), x).get(0);
    double[] forwardOverReverse = Grad.jvp(g, x, v).toDoubleArray();
    double[] reverseOverReverse = Grad.grad(g.times(v).sum(), x).get(0).toDoubleArray();
    double[] reverseOverForward = Grad.grad(Grad.jvp(f.apply(x), x, v), x).get(0).toDoubleArray();
    assertArrayEquals(reverseOverReverse, forwardOverReverse, 1e-13);
    assertArrayEquals(reverseOverReverse, reverseOverForward, 1e-13);
    Tensor third = Grad.jvp(Grad.jvp(Grad.jvp(f.apply(x), x, v), x, v), x, v);
    Tensor nested = Grad.grad(g.times(v).sum(), x).get(0).times(v).sum();
    Tensor thirdReverse = Grad.grad(nested, x).get(0).times(v).sum();
    assertEquals(thirdReverse.item(), third.item(), 1e-12);
  }

  @Test
  void perSampleGradientsEqualALoop() {
    Tensor w1 = normal(8, 3, 6);
    Tensor w2 = normal(9, 6, 2);
    UnaryOperator<Tensor> loss = x -> x.matmul(w1).tanh().matmul(w2).square().sum();
    UnaryOperator<Tensor> gradient = Grad.of(loss);
    Tensor xs = normal(10, 7, 3).eval();
    assertArrayEquals(loop(gradient, xs), Vmap.of(gradient).apply(xs).toDoubleArray(), 1e-13);
  }

  @Test
  void perSampleGradientsByWeights() {
    Tensor xs = normal(11, 5, 3).eval();
    Tensor w = normal(12, 3, 2).eval();
    UnaryOperator<Tensor> byWeights = x -> Grad.of((Tensor v) -> x.matmul(v).tanh().sum()).apply(w);
    Tensor all = Vmap.of(byWeights).apply(xs);
    assertEquals(Shape.of(5, 3, 2), all.shape());
    assertArrayEquals(loop(byWeights, xs), all.toDoubleArray(), 1e-13);
  }

  @Test
  void axesMayBeChosenAndMapsNest() {
    Tensor a = normal(13, 2, 4, 3).eval();
    UnaryOperator<Tensor> rows = Vmap.of((Tensor r) -> r.softmax(-1));
    Tensor nested = Vmap.of(rows).apply(a);
    assertArrayEquals(a.softmax(-1).toDoubleArray(), nested.toDoubleArray(), 1e-15);
    Tensor columns = Vmap.of((Tensor c) -> c.sum(), 1, 0).apply(a.get(0));
    assertArrayEquals(a.get(0).sum(0).toDoubleArray(), columns.toDoubleArray(), 1e-14);
    Tensor out = Vmap.of((Tensor r) -> r.times(2), 0, 1).apply(a.get(0));
    assertEquals(Shape.of(3, 4), out.shape());
  }

  @Test
  void anUnbatchedKeyDrawsTheSameForEachExampleABatchedOneEqualsTheLoop() {
    Key key = Key.of(14);
    Tensor xs = normal(15, 3, 4).eval();
    Tensor same = Vmap.of((Tensor x) -> x.plus(key.normal(DType.F64, 4))).apply(xs);
    assertArrayEquals(loop(x -> x.plus(key.normal(DType.F64, 4)), xs), same.toDoubleArray(), 0);
    Tensor keys = Tensor.of(new long[] {1, 2, 3}, 3);
    UnaryOperator<Tensor> draw = k -> Key.of(k).uniform(DType.F64, 5);
    assertArrayEquals(loop(draw, keys), Vmap.of(draw).apply(keys).toDoubleArray(), 0);
  }

  @Test
  void aResultThatDoesNotDependOnTheExampleIsRepeated() {
    Tensor constant = Vmap.of((Tensor x) -> Tensor.scalar(7.0)).apply(normal(16, 3, 2));
    assertArrayEquals(new double[] {7, 7, 7}, constant.toDoubleArray());
  }

  @Test
  void askingForAValueInsideVmapIsAnError() {
    UnaryOperator<Tensor> peeks = x -> x.sum().item() > 0 ? x : x.neg();
    Exception e =
        assertThrows(IllegalStateException.class, () -> Vmap.of(peeks).apply(normal(17, 3, 2)));
    assertTrue(e.getMessage().contains("Tensor.where"), e.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> Vmap.ofList((List<Tensor> in) -> in).apply(List.of(normal(18, 3), normal(19, 4))));
  }

  @Test
  void embeddingLookupsBatch() {
    Tensor table = normal(20, 6, 3).eval();
    Tensor ids = Tensor.of(new int[] {0, 5, 2, 2}, 2, 2);
    UnaryOperator<Tensor> look = i -> table.gather(0, i).tanh();
    assertArrayEquals(loop(look, ids), Vmap.of(look).apply(ids).toDoubleArray(), 0);
    UnaryOperator<Tensor> gradient =
        i -> Grad.of((Tensor t) -> t.gather(0, i).square().sum()).apply(table);
    assertArrayEquals(loop(gradient, ids), Vmap.of(gradient).apply(ids).toDoubleArray(), 1e-14);
  }
}
