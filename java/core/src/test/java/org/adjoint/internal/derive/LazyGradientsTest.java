package org.adjoint.internal.derive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Function;
import org.adjoint.Adjoint;
import org.adjoint.Grad;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.op.Op;
import org.junit.jupiter.api.Test;

/** Gradients of {@code backward()} that are not built until they are looked at. */
class LazyGradientsTest {
  private static Parameter parameter(String name, double... values) {
    Parameter p = Parameter.of(Tensor.of(values, values.length), name);
    p.eval();
    return p;
  }

  private static final Tensor X = Tensor.of(new double[] {1, -2, 3}, 3);

  private static Tensor loss(Parameter w, Parameter b) {
    return w.times(X).plus(b).tanh().square().mean();
  }

  private static boolean isLazy(Parameter p) {
    Node node = Access.node(p.grad().orElseThrow());
    return node instanceof LazyGradients.Gradient
        && LazyGradients.Gradient.isLazy(node.pendingInputs());
  }

  /** What is done between backward() and a look at the gradients must not change them. */
  private static void checkAfter(Function<Tensor, Object> meanwhile) {
    Parameter w = parameter("w", 0.1, 0.2, 0.3);
    Parameter b = parameter("b", 0.4, 0.5, 0.6);
    double[] expected = Grad.grad(loss(w, b), w).get(0).toDoubleArray();
    for (int i = 0; i < 3; i++) {
      Tensor loss = loss(w, b);
      loss.backward();
      assertTrue(isLazy(w) && isLazy(b));
      meanwhile.apply(loss);
      assertArrayEquals(expected, w.grad().orElseThrow().toDoubleArray());
      w.zeroGrad();
      b.zeroGrad();
    }
  }

  @Test
  void whateverHappensMeanwhile() {
    checkAfter(loss -> 0);
    checkAfter(Tensor::item);
    checkAfter(loss -> Access.node(loss).pendingInputs()[0].pendingInputs()[0].inputs());
    checkAfter(
        loss ->
            Access.tensor(Access.node(loss).pendingInputs()[0], 0)
                .eval()); // part of what is differentiated
    checkAfter(
        loss -> {
          Adjoint.anomaly(true);
          try {
            return Tensor.scalar(1f).plus(1).item();
          } finally {
            Adjoint.anomaly(false);
          }
        });
  }

  @Test
  void underAnomalyTheyAreBuilt() {
    Parameter w = parameter("w", 0.1, 0.2, 0.3);
    Parameter b = parameter("b", 0.4, 0.5, 0.6);
    double[] expected = Grad.grad(loss(w, b), w).get(0).toDoubleArray();
    loss(w, b).backward();
    Adjoint.anomaly(true);
    try {
      assertArrayEquals(expected, w.grad().orElseThrow().toDoubleArray());
    } finally {
      Adjoint.anomaly(false);
    }
  }

  @Test
  void oneThatIsLookedAtHasTheGraphOfADetachedGradient() {
    Parameter w = parameter("w", 0.1, 0.2, 0.3);
    Parameter b = parameter("b", 0.4, 0.5, 0.6);
    loss(w, b).backward();
    Node g = Access.node(w.grad().orElseThrow());
    assertEquals(1, g.inputs().length);
    assertEquals(1, Access.node(b.grad().orElseThrow()).pendingInputs().length);
    assertEquals("detach", g.op().name());
    assertArrayEquals(
        Grad.grad(loss(w, b), w).get(0).toDoubleArray(),
        Access.tensor(g.inputs()[0], 0).toDoubleArray());
  }

  @Test
  void whatIsBuiltOnOneIsRight() {
    Parameter w = parameter("w", 0.1, 0.2, 0.3);
    Parameter b = parameter("b", 0.4, 0.5, 0.6);
    Tensor loss = loss(w, b);
    loss.backward();
    Tensor norm = w.grad().orElseThrow().square().sum().plus(b.grad().orElseThrow().sum());
    List<Tensor> g = Grad.grad(loss(w, b), w, b);
    assertEquals(g.get(0).square().sum().plus(g.get(1).sum()).item(), norm.item(), 1e-15);
  }

  @Test
  void aRuleOfTheUsersIsCalledAtOnce() {
    Parameter w = parameter("w", 0.1, 0.2, 0.3);
    double[] factor = {2};
    for (int i = 1; i <= 3; i++) {
      factor[0] = i;
      Op.custom("scaled", x -> x, (x, y, g) -> g.times(factor[0])).apply(w).sum().backward();
      assertFalse(isLazy(w));
      factor[0] = 100;
      assertEquals(i, w.grad().orElseThrow().toDoubleArray()[0]);
      w.zeroGrad();
    }
  }

  @Test
  void anEvaluatedOneLetsGoOfTheForwardPart() {
    Parameter w = parameter("w", 0.1, 0.2, 0.3);
    Parameter b = parameter("b", 0.4, 0.5, 0.6);
    loss(w, b).backward();
    Node g = Access.node(w.grad().orElseThrow().eval());
    assertEquals(0, g.inputs().length);
    assertNull(((LazyGradients.Gradient) g).pass());
  }
}
