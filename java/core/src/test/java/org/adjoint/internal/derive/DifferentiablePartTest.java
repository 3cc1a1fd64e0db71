package org.adjoint.internal.derive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.UnaryOperator;
import org.adjoint.Grad;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.junit.jupiter.api.Test;

/** How far back derivatives of functions look. */
class DifferentiablePartTest {
  @Test
  void theHistoryOfWhatAFunctionCapturesIsNotEntered() {
    Tensor v = Tensor.of(2.0).variable();
    Tensor history = v;
    for (int i = 0; i < 1000; i++) {
      history = history.times(0.5).plus(1);
    }
    Tensor captured = history;
    int[] entered = new int[2];
    UnaryOperator<Tensor> f =
        x -> {
          Tensor y = x.square().times(captured);
          entered[0] = order(y, x);
          Tensor inner =
              Grad.of(
                      (Tensor z) -> {
                        Tensor both = z.square().times(y);
                        entered[1] = order(both, z);
                        return both;
                      })
                  .apply(x);
          return inner.times(captured);
        };
    // 2x·x²c·c: the derivative is 6x²c², and passes through y, which the inner function captures.
    double c = 2 * (1 - Math.pow(0.5, 1000)) + 2 * Math.pow(0.5, 1000);
    Tensor g = Grad.of(f).apply(Tensor.of(3.0));
    assertEquals(6 * 9 * c * c, g.item(), 1e-12);
    assertTrue(entered[0] < 5 && entered[1] < 5, entered[0] + " and " + entered[1] + " nodes");
    Tensor again = Grad.of(f).apply(Tensor.of(3.0));
    assertEquals(2 * 6 * 9 * c * Math.pow(0.5, 1000), Grad.grad(again, v).get(0).item());
  }

  private static int order(Tensor y, Tensor x) {
    return DifferentiablePart.behind(List.of(Access.node(y)), List.of(Access.node(x)))
        .order()
        .size();
  }
}
