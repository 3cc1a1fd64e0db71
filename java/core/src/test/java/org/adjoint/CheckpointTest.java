package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.adjoint.check.GradCheck;
import org.adjoint.internal.run.Backends;
import org.junit.jupiter.api.Test;

/** {@link Checkpoint}: the same numbers bit for bit, with less planned memory. */
class CheckpointTest {
  private static final int LAYERS = 12;

  private final List<Parameter> weights = new ArrayList<>();

  CheckpointTest() {
    for (int i = 0; i < LAYERS; i++) {
      weights.add(Parameter.of(Key.of(i).normal(DType.F64, 16, 16).times(0.3), "w" + i));
      weights.get(i).eval();
    }
  }

  private Tensor network(Tensor x, int every) {
    Tensor y = x;
    for (int i = 0; i < LAYERS; i += every) {
      int from = i;
      UnaryOperator<Tensor> block =
          t -> {
            Tensor u = t;
            for (int at = from; at < from + every; at++) {
              u = u.matmul(weights.get(at)).tanh().plus(u.sin());
            }
            return u;
          };
      y = every == LAYERS ? block.apply(y) : Checkpoint.of(block).apply(y);
    }
    return y.square().mean();
  }

  private List<Tensor> lossAndGradients(Tensor x, int every) {
    Tensor loss = network(x, every);
    List<Tensor> all = new ArrayList<>(List.of(loss));
    all.addAll(Grad.grad(loss, weights.toArray(new Tensor[0])));
    all.addAll(Grad.grad(loss, x));
    return all;
  }

  @Test
  void sameBitsLessMemory() {
    Tensor x = Key.of(99).normal(DType.F64, 64, 16).eval().variable();
    List<Tensor> kept = lossAndGradients(x, LAYERS);
    List<Tensor> again = lossAndGradients(x, 3);
    Plan whole = Plan.of(kept.toArray(new Tensor[0]));
    Plan less = Plan.of(again.toArray(new Tensor[0]));
    System.out.println("checkpoint: " + less + "; without: " + whole);
    assertTrue(less.workspaceBytes() < 0.7 * whole.workspaceBytes(), less + " against " + whole);
    assertTrue(less.instructions() > whole.instructions());
    Tensor.evalAll(kept.toArray(new Tensor[0]));
    Tensor.evalAll(again.toArray(new Tensor[0]));
    for (int i = 0; i < kept.size(); i++) {
      assertArrayEquals(kept.get(i).toDoubleArray(), again.get(i).toDoubleArray());
    }
  }

  @Test
  void oneStructureIsOneProgram() {
    Tensor x = Key.of(99).normal(DType.F64, 4, 16).eval().variable();
    Tensor.evalAll(lossAndGradients(x, 3).toArray(new Tensor[0]));
    long before = Backends.cache().compiled();
    Tensor.evalAll(lossAndGradients(x, 3).toArray(new Tensor[0]));
    assertEquals(before, Backends.cache().compiled());
  }

  @Test
  void differentiatesAgainInBothModesAndBatches() {
    UnaryOperator<Tensor> plain = x -> x.sin().times(x).exp();
    UnaryOperator<Tensor> checkpointed = Checkpoint.of(plain);
    Tensor x = Tensor.of(new double[] {0.3, -0.7, 1.1}, 3);
    GradCheck.slow().order(2).check(checkpointed, x);
    Tensor xs = Key.of(5).normal(DType.F64, 4, 3).eval();
    UnaryOperator<Tensor> perSample = Vmap.of(Grad.of((Tensor t) -> checkpointed.apply(t).sum()));
    UnaryOperator<Tensor> expected = Grad.of((Tensor t) -> plain.apply(t).sum());
    assertArrayEquals(
        expected.apply(xs).toDoubleArray(), perSample.apply(xs).toDoubleArray(), 1e-13);
    Tensor variable = xs.variable();
    Tensor v = Tensor.ones(DType.F64, 4, 3);
    assertArrayEquals(
        Grad.jvp(plain.apply(variable), variable, v).toDoubleArray(),
        Grad.jvp(checkpointed.apply(variable), variable, v).toDoubleArray(),
        1e-13);
    for (int k = 0; k <= 3; k++) {
      assertArrayEquals(
          Grad.derivatives(plain, x, 3).get(k).toDoubleArray(),
          Grad.derivatives(checkpointed, x, 3).get(k).toDoubleArray(),
          1e-12);
    }
  }

  @Test
  void ofManyResultsEachIsItself() {
    Tensor x = Tensor.arange(0, 40, 1, DType.F64).eval();
    List<Tensor> ys =
        Checkpoint.ofList(
                xs -> {
                  List<Tensor> all = new ArrayList<>();
                  for (int i = 0; i < 40; i++) {
                    all.add(xs.get(0).get(i));
                  }
                  return all;
                })
            .apply(List.of(x));
    for (int i = 0; i < 40; i++) {
      assertEquals(2 * i, ys.get(i).times(2).item());
    }
  }

  @Test
  void theSameTensorTwiceGetsBothCotangents() {
    Tensor x = Tensor.of(new double[] {2, 3}, 2).variable();
    Tensor y = Checkpoint.of((Tensor a, Tensor b) -> a.times(b.square())).apply(x, x);
    assertArrayEquals(new double[] {12, 27}, Grad.grad(y.sum(), x).get(0).toDoubleArray(), 1e-12);
    assertArrayEquals(
        new double[] {12, 27}, Grad.jvp(y, x, Tensor.ones(DType.F64, 2)).toDoubleArray(), 1e-12);
  }

  @Test
  void aCapturedKeyDrawsTheSameMask() {
    Key key = Key.of(7);
    Tensor x = Tensor.ones(DType.F64, 1000).plus(0.0).variable();
    UnaryOperator<Tensor> dropout =
        t -> Tensor.where(key.uniform(DType.F64, 1000).lt(0.5), t.square(), t.times(0));
    Tensor y = Checkpoint.of(dropout).apply(x);
    Tensor g = Grad.grad(y.sum(), x).get(0);
    Tensor.evalAll(y, g);
    assertArrayEquals(y.times(2).toDoubleArray(), g.toDoubleArray());
  }

  @Test
  void askingForAValueInsideSaysWhatToDo() {
    Tensor x = Tensor.scalar(2.0);
    String text =
        assertThrows(
                IllegalStateException.class,
                () -> Checkpoint.of((Tensor t) -> t.item() > 0 ? t : t.neg()).apply(x))
            .getMessage();
    assertTrue(text.contains("Tensor.where") && text.contains("Scan"), text);
  }
}
