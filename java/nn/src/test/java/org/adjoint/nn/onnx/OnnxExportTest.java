package org.adjoint.nn.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.adjoint.Compiled;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Loop;
import org.adjoint.Parameter;
import org.adjoint.Scan;
import org.adjoint.Tensor;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.Origin;
import org.adjoint.nn.Part;
import org.adjoint.nn.Training;
import org.adjoint.nn.onnx.OnnxExport.Input;
import org.adjoint.nn.optim.Sgd;
import org.adjoint.nn.recurrent.Cell;
import org.adjoint.nn.recurrent.Recurrent;
import org.junit.jupiter.api.Test;

/** What {@link OnnxExport} writes beside the layers of the table, and what it refuses. */
class OnnxExportTest {
  private static final Tensor X = Tensor.of(new float[] {1, -2, 3, 0.5f, 0.25f, -1}, 2, 3);

  private static void assertSame(Layer layer, Input input, Tensor x) {
    byte[] file = OnnxExport.of(layer, input).bytes();
    float[] expected = layer.apply(x).toArray();
    try (OnnxRuntime runtime = new OnnxRuntime(file)) {
      assertArrayEquals(expected, runtime.run(List.of(x)).get(0).toArray(), 1e-5f);
    }
    assertArrayEquals(expected, OnnxLayer.of("f", file).apply(x).toArray(), 1e-5f);
  }

  /** The batch stands in the middle, doubled, and among constants that grow with it. */
  @Test
  void theBatchMayMove() {
    Layer layer =
        x -> {
          long n = x.dim(0);
          Tensor both = Tensor.concat(0, x, x.times(2)).reshape(2, n, 3).permute(1, 0, 2);
          Tensor ones = Tensor.ones(DType.F32, n, 2, 1);
          return both.plus(ones).reshape(n * 2, 3).slice(0, 1, 2 * n);
        };
    for (int examples = 1; examples <= 2; examples++) {
      assertSame(layer, Input.of("x", DType.F32, 3), X.slice(0, 0, examples));
    }
  }

  @Test
  void aLoopThatCountsItsTurns() {
    Layer layer = Scan.of((Tensor x) -> x.times(x).times(0.5).plus(1), 3)::apply;
    assertSame(layer, Input.of("x", DType.F32, 3), X);
  }

  /** Doubles until the largest element exceeds ten: how often depends on the values. */
  @Test
  void aLoopThatEndsByItself() {
    Layer layer = x -> Loop.whileTrue(y -> y.max().lt(10), y -> y.times(2), x);
    byte[] file = OnnxExport.of(layer, Input.of("x", DType.F32, 3)).bytes();
    try (OnnxRuntime runtime = new OnnxRuntime(file)) {
      for (Tensor x : List.of(X, X.times(0.01).eval())) {
        float[] actual = runtime.run(List.of(x)).get(0).toArray();
        assertArrayEquals(layer.apply(x).toArray(), actual, 1e-5f);
      }
    }
  }

  /** A row that a mask hides whole has the softmax 0; ONNX's own would not be a number. */
  @Test
  void aRowThatIsHiddenIsZero() {
    Layer layer = x -> x.maskedFill(x.lt(0.3), Double.NEGATIVE_INFINITY).softmax(-1);
    Tensor x = Tensor.of(new float[] {1, -2, 3, 0.1f, 0.25f, -1}, 2, 3);
    assertArrayEquals(new float[3], layer.apply(x).slice(0, 1, 2).toArray());
    assertSame(layer, Input.of("x", DType.F32, 3), x);
  }

  @Test
  void lengthsAreAnInput() {
    Recurrent.Options options = Recurrent.Options.of(Cell.LSTM, 3, 4).inBothDirections();
    Recurrent network = Recurrent.of(Origin.of(Key.of(1)), options);
    List<Input> inputs =
        List.of(Input.of("x", DType.F32, 5, 3), new Input("n", Tensor.scalar(0L).type(), true));
    byte[] file =
        OnnxExport.of(
                network,
                inputs,
                in -> {
                  Tensor x = in.get(0);
                  Recurrent.State zero = network.zeroState(x.dim(0));
                  return List.of(network.run(x, zero, in.get(1), Training.OFF).outputs());
                })
            .bytes();
    Tensor x = Key.of(2).normal(DType.F32, 3, 5, 3).eval();
    Tensor lengths = Tensor.of(5L, 1L, 3L);
    float[] expected =
        network.run(x, network.zeroState(3), lengths, Training.OFF).outputs().toArray();
    try (OnnxRuntime runtime = new OnnxRuntime(file)) {
      float[] actual = runtime.run(List.of(x, lengths)).get(0).toArray();
      assertArrayEquals(expected, actual, 1e-5f);
    }
  }

  @Test
  void refusesByName() {
    Layer gamma = Tensor::lgamma;
    assertEquals(
        "onnx: cannot export 'lgamma': it has no form in operator set 17",
        refusal(() -> OnnxExport.of(gamma, Input.of("x", DType.F32, 3)).bytes()));
    Layer mean = x -> x.div((double) x.dim(0));
    String text = refusal(() -> OnnxExport.of(mean, Input.of("x", DType.F32, 3)).bytes());
    assertTrue(text.contains("depends on the batch"), text);
    OnnxExport.of(mean, Input.fixed("x", DType.F32, 2, 3)).bytes();
    Parameter stray = Parameter.of(Tensor.of(1f, 2f, 3f), "stray");
    Layer reading = x -> x.times(stray);
    text = refusal(() -> OnnxExport.of(reading, Input.of("x", DType.F32, 3)).bytes());
    assertTrue(text.contains("'stray'"), text);
  }

  private static String refusal(org.junit.jupiter.api.function.Executable export) {
    return assertThrows(IllegalArgumentException.class, export).getMessage();
  }

  /** Read, trained and written again, a network is what it has learnt. */
  @Test
  void isTrainedFurther() {
    Mlp mlp =
        Mlp.of(List.of(3, 4, 1), Activation.TANH, Activation.IDENTITY, Init::heNormal, Key.of(3));
    Input input = Input.of("x", DType.F32, 3);
    OnnxLayer read = OnnxLayer.of("f", OnnxExport.of(mlp, input).bytes());
    assertEquals(mlp.named().keySet(), ((Part) read).named().keySet());
    Sgd sgd = new Sgd(read.parameters(), 0.1);
    double first = loss(read).item();
    for (int i = 0; i < 20; i++) {
      sgd.zeroGrad();
      Tensor loss = loss(read);
      loss.backward();
      sgd.step(loss);
    }
    double last = loss(read).item();
    assertTrue(last < first / 4, first + " to " + last);
    OnnxLayer again = OnnxLayer.of("f", OnnxExport.of(read, input).bytes());
    assertEquals(last, loss(again).item(), 1e-6);
    assertEquals(last, Compiled.of(() -> loss(again)).get().item(), 1e-6);
  }

  private static Tensor loss(Layer layer) {
    return layer.apply(X).minus(1).square().mean();
  }
}
