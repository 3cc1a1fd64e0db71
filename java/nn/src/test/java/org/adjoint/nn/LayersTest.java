package org.adjoint.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;

class LayersTest {

  @Test
  void linearMultipliesAndAdds() {
    Parameter weight = Parameter.of(Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3), "w");
    Parameter bias = Parameter.of(Tensor.of(new float[] {10, 20, 30}, 3), "b");
    Linear linear = new Linear(weight, bias);
    float[] y = linear.apply(Tensor.of(new float[] {1, -1}, 1, 2)).toArray();
    assertArrayEquals(new float[] {10 + 1 - 4, 20 + 2 - 5, 30 + 3 - 6}, y);
    assertEquals(List.of(weight, bias), linear.parameters());
  }

  @Test
  void computesInBf16OverTheSameParameters() {
    Mlp plain =
        Mlp.of(List.of(9, 17, 3), Activation.RELU, Activation.IDENTITY, Init::heNormal, Key.of(3));
    Mlp mixed = plain.computeIn(DType.BF16);
    assertEquals(plain.parameters(), mixed.parameters());
    assertEquals(plain, mixed.computeIn(DType.F32));
    Tensor x = Key.of(4).normal(DType.F32, 5, 9);
    float[] expected = plain.apply(x).toArray();
    float[] actual = mixed.apply(x).toArray();
    double most = 0;
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i], 0.05 * Math.max(1, Math.abs(expected[i])), "at " + i);
      most = Math.max(most, Math.abs(expected[i] - actual[i]));
    }
    assertTrue(most > 1e-5, "nothing was rounded: " + most);
    Parameter weight = mixed.linears().get(0).weight();
    assertEquals(DType.F32, Grad.grad(mixed.apply(x).sum(), weight).get(0).dtype());
  }

  @Test
  void linearRefusesToComputeInOtherTypes() {
    Linear linear = Linear.of(Origin.of(Key.of(0)), 2, 3);
    String message =
        assertThrows(IllegalArgumentException.class, () -> linear.computeIn(DType.F64))
            .getMessage();
    assertEquals(
        "linear: cannot compute in F64 with a weight of F32[2, 3]; use its own dtype, or BF16 with"
            + " F32",
        message);
  }

  @Test
  void linearRefusesABiasOfAnotherSize() {
    Parameter weight = Parameter.of(Tensor.zeros(DType.F32, 2, 3), "w");
    Parameter bias = Parameter.of(Tensor.zeros(DType.F32, 2), "b");
    String message =
        assertThrows(IllegalArgumentException.class, () -> new Linear(weight, bias)).getMessage();
    assertTrue(message.contains("[2, 3]") && message.contains("[2]"), message);
  }

  @Test
  void aWrongInputIsAnErrorWhereTheLayerIsApplied() {
    Linear linear = Linear.of(Origin.of(Key.of(0)), 4, 3);
    Tensor x = Tensor.zeros(DType.F32, 5, 6);
    String message =
        assertThrows(IllegalArgumentException.class, () -> linear.apply(x)).getMessage();
    assertTrue(message.contains("[5, 6]") && message.contains("[4, 3]"), message);
  }

  @Test
  void mlpHasNamedParametersOfTheRightShapes() {
    Mlp mlp =
        Mlp.of(
            List.of(64, 128, 64, 10),
            Activation.RELU,
            Activation.IDENTITY,
            Init::heNormal,
            Key.of(0));
    assertEquals(
        List.of("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias"),
        mlp.parameters().stream().map(Parameter::name).toList());
    assertEquals(
        List.of(
            Shape.of(64, 128),
            Shape.of(128),
            Shape.of(128, 64),
            Shape.of(64),
            Shape.of(64, 10),
            Shape.of(10)),
        mlp.parameters().stream().map(Parameter::shape).toList());
    assertEquals(List.of(64, 128, 64, 10), mlp.sizes());
    assertEquals("64-128-64-10 relu", mlp.toString());
    assertEquals(Shape.of(5, 10), mlp.apply(Tensor.zeros(DType.F32, 5, 64)).shape());
  }

  @Test
  void mlpEqualsTheSameLayersInSequence() {
    Mlp mlp =
        Mlp.of(
            List.of(3, 5, 2), Activation.TANH, Activation.SIGMOID, Init::xavierUniform, Key.of(4));
    Sequential sequence =
        Sequential.of(
            mlp.linears().get(0), Activation.TANH, mlp.linears().get(1), Activation.SIGMOID);
    Tensor x = Key.of(9).normal(DType.F32, 4, 3);
    assertArrayEquals(sequence.apply(x).toArray(), mlp.apply(x).toArray());
    assertEquals(mlp.parameters(), sequence.parameters());
  }

  @Test
  void mlpRefusesSizesThatMakeNoNetwork() {
    for (List<Integer> sizes : List.of(List.of(3), List.<Integer>of(), List.of(3, 0, 2))) {
      assertThrows(
          IllegalArgumentException.class,
          () -> Mlp.of(sizes, Activation.RELU, Activation.IDENTITY, Init::heNormal, Key.of(0)));
    }
  }

  @Test
  void activationsAreFoundByTheirNames() {
    for (Activation a :
        List.of(Activation.IDENTITY, Activation.RELU, Activation.SIGMOID, Activation.TANH)) {
      assertEquals(a, Activation.named(a.name()));
    }
    String message =
        assertThrows(IllegalArgumentException.class, () -> Activation.named("swoosh")).getMessage();
    assertTrue(message.contains("'swoosh'") && message.contains("relu"), message);
    assertArrayEquals(
        new float[] {-0.5f, 2}, Activation.leakyRelu(0.25).apply(vector(-2, 2)).toArray());
  }

  @Test
  void mseIsTheMeanOfSquares() {
    Tensor prediction = vector(1, 2, 3, 4);
    Tensor loss = Losses.mse(prediction, vector(1, 0, 3, 8));
    assertEquals((4 + 16) / 4f, loss.item());
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> Losses.mse(prediction, Tensor.zeros(DType.F32, 4, 1)))
            .getMessage();
    assertTrue(message.contains("[4]") && message.contains("[4, 1]"), message);
  }

  @Test
  void crossEntropyOfEqualLogitsIsTheLogOfTheClasses() {
    Tensor logits = Tensor.zeros(DType.F64, 3, 10);
    Tensor labels = Tensor.of(new int[] {0, 5, 9}, 3);
    assertEquals(Math.log(10), Losses.softmaxCrossEntropy(logits, labels).item(), 1e-12);
  }

  @Test
  void crossEntropyHasProbabilitiesMinusOneHotAsGradient() {
    Tensor logits = Tensor.of(new double[] {1, 2, 3, 0, 0, 0}, 2, 3).variable();
    Tensor labels = Tensor.of(new int[] {2, 0}, 2);
    double[] g =
        Grad.grad(Losses.softmaxCrossEntropy(logits, labels), logits).get(0).toDoubleArray();
    double[] expected = logits.softmax(1).toDoubleArray();
    expected[2] -= 1;
    expected[3] -= 1;
    for (int i = 0; i < g.length; i++) {
      assertEquals(expected[i] / 2, g[i], 1e-12);
    }
  }

  private static Tensor vector(float... values) {
    return Tensor.of(values, values.length);
  }
}
