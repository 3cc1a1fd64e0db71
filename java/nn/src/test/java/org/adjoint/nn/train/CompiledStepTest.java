package org.adjoint.nn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import org.adjoint.Compiled;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Losses;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.optim.Adam;
import org.adjoint.nn.optim.AdamW;
import org.adjoint.nn.optim.Optimizer;
import org.adjoint.nn.optim.Sgd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole training step as one compiled function: the same bits as the step built anew. */
class CompiledStepTest {
  private static final int STEPS = 12;

  @ParameterizedTest
  @ValueSource(
      strings = {"adam", "adamW", "clipped", "sgd", "momentum", "nesterov", "clippedNesterov"})
  void equalsTheStepThatIsBuiltEachTime(String rule) {
    Function<List<Parameter>, Optimizer> make =
        parameters ->
            switch (rule) {
              case "adam" -> new Adam(parameters, 0.01);
              case "adamW" -> new AdamW(parameters, 0.01);
              case "clipped" -> clipped(new AdamW(parameters, 0.01));
              case "clippedNesterov" ->
                  clipped(
                      Sgd.of(parameters).rate(0.1).momentum(0.9).nesterov().decay(1e-3).build());
              case "sgd" -> new Sgd(parameters, 0.1);
              case "momentum" -> Sgd.of(parameters).rate(0.1).momentum(0.9).build();
              default -> Sgd.of(parameters).rate(0.1).momentum(0.9).nesterov().build();
            };
    Mlp built = model();
    Mlp compiled = model();
    Optimizer first = make.apply(built.parameters());
    Optimizer second = make.apply(compiled.parameters());
    AtomicInteger calls = new AtomicInteger();
    BinaryOperator<Tensor> step =
        Compiled.of(
            (Tensor x, Tensor labels) -> {
              calls.incrementAndGet();
              return step(compiled, second, x, labels);
            });
    for (int i = 0; i < STEPS; i++) {
      // Another learning rate each time: an input of the program, never a constant of it.
      first.learningRate(0.05 / (i + 1));
      second.learningRate(0.05 / (i + 1));
      Tensor x = Key.of(i).normal(DType.F32, 8, 5).eval();
      Tensor labels = Tensor.of(new int[] {0, 1, 2, 0, 1, 2, 0, i % 3}, 8);
      assertEquals(step(built, first, x, labels).item(), step.apply(x, labels).item());
    }
    assertEquals(1, calls.get());
    for (int i = 0; i < built.parameters().size(); i++) {
      assertArrayEquals(
          built.parameters().get(i).toArray(), compiled.parameters().get(i).toArray());
    }
    assertTrue(compiled.parameters().get(0).grad().isEmpty());
  }

  private static Optimizer clipped(Optimizer rule) {
    rule.clipNorm(0.5);
    return rule;
  }

  @Test
  void aGradientThatIsNotFiniteLeavesACompiledStepsParametersAsTheyWere() {
    Mlp model = model();
    Adam adam = new Adam(model.parameters(), 0.05);
    adam.checkFinite(true);
    BinaryOperator<Tensor> step =
        Compiled.of((Tensor x, Tensor labels) -> step(model, adam, x, labels));
    Tensor labels = Tensor.of(new int[] {0, 1, 2, 0, 1, 2, 0, 1}, 8);
    Tensor good = Key.of(1).normal(DType.F32, 8, 5).eval();
    step.apply(good, labels).item();
    double norm = adam.gradientNorm();
    assertTrue(norm > 0);
    List<float[]> before = model.parameters().stream().map(Tensor::toArray).toList();
    List<double[]> state = adam.buffers().stream().map(Tensor::toDoubleArray).toList();
    Tensor bad = good.div(0).eval();
    String message =
        assertThrows(ArithmeticException.class, () -> step.apply(bad, labels)).getMessage();
    String named = "the gradient of parameter '" + model.parameters().get(0).name() + "' F32[5, 7]";
    assertTrue(message.startsWith(named), message);
    assertTrue(message.endsWith(" is NaN at position 0"), message);
    for (int i = 0; i < before.size(); i++) {
      assertArrayEquals(before.get(i), model.parameters().get(i).toArray());
    }
    for (int i = 0; i < state.size(); i++) {
      assertArrayEquals(state.get(i), adam.buffers().get(i).toDoubleArray());
    }
    assertEquals(norm, adam.gradientNorm());
    assertEquals(1, adam.buffers().get(0).item());
    step.apply(good, labels).item();
    assertEquals(2, adam.buffers().get(0).item());
  }

  private static Tensor step(Mlp model, Optimizer optimizer, Tensor x, Tensor labels) {
    Tensor loss = Losses.softmaxCrossEntropy(model.apply(x), labels);
    loss.backward();
    optimizer.step(loss);
    optimizer.zeroGrad();
    return loss;
  }

  private static Mlp model() {
    return Mlp.of(
        List.of(5, 7, 3), Activation.RELU, Activation.IDENTITY, Init::heNormal, Key.of(1));
  }
}
