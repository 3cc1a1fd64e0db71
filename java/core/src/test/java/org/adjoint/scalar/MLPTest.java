package org.adjoint.scalar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Neurons, layers and networks: shapes, values, errors, and that they learn. */
class MLPTest {
  private static final double[][] INPUTS = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
  private final Tape tape = Tape.of("net");

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2})
  void itLearnsXor(long seed) {
    MLP model = MLP.of(tape, Value::tanh, new SplittableRandom(seed), 2, 8, 1);
    int mark = tape.mark();
    double last = 0;
    for (int step = 0; step < 2000; step++) {
      Value loss = tape.value(0.0);
      for (double[] x : INPUTS) {
        loss = loss.add(model.apply(x)[0].sub(x[0] == x[1] ? 0 : 1).pow(2));
      }
      model.zeroGrad();
      loss.backward();
      model.step(0.1);
      last = loss.data();
      tape.rewind(mark);
    }
    assertTrue(last < 1e-3, "loss " + last);
    for (double[] x : INPUTS) {
      assertEquals(x[0] == x[1] ? 0 : 1, model.apply(x)[0].data(), 0.05);
    }
  }

  @Test
  void aNeuronIsItsFormula() {
    Neuron neuron = Neuron.of(tape, 3, Value::tanh, new SplittableRandom(0));
    double sum = 0;
    double[] x = {0.5, -2, 3};
    for (int i = 0; i < 3; i++) {
      double w = neuron.weights().get(i).data();
      assertTrue(w >= -1 && w < 1);
      sum += w * x[i];
    }
    neuron.bias().set(0.25);
    assertEquals(Math.tanh(sum + 0.25), neuron.apply(x).data(), 1e-15);
    Value y = neuron.apply(tape.value(0.5), tape.value(-2), tape.value(3));
    assertEquals(Math.tanh(sum + 0.25), y.data(), 1e-15);
  }

  @Test
  void theLastLayerIsLinearAndParametersAreCounted() {
    MLP model = MLP.of(tape, Value::relu, new SplittableRandom(0), 3, 4, 4, 1);
    assertEquals(3 * 4 + 4 + 4 * 4 + 4 + 4 + 1, model.parameters().size());
    assertEquals(3, model.layers().size());
    assertEquals(4, model.layers().get(0).neurons().size());
    assertEquals("add", model.apply(1, 2, 3)[0].op());
    assertEquals("relu", model.layers().get(0).apply(1, 2, 3)[0].op());
    Value[] x = {tape.value(1), tape.value(2), tape.value(3)};
    assertEquals(model.apply(1, 2, 3)[0].data(), model.apply(x)[0].data());
  }

  @Test
  void errorsNameTheSizes() {
    SplittableRandom random = new SplittableRandom(0);
    UnaryOperator<Value> none = UnaryOperator.identity();
    assertMessage("Neuron: 0 inputs, at least 1 is needed", () -> Neuron.of(tape, 0, none, random));
    assertMessage(
        "Layer: 0 outputs, at least 1 is needed", () -> Layer.of(tape, 2, 0, none, random));
    assertMessage(
        "MLP: sizes [3], at least an input and an output are needed",
        () -> MLP.of(tape, none, random, 3));
    MLP model = MLP.of(tape, none, random, 3, 2);
    assertMessage("Neuron: 2 inputs for 3 weights", () -> model.apply(1, 2));
  }

  private static void assertMessage(String message, Runnable code) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, code::run).getMessage());
  }
}
