package org.adjoint.scalar;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.adjoint.Grad;
import org.adjoint.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random expressions of values against the same in tensors: two engines, one derivative. */
class ParityTest {
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
  void valuesAndTensorsAgree(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Tape tape = Tape.of("parity");
    List<Value> values = new ArrayList<>();
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      double at = random.nextDouble(-1.5, 1.5);
      values.add(tape.value(at));
      tensors.add(Tensor.scalar(at).variable());
    }
    for (int i = 0; i < 80; i++) {
      int op = random.nextInt(16);
      int a = random.nextInt(values.size());
      int b = random.nextInt(values.size());
      values.add(value(op, values.get(a), values.get(b)));
      tensors.add(tensor(op, tensors.get(a), tensors.get(b)));
    }
    Value y = values.get(80);
    Tensor t = tensors.get(80);
    for (int i = 81; i < 84; i++) {
      y = y.add(values.get(i));
      t = t.plus(tensors.get(i));
    }
    y.backward();
    List<Tensor> inputs = tensors.subList(0, 4);
    List<Tensor> gradients = Grad.grad(t, inputs.toArray(Tensor[]::new));
    assertClose(t.item(), y.data());
    for (int i = 0; i < 4; i++) {
      assertClose(gradients.get(i).item(), values.get(i).grad());
    }
  }

  private static void assertClose(double expected, double actual) {
    assertEquals(expected, actual, 1e-10 * Math.max(1, Math.abs(expected)));
  }

  private static Value value(int op, Value a, Value b) {
    return switch (op) {
      case 0 -> a.add(b).mul(0.5);
      case 1 -> a.sub(b).tanh();
      case 2 -> a.mul(b).tanh();
      case 3 -> a.div(b.pow(2).add(1));
      case 4 -> a.pow(2).add(0.5).pow(b.tanh());
      case 5 -> a.neg();
      case 6 -> a.tanh().exp();
      case 7 -> a.pow(2).add(0.1).log();
      case 8 -> a.mul(a).add(0.1).sqrt();
      case 9 -> a.neg().exp().add(1).pow(-1);
      case 10 -> a.mul(b).mul(a).tanh();
      case 11 -> a.relu().sub(0.25);
      case 12 -> a.div(3).pow(3);
      case 13 -> a.sin();
      case 14 -> a.cos().mul(b);
      default -> a.tanh();
    };
  }

  private static Tensor tensor(int op, Tensor a, Tensor b) {
    return switch (op) {
      case 0 -> a.plus(b).times(0.5);
      case 1 -> a.minus(b).tanh();
      case 2 -> a.times(b).tanh();
      case 3 -> a.div(b.pow(2).plus(1));
      case 4 -> a.pow(2).plus(0.5).pow(b.tanh());
      case 5 -> a.neg();
      case 6 -> a.tanh().exp();
      case 7 -> a.pow(2).plus(0.1).log();
      case 8 -> a.times(a).plus(0.1).sqrt();
      case 9 -> a.sigmoid();
      case 10 -> a.times(b).times(a).tanh();
      case 11 -> a.relu().minus(0.25);
      case 12 -> a.div(3).pow(3);
      case 13 -> a.sin();
      case 14 -> a.cos().times(b);
      default -> a.tanh();
    };
  }
}
