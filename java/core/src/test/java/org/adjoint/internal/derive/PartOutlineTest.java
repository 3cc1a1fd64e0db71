package org.adjoint.internal.derive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.function.Supplier;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Parameters;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.ThreadState;
import org.adjoint.op.Op;
import org.junit.jupiter.api.Test;

/** A loss like the one before is differentiated as if it had been walked through. */
class PartOutlineTest {
  private static Parameter parameter(String name, double... values) {
    return Parameter.of(Tensor.of(values, values.length), name);
  }

  private static double[] gradient(Parameter p, Tensor loss) {
    loss.backward();
    double[] gradient = p.grad().orElseThrow().toDoubleArray();
    p.zeroGrad();
    return gradient;
  }

  @Test
  void aLossLikeTheOneBeforeIsNotWalkedThrough() {
    Parameter w = parameter("w", 1, 2);
    Supplier<Tensor> loss = () -> w.times(Tensor.of(new double[] {3, 4}, 2)).tanh().sum();
    loss.get().backward();
    PartOutline known = ThreadState.get().part;
    loss.get().backward();
    assertSame(known, ThreadState.get().part);
    w.square().sum().backward();
    assertNotSame(known, ThreadState.get().part);
  }

  @Test
  void oneTensorAtTwoPlacesIsOne() {
    Parameter a = parameter("a", 3);
    Parameter b = parameter("b", 5);
    assertArrayEquals(new double[] {5}, gradient(a, a.times(b).sum()));
    b.zeroGrad();
    assertArrayEquals(new double[] {6}, gradient(a, a.times(a).sum()));
    assertArrayEquals(new double[] {5}, gradient(a, a.times(b).sum()));
    Tensor y = a.tanh();
    double[] twice = gradient(a, a.tanh().times(a.tanh()).sum());
    assertArrayEquals(twice, gradient(a, y.times(y).sum()));
  }

  @Test
  void whatDerivativesDoNotPassIsSeen() {
    Parameter w = parameter("w", 2, 3);
    Tensor floats = Tensor.of(new float[] {1, 1}, 2).variable();
    Tensor ints = Tensor.of(new int[] {5, 7}, 2);
    assertArrayEquals(new double[] {1, 1}, gradient(w, floats.cast(DType.F64).times(w).sum()));
    assertArrayEquals(new double[] {5, 7}, gradient(w, ints.cast(DType.F64).times(w).sum()));
    assertArrayEquals(new double[] {4, 6}, gradient(w, w.times(w.times(1.0)).sum()));
    assertArrayEquals(new double[] {2, 3}, gradient(w, w.times(w.detach()).sum()));
  }

  @Test
  void aLossThatAStepConsumedIsRefused() {
    Parameter w = parameter("w", 2);
    Tensor first = w.square().sum();
    first.backward();
    w.zeroGrad();
    Tensor second = w.square().sum();
    second.backward();
    Parameters.commit(List.of(w));
    assertThrows(IllegalStateException.class, second::backward);
  }

  @Test
  void anEvaluatedLossKeepsItsGraph() {
    Parameter w = parameter("w", 2);
    for (int i = 0; i < 3; i++) {
      Tensor loss = w.square().sum();
      if (i == 1) {
        loss.eval();
      }
      assertArrayEquals(new double[] {4}, gradient(w, loss));
    }
  }

  @Test
  void rulesOfUsersAreNotRemembered() {
    Parameter w = parameter("w", 2);
    w.square().sum().backward();
    PartOutline known = ThreadState.get().part;
    Tensor seen = Tensor.of(new double[] {7}, 1);
    Tensor y = Op.custom("seven", x -> x, (x, out, g) -> g.times(seen)).apply(w);
    w.zeroGrad();
    assertArrayEquals(new double[] {7}, gradient(w, y.sum()));
    assertSame(known, ThreadState.get().part);
  }
}
