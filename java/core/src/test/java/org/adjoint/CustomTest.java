package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.adjoint.check.GradCheck;
import org.adjoint.internal.run.Backends;
import org.adjoint.op.Op;
import org.junit.jupiter.api.Test;

/** Derivatives that users state: {@link Op#custom} and {@link Tensor#hook}. */
class CustomTest {
  /** x³ with its derivative stated by hand. */
  private static final UnaryOperator<Tensor> CUBE =
      Op.custom("cube", x -> x.times(x).times(x), (x, y, g) -> g.times(x.square()).times(3));

  /** a·b of two tensors, both cotangents stated by hand. */
  private static final Function<List<Tensor>, List<Tensor>> PRODUCT =
      Op.customList(
          "product",
          xs -> List.of(xs.get(0).times(xs.get(1))),
          (xs, ys, gs) -> List.of(gs.get(0).times(xs.get(1)), gs.get(0).times(xs.get(0))));

  private static Tensor sample() {
    return Tensor.of(new double[] {0.5, -1.25, 2}, 3).variable();
  }

  @Test
  void theStatedDerivativeIsUsed() {
    UnaryOperator<Tensor> f = Op.custom("loud", Tensor::exp, (x, y, g) -> g.times(100));
    Tensor x = sample();
    Tensor y = f.apply(x);
    assertArrayEquals(x.exp().toDoubleArray(), y.toDoubleArray());
    assertArrayEquals(new double[] {100, 100, 100}, Grad.grad(y.sum(), x).get(0).toDoubleArray());
  }

  @Test
  void everyOrderAndModeFollows() {
    GradCheck.slow().order(2).check(CUBE, sample());
    GradCheck.slow()
        .order(2)
        .checkList(PRODUCT, List.of(sample(), Tensor.of(new double[] {3, 4, -5}, 3)));
    Tensor x = sample();
    Tensor v = Tensor.of(new double[] {1, 2, -1}, 3);
    assertArrayEquals(
        x.square().times(3).times(v).toDoubleArray(),
        Grad.jvp(CUBE.apply(x), x, v).toDoubleArray(),
        1e-15);
    List<Tensor> all = Grad.derivatives(CUBE, x, 4);
    assertArrayEquals(x.times(6).toDoubleArray(), all.get(2).toDoubleArray(), 1e-14);
    assertArrayEquals(new double[] {6, 6, 6}, all.get(3).toDoubleArray(), 1e-14);
    assertArrayEquals(new double[3], all.get(4).toDoubleArray(), 1e-14);
  }

  @Test
  void forwardModeIsTheTransposeOfTheStatedRule() {
    UnaryOperator<Tensor> f =
        Op.custom(
            "shift", x -> x, (x, y, g) -> Tensor.concat(0, g.slice(0, 1, 3), g.slice(0, 0, 1)));
    Tensor x = sample();
    Tensor v = Tensor.of(new double[] {1, 2, 3}, 3);
    assertArrayEquals(new double[] {3, 1, 2}, Grad.jvp(f.apply(x), x, v).toDoubleArray());
  }

