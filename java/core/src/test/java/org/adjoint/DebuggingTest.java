package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** {@link Adjoint#eager} and {@link Adjoint#anomaly}. */
@Isolated("switches that hold for all threads")
class DebuggingTest {
  @AfterEach
  void switchOff() {
    Adjoint.eager(false);
    Adjoint.anomaly(false);
  }

  @Test
  void eagerComputesEachOpAsItIsBuilt() {
    Adjoint.eager(true);
    Tensor x = Tensor.of(new double[] {1, 2}, 2);
    Tensor y = x.times(3);
    assertTrue(y.node().isEvaluated());
    assertThrows(IndexOutOfBoundsException.class, () -> x.gather(0, Tensor.of(new int[] {5}, 1)));
  }

  private static List<double[]> everything() {
    Parameter w = Parameter.of(Key.of(1).normal(DType.F64, 3, 2), "w");
    Parameter m = Parameter.buffer(Tensor.zeros(DType.F64, 3, 2), "m");
    Tensor xs = Key.of(2).normal(DType.F64, 4, 3);
    List<double[]> seen = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Tensor logits = xs.matmul(w).tanh().matmul(w.transpose());
      Tensor loss =
          logits.logSoftmax(-1).get(0).sum().neg().plus(Checkpoint.of(Tensor::sin).apply(w).sum());
      loss.backward();
      m.assign(m.times(0.9).plus(w.grad().orElseThrow()));
      w.assign(w.minus(m.times(0.1)));
      Parameters.commit(List.of(w, m), loss);
      w.zeroGrad();
      seen.add(loss.toDoubleArray());
    }
    Tensor x = Key.of(3).normal(DType.F64, 3).variable();
    UnaryOperator<Tensor> f = t -> t.softmax(0).times(t.exp()).sum();
    seen.add(Grad.hessian(f.apply(x), x).toDoubleArray());
    seen.add(Grad.jvp(f.apply(x), x, Tensor.ones(DType.F64, 3)).toDoubleArray());
    seen.add(Grad.derivatives(f, x, 3).get(3).toDoubleArray());
    seen.add(Vmap.of(Grad.of(f)).apply(xs).toDoubleArray());
    seen.add(Compiled.of(Grad.of(f)).apply(x.detach()).toDoubleArray());
    seen.add(
        Grad.grad(Scan.of((Tensor t) -> t.sin().softmax(0), 3).apply(x).get(0), x)
            .get(0)
            .toDoubleArray());
    seen.add(w.toDoubleArray());
    return seen;
  }

  @Test
  void eagerGivesTheSameNumbers() {
    List<double[]> lazy = everything();
    Adjoint.eager(true);
    List<double[]> eager = everything();
    for (int i = 0; i < lazy.size(); i++) {
      assertArrayEquals(lazy.get(i), eager.get(i), 1e-13, "result " + i);
    }
  }

  @Test
  void theSearchChangesNoNumbers() {
    List<double[]> plain = everything();
    Adjoint.anomaly(true);
    List<double[]> searched = everything();
    for (int i = 0; i < plain.size(); i++) {
      assertArrayEquals(plain.get(i), searched.get(i));
    }
  }

  private static Tensor firstLayer(Tensor x) {
    return x.square();
  }

  private static Tensor secondLayer(Tensor x) {
    return x.minus(2).log(); // line A: NaN where x < 2
  }

  private static Tensor thirdLayer(Tensor x) {
    return x.times(2).sum();
  }

  @Test
  void aNanThreeLayersDownIsReportedWithOpShapesAndLine() {
    Adjoint.anomaly(true);
    Tensor x = Tensor.of(new double[] {2, 1, 3, 2}, 2, 2);
    Tensor y = thirdLayer(secondLayer(firstLayer(x)));
    String text = assertThrows(AnomalyException.class, y::item).getMessage();
    assertTrue(
        text.startsWith(
            "anomaly: log of F64[2, 2] gave NaN at [0, 1], where input 0 is -1.0; built at "),
        text);
    assertTrue(text.contains("DebuggingTest.secondLayer(DebuggingTest.java:"), text);
  }

  @Test
  void anInfinityIsReportedWhereItArises() {
    Adjoint.anomaly(true);
    Tensor x = Tensor.of(new double[] {1, 0}, 2);
    Tensor y = x.reciprocal().times(3);
    String text = assertThrows(AnomalyException.class, y::toDoubleArray).getMessage();
    assertTrue(text.startsWith("anomaly: reciprocal of F64[2] gave Infinity at [1]"), text);
    Tensor masked = Tensor.where(x.gt(0), x, Tensor.scalar(Double.NEGATIVE_INFINITY)).softmax(0);
    assertArrayEquals(new double[] {1, 0}, masked.toDoubleArray());
  }

  @Test
  void aDerivativeNamesTheOpThatItBelongsTo() {
    Adjoint.anomaly(true);
    Tensor x = Tensor.of(new double[] {0, 4}, 2).variable();
    Tensor y = x.sqrt().sum();
    Tensor g = Grad.grad(y, x).get(0);
    String text = assertThrows(AnomalyException.class, g::toDoubleArray).getMessage();
    assertTrue(text.contains("gave Infinity at [0]"), text);
    assertTrue(
        text.contains("built for the derivative of sqrt (built at ")
            && text.contains("DebuggingTest.aDerivativeNames"),
        text);
  }

  @Test
  void aCompiledFunctionIsSearchedToo() {
    Adjoint.anomaly(true);
    Parameter w = Parameter.of(Tensor.of(new double[] {1, 2}, 2), "w");
    Supplier<Tensor> step =
        Compiled.of(
            () -> {
              w.assign(w.minus(1));
              return w.log().sum();
            });
    String text = assertThrows(AnomalyException.class, step::get).getMessage();
    assertTrue(text.contains("log of F64[2] gave -Infinity at [0]"), text);
    assertArrayEquals(new double[] {1, 2}, w.toDoubleArray());
  }

  @Test
  void withoutTheSwitchNothingIsRemembered() {
    assertEquals(false, Tensor.scalar(1.0).plus(1).node().site().isPresent());
  }
}
