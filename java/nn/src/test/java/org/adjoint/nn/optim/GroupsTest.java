package org.adjoint.nn.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Parameter groups, restoring, and SAM. */
class GroupsTest {
  private final Parameter weight =
      Parameter.of(Tensor.of(new double[] {1, -2, 3, 0.5}, 2, 2), "weight");
  private final Parameter bias = Parameter.of(Tensor.of(new double[] {2, -1}, 2), "bias");

  private static Tensor loss(List<Parameter> parameters) {
    return parameters.stream().map(p -> p.square().sum()).reduce(Tensor::plus).orElseThrow();
  }

  private static void step(Optimizer optimizer) {
    optimizer.zeroGrad();
    loss(optimizer.parameters()).backward();
    optimizer.step();
  }

  private static double[] scaled(double[] x, double factor) {
    double[] y = x.clone();
    for (int i = 0; i < y.length; i++) {
      y[i] *= factor;
    }
    return y;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void eachGroupHasItsRateAndDecay(boolean clips) {
    double[] w = weight.toDoubleArray();
    double[] b = bias.toDoubleArray();
    Group first = Group.of(List.of(weight)).rate(0.5).decay(0.1);
    Sgd sgd = Sgd.of(first, Group.of(List.of(bias))).rate(0.1).decay(0.3).build();
    double scale = 1;
    if (clips) {
      sgd.clipNorm(2);
      double squares = 0;
      for (double[] p : List.of(w, b)) {
        for (double x : p) {
          squares += 4 * x * x;
        }
      }
      scale = 2 / (Math.sqrt(squares) + 1e-6);
    }
    step(sgd);
    assertArrayEquals(scaled(w, 1 - 0.05 * (2 * scale + 0.1)), weight.toDoubleArray(), 1e-12);
    assertArrayEquals(scaled(b, 1 - 0.1 * (2 * scale + 0.3)), bias.toDoubleArray(), 1e-12);
    if (!clips) {
      first.rate(2).decay(0.4);
      w = weight.toDoubleArray();
      step(sgd);
      assertArrayEquals(scaled(w, 1 - 0.2 * 2.4), weight.toDoubleArray(), 1e-12);
    }
  }

  @Test
  void oneLineExemptsBiasesFromDecay() {
    double[] w = weight.toDoubleArray();
    double[] b = bias.toDoubleArray();
    AdamW rule =
        AdamW.of(List.of(bias, weight)).rate(0.1).decay(0.5).decayWhere(Group::isMatrix).build();
    assertEquals(List.of(List.of(weight), List.of(bias)), names(rule));
    step(rule);
    for (int i = 0; i < 4; i++) {
      double expected = w[i] * 0.95 - 0.1 * Math.signum(w[i]);
      assertEquals(expected, weight.toDoubleArray()[i], 1e-7);
    }
    for (int i = 0; i < 2; i++) {
      assertEquals(b[i] - 0.1 * Math.signum(b[i]), bias.toDoubleArray()[i], 1e-7);
    }
  }

  private static List<List<Parameter>> names(Optimizer optimizer) {
    return optimizer.groups().stream().map(Group::parameters).toList();
  }

  @Test
  void aFrozenGroupAndItsStateStayAsTheyAre() {
    Group frozen = Group.of(List.of(bias)).frozen(true);
    Adam adam = Adam.of(Group.of(List.of(weight)), frozen).rate(0.1).build();
    double[] before = bias.toDoubleArray();
    step(adam);
    step(adam);
    assertArrayEquals(before, bias.toDoubleArray());
    assertEquals(2, adam.state().get("adam.step.0").item());
    assertEquals(0, adam.state().get("adam.step.1").item());
    frozen.frozen(false);
    step(adam);
    // Its first step is one learning rate long, since its own steps are counted.
    assertEquals(before[0] - 0.1, bias.toDoubleArray()[0], 1e-7);
    assertEquals(1, adam.state().get("adam.step.1").item());
  }

  @Test
  void aParameterInTwoGroupsIsNamed() {
    Group group = Group.of(List.of(bias));
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> Sgd.of(group, Group.of(List.of(bias))).build());
    assertTrue(refused.getMessage().contains("bias is listed twice"), refused.getMessage());
    assertThrows(IllegalArgumentException.class, () -> group.rate(-1));
    assertThrows(IllegalArgumentException.class, () -> group.decay(Double.NaN));
  }

  private void assertRefused(Function<Map<String, Tensor>, String> change) {
    Adam adam = Adam.of(List.of(weight, bias)).build();
    step(adam);
    Map<String, Tensor> state = new LinkedHashMap<>();
    adam.state().forEach((n, x) -> state.put(n, Tensor.zeros(x.dtype(), x.shape().dims())));
    String name = change.apply(state);
    double[] before = adam.state().get("adam.mean.weight").toDoubleArray();
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> adam.restore(state));
    assertTrue(refused.getMessage().contains(name), refused.getMessage());
    assertArrayEquals(before, adam.state().get("adam.mean.weight").toDoubleArray());
    assertEquals(1, adam.state().get("adam.step").item());
  }

  @Test
  void aStateOfAnotherOptimizerIsRefusedByName() {
    assertRefused(
        state -> {
          state.remove("adam.square.bias");
          return "has no 'adam.square.bias'";
        });
    assertRefused(
        state -> {
          state.put("adam.largest.bias", Tensor.scalar(0.0));
          return "has 'adam.largest.bias'";
        });
    assertRefused(
        state -> {
          state.put("adam.square.bias", Tensor.zeros(DType.F64, 3));
          return "'adam.square.bias' of the state to restore is F64[3], not F64[2]";
        });
    assertRefused(
        state -> {
          state.put("learningRate", Tensor.scalar(-1.0));
          return "learning rate -1.0";
        });
  }

  @Test
  void namesThatRepeatGetNumbers() {
    Parameter other = Parameter.of(Tensor.scalar(1.0), "bias");
    Sgd sgd = new Sgd(List.of(bias, other), 1);
    List<String> names = new ArrayList<>(sgd.state().keySet());
    assertEquals(List.of("learningRate", "sgd.velocity.bias", "sgd.velocity.bias#2"), names);
  }

  @Test
  void samStepsAlongTheGradientOfTheWorstPlaceNearby() {
    double[] w = weight.toDoubleArray();
    Sam sam = new Sam(new Sgd(List.of(weight), 0.1), 0.05);
    // L = Σ p⁴/4, whose gradient is p³.
    Tensor loss = sam.step(() -> weight.square().square().sum().times(0.25));
    double squares = 0;
    double value = 0;
    for (double x : w) {
      squares += Math.pow(x, 6);
      value += Math.pow(x, 4) / 4;
    }
    double norm = Math.sqrt(squares);
    assertEquals(value, loss.item(), 1e-12);
    for (int i = 0; i < 4; i++) {
      double there = w[i] + 0.05 * Math.pow(w[i], 3) / norm;
      double expected = w[i] - 0.1 * Math.pow(there, 3);
      assertEquals(expected, weight.toDoubleArray()[i], 1e-12);
    }
  }
}