  @Test
  void vmapBatchesValueAndRule() {
    Tensor xs = Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3).variable();
    Tensor shared = Tensor.of(new double[] {2, 0.5, -1}, 3).variable();
    UnaryOperator<Tensor> one = x -> PRODUCT.apply(List.of(CUBE.apply(x), shared)).get(0).sum();
    Tensor total = Vmap.of(one).apply(xs).sum();
    List<Tensor> g = Grad.grad(total, xs, shared);
    List<Tensor> expected = Grad.grad(one.apply(xs.get(0)).plus(one.apply(xs.get(1))), xs, shared);
    assertArrayEquals(expected.get(0).toDoubleArray(), g.get(0).toDoubleArray(), 1e-12);
    assertArrayEquals(expected.get(1).toDoubleArray(), g.get(1).toDoubleArray(), 1e-12);
    Tensor perSample = Vmap.of(Grad.of(one)).apply(xs);
    assertArrayEquals(expected.get(0).toDoubleArray(), perSample.toDoubleArray(), 1e-12);
    Tensor pushed =
        Vmap.of((Tensor x) -> Grad.jvp(CUBE.apply(x), x, Tensor.ones(DType.F64, 3))).apply(xs);
    assertArrayEquals(xs.square().times(3).toDoubleArray(), pushed.toDoubleArray(), 1e-12);
  }

  @Test
  void integersPassWithoutACotangent() {
    Function<List<Tensor>, List<Tensor>> pick =
        Op.customList(
            "pick",
            xs -> List.of(xs.get(0).gather(0, xs.get(1)), xs.get(1)),
            (xs, ys, gs) -> List.of(Tensor.zeros(DType.F64, 3).plus(gs.get(0).sum())));
    Tensor x = sample();
    List<Tensor> ys = pick.apply(List.of(x, Tensor.of(new int[] {2, 0}, 2)));
    assertArrayEquals(new double[] {2, 0.5}, ys.get(0).toDoubleArray());
    assertArrayEquals(new int[] {2, 0}, ys.get(1).toIntArray());
    assertArrayEquals(new double[] {2, 2, 2}, Grad.grad(ys.get(0).sum(), x).get(0).toDoubleArray());
  }

  @Test
  void aRuleThatDoesNotFitIsNamed() {
    Tensor x = sample();
    UnaryOperator<Tensor> wrong = Op.custom("wrong", y -> y, (a, y, g) -> g.sum());
    String text =
        assertThrows(IllegalStateException.class, () -> Grad.grad(wrong.apply(x).sum(), x))
            .getMessage();
    assertEquals("wrong: its vjp gave F64[] as the cotangent of F64[3]", text);
    Function<List<Tensor>, List<Tensor>> few =
        Op.customList("few", xs -> xs, (xs, ys, gs) -> List.of(gs.get(0)));
    assertTrue(
        assertThrows(
                IllegalStateException.class,
                () -> Grad.grad(few.apply(List.of(x, x)).get(0).sum(), x))
            .getMessage()
            .contains("1 cotangents for 2 floating inputs"));
  }

  @Test
  void aHookSeesAndChangesTheGradient() {
    Tensor x = sample();
    List<Tensor> seen = new ArrayList<>();
    Tensor y =
        x.square()
            .hook(
                g -> {
                  seen.add(g);
                  return g.clamp(-1, 1);
                })
            .times(Tensor.of(new double[] {0.5, 3, -7}, 3));
    assertArrayEquals(
        new double[] {0.5, -2.5, -4}, Grad.grad(y.sum(), x).get(0).toDoubleArray(), 1e-15);
    assertArrayEquals(new double[] {0.5, 3, -7}, seen.get(0).toDoubleArray());
    assertArrayEquals(
        new double[] {0.5, -7.5, -28},
        Grad.jvp(y, x, Tensor.ones(DType.F64, 3)).toDoubleArray(),
        1e-15);
    assertThrows(
        IllegalArgumentException.class, () -> Tensor.scalar(1).hook(UnaryOperator.identity()));
  }

  @Test
  void underVmapForwardModePassesAHookByToo() {
    Tensor x = sample();
    Tensor y = Vmap.of((Tensor z) -> z.hook(g -> g.times(3))).apply(x);
    Tensor ones = Tensor.ones(DType.F64, 3);
    assertArrayEquals(new double[] {1, 1, 1}, Grad.jvp(y, x, ones).toDoubleArray());
    assertArrayEquals(new double[] {3, 3, 3}, Grad.grad(y.sum(), x).get(0).toDoubleArray());
  }

  @Test
  void aRuleMayIgnoreACotangent() {
    Tensor k = Tensor.of(new double[] {1, 2, 3}, 3).exp().eval();
    Tensor x = sample();
    List<Tensor> ys =
        Op.customList(
                "two",
                xs -> List.of(xs.get(0).times(k), xs.get(0).detach()),
                (xs, y, gs) -> List.of(gs.get(0).times(k)))
            .apply(List.of(x));
    Tensor v = Tensor.ones(DType.F64, 3);
    assertArrayEquals(k.toDoubleArray(), Grad.jvp(ys.get(0), x, v).toDoubleArray());
    assertArrayEquals(new double[3], Grad.jvp(ys.get(1), x, v).toDoubleArray());
    UnaryOperator<Tensor> wrong = Op.custom("wrong", y -> y, (a, y, g) -> g.sum());
    assertThrows(IllegalStateException.class, () -> Grad.jvp(wrong.apply(x), x, v));
  }

  @Test
  void theSameProgramServesEveryUse() {
    Tensor x = sample();
    Grad.grad(CUBE.apply(x).sum(), x).get(0).eval();
    long before = Backends.cache().compiled();
    for (int i = 0; i < 3; i++) {
      UnaryOperator<Tensor> again =
          Op.custom("cube", t -> t.times(t).times(t), (t, y, g) -> g.times(t.square()).times(3));
      Grad.grad(again.apply(x).sum(), x).get(0).eval();
    }
    assertEquals(before, Backends.cache().compiled());
  }
}
