package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Parameters that are taken out of training and put back, built step by step and compiled. */
class FreezeTest {
  private final Parameter w = Parameter.of(Tensor.of(3.0), "w");
  private final Parameter b = Parameter.of(Tensor.of(1.0), "b");

  private Tensor loss(Tensor x) {
    return w.times(x).plus(b).sum();
  }

  @Test
  void aFrozenParameterHasNoGradientAndGetsNone() {
    Tensor x = Tensor.of(2.0);
    loss(x).backward();
    assertEquals(2, w.grad().orElseThrow().item());
    w.freeze();
    assertTrue(w.isFrozen());
    assertFalse(w.isTrainable());
    assertTrue(w.grad().isEmpty());
    loss(x).backward();
    assertTrue(w.grad().isEmpty());
    assertEquals(2, b.grad().orElseThrow().item());
    assertArrayEquals(new double[] {2}, Grad.grad(loss(x), w).get(0).toDoubleArray());
    w.unfreeze();
    loss(x).backward();
    assertEquals(2, w.grad().orElseThrow().item());
    assertFalse(w.isFrozen());
  }

  @Test
  void aCompiledStepIsRecordedAgain() {
    AtomicInteger calls = new AtomicInteger();
    UnaryOperator<Tensor> step =
        Compiled.of(
            (Tensor x) -> {
              calls.incrementAndGet();
              List.of(w, b).forEach(Parameter::zeroGrad);
              Tensor loss = loss(x);
              loss.backward();
              for (Parameter p : List.of(w, b)) {
                p.grad().ifPresent(g -> p.assign(p.minus(g)));
              }
              List.of(w, b).forEach(Parameter::zeroGrad);
              return loss;
            });
    Tensor x = Tensor.of(2.0);
    for (int i = 0; i < 3; i++) {
      step.apply(x); // the second and third run by lease
    }
    assertEquals(1, calls.get());
    w.freeze();
    step.apply(x);
    step.apply(x);
    assertEquals(2, calls.get());
    assertEquals(3 - 3 * 2, w.item());
    assertEquals(1 - 5, b.item());
    w.unfreeze();
    step.apply(x);
    assertEquals(2, calls.get(), "both programs are kept");
    assertEquals(3 - 4 * 2, w.item());
  }

  @Test
  void buffersAndRecordedFunctionsRefuse() {
    Parameter buffer = Parameter.buffer(Tensor.of(1.0), "mean");
    String message = assertThrows(IllegalStateException.class, buffer::freeze).getMessage();
    assertEquals("parameter 'mean': is a buffer, which is never trained", message);
    Supplier<Tensor> step =
        Compiled.of(
            () -> {
              w.freeze();
              return w.square();
            });
    message = assertThrows(IllegalStateException.class, step::get).getMessage();
    assertTrue(message.contains("'w'") && message.contains("before"), message);
  }
}
