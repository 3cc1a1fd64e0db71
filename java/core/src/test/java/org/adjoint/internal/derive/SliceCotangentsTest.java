package org.adjoint.internal.derive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.UnaryOperator;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Plan;
import org.adjoint.Tensor;
import org.adjoint.Vmap;
import org.adjoint.check.GradCheck;
import org.junit.jupiter.api.Test;

/** Many slices of one tensor: their cotangents are joined, and those of equal slices are one. */
class SliceCotangentsTest {
  private static Tensor plain(Tensor x) {
    return Tensor.of(x.toDoubleArray(), x.shape().dims());
  }

  private static Tensor matrix(long rows, long columns) {
    return plain(Key.of(rows).normal(DType.F64, rows, columns)).variable();
  }

  private static Plan planOfGradient(Tensor x, UnaryOperator<Tensor> f) {
    return Plan.of(Grad.grad(f.apply(x), x).get(0));
  }

  private static Tensor recurrence(Tensor x) {
    Tensor h = Tensor.zeros(DType.F64, x.dim(1));
    for (long t = 0; t < x.dim(0); t++) {
      h = h.plus(x.get(t)).sin();
    }
    return h.sum();
  }

  @Test
  void aTensorReadRowByRowIsWrittenOnce() {
    Tensor x = matrix(50, 400);
    Plan plan = planOfGradient(x, SliceCotangentsTest::recurrence);
    assertEquals(50, plan.count("copy"), plan.listing());
    // Added up one by one, there would be whole matrices beside the row that each turn keeps.
    assertTrue(plan.unsharedBytes() < 4 * 50 * 400 * 8, plan.toString());
  }

  @Test
  void equalSlicesHaveOneCotangent() {
    UnaryOperator<Tensor> once = x -> x.get(1, 2).sin().plus(x.get(0, 1).cos());
    UnaryOperator<Tensor> often =
        x -> {
          Tensor sum = x.get(0, 1).cos();
          for (int i = 0; i < 20; i++) {
            sum = sum.plus(x.get(1, 2).times(i).sin());
          }
          return sum;
        };
    Tensor x = matrix(3, 4);
    assertEquals(planOfGradient(x, once).count("copy"), planOfGradient(x, often).count("copy"));
    GradCheck.check(often, x);
  }

  @Test
  void sourcesAmongEqualSlicesStayApart() {
    Tensor x = Tensor.of(new double[] {2, 3}, 2).variable();
    Tensor a = x.get(0);
    Tensor b = x.get(0);
    assertEquals(2, Grad.grad(a.times(b), a).get(0).item());
    assertArrayEquals(new double[] {4, 0}, Grad.grad(a.times(b), a, x).get(1).toDoubleArray());
    Tensor u = x.get(1).variable();
    Tensor v = x.get(1).variable();
    Tensor g = Grad.grad(u.times(v), x).get(0).get(1);
    assertEquals(List.of(1.0, 1.0), Grad.grad(g, u, v).stream().map(Tensor::item).toList());
  }

  @Test
  void whateverTheSlicesAre() {
    UnaryOperator<Tensor> gaps =
        x -> x.slice(0, 4, 5).sin().sum().plus(x.slice(0, 1, 3).square().sum());
    UnaryOperator<Tensor> windows =
        x -> {
          Tensor sum = x.slice(0, 0, 2).sin().sum();
          for (long i = 1; i < 4; i++) {
            sum = sum.plus(x.slice(0, i, i + 2).times(i).sin().sum());
          }
          return sum;
        };
    UnaryOperator<Tensor> steps =
        x -> x.at("::2").sin().sum().plus(x.at("1::2").square().sum()).plus(x.get(3).sum());
    UnaryOperator<Tensor> axes =
        x ->
            x.slice(0, 0, 1)
                .exp()
                .sum()
                .plus(x.slice(1, 1, 2).sin().sum())
                .plus(x.slice(1, 0, 1).cos().sum())
                .plus(x.at("1:3, 1:").square().sum())
                .plus(x.slice(0, 2, 2).sum())
                .plus(x.slice(0, 0, 6).times(x).sum());
    for (UnaryOperator<Tensor> f :
        List.<UnaryOperator<Tensor>>of(
            SliceCotangentsTest::recurrence, gaps, windows, steps, axes)) {
      Tensor x = matrix(6, 2);
      GradCheck.check(f, x);
      GradCheck.check(y -> Grad.of(f).apply(y).sin().sum(), x);
      Tensor xs = plain(Key.of(4).normal(DType.F64, 3, 6, 2));
      Tensor all = Vmap.of(Grad.of(f)).apply(xs);
      for (long i = 0; i < 3; i++) {
        assertArrayEquals(
            Grad.of(f).apply(xs.get(i)).toDoubleArray(), all.get(i).toDoubleArray(), 1e-14);
      }
    }
  }
}
