package org.adjoint.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.adjoint.Convolution;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.attention.MultiHeadAttention;
import org.adjoint.nn.attention.TransformerDecoderLayer;
import org.adjoint.nn.attention.TransformerEncoderLayer;
import org.adjoint.nn.attention.TransformerOptions;
import org.adjoint.nn.image.Conv;
import org.adjoint.nn.image.Pool;
import org.adjoint.nn.norm.BatchNorm;
import org.adjoint.nn.optim.Lbfgs;
import org.adjoint.nn.optim.Sgd;
import org.adjoint.nn.recurrent.Cell;
import org.adjoint.nn.recurrent.Recurrent;
import org.junit.jupiter.api.Test;

/** The tree that a network is: paths, freezing, the summary, and where errors say they arose. */
class PartTest {

  private static Sequential network() {
    Origin origin = Origin.of(Key.of(1));
    Origin block = origin.at("block1");
    Sequential inner =
        Sequential.of()
            .then("conv", Conv.unbiased(block.at("conv"), 1, 4, Convolution.of(2).padding(1), 3))
            .then("norm", BatchNorm.of(block.at("norm"), 4))
            .then("relu", Activation.RELU)
            .then("pool", Pool.max(2, 2));
    return Sequential.of()
        .then("block1", inner)
        .then("flatten", new Flatten())
        .then("head", Linear.of(origin.at("head"), 4 * 3 * 2, 5));
  }

  @Test
  void parametersAndBuffersAreFoundByTheirPaths() {
    Sequential network = network();
    assertEquals(
        List.of(
            "block1.conv.weight",
            "block1.norm.weight",
            "block1.norm.bias",
            "block1.norm.running_mean",
            "block1.norm.running_var",
            "head.weight",
            "head.bias"),
        List.copyOf(network.named().keySet()));
    network.named().forEach((path, parameter) -> assertEquals(path, parameter.name()));
    assertEquals(5, network.parameters().size());
    assertEquals(
        List.of("block1.norm.running_mean", "block1.norm.running_var"),
        network.buffers().stream().map(Parameter::name).toList());
  }

  @Test
  void everyLayerOfOursCallsItsParametersByTheirPaths() {
    MultiHeadAttention.Options options = MultiHeadAttention.Options.of(4, 2);
    Origin origin = Origin.of(Key.of(1));
    List<Part> parts = new ArrayList<>();
    LayerCases.rows().forEach(row -> parts.add(row.make().apply(origin)));
    parts.add(TransformerEncoderLayer.of(origin, TransformerOptions.of(options, 3)));
    parts.add(TransformerDecoderLayer.of(origin, TransformerOptions.of(options, 3)));
    parts.add(
        Mlp.of(List.of(3, 4, 2), Activation.RELU, Activation.IDENTITY, Init::heNormal, Key.of(1)));
    for (Part part : parts) {
      part.named().forEach((path, parameter) -> assertEquals(path, parameter.name()));
    }
  }

  @Test
  void noTwoLayersDrawTheSameWeights() {
    Origin origin = Origin.of(Key.of(1));
    float[] first = Linear.of(origin.at("a"), 4, 4).weight().toArray();
    float[] second = Linear.of(origin.at("b"), 4, 4).weight().toArray();
    float[] again = Linear.of(origin.at("a"), 4, 4).weight().toArray();
    assertArrayEquals(first, again);
    for (int i = 0; i < first.length; i++) {
      assertTrue(first[i] != second[i], "both have " + first[i]);
    }
  }

  @Test
  void aSharedParameterIsOne() {
    Linear linear = Linear.of(Origin.of(Key.of(1)).at("0"), 3, 3);
    Sequential twice = Sequential.of(linear, Activation.RELU, linear);
    assertEquals(List.of("0.weight", "0.bias"), List.copyOf(twice.named().keySet()));
    assertEquals(linear.parameters(), twice.parameters());
  }

  @Test
  void twoPartsOfOneNameAreRefused() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> Sequential.of().then("a", x -> x).then("a", x -> x))
            .getMessage();
    assertEquals("sequential: 'a' is among [a]", message);
    Layer layer = Activation.RELU;
    Part part =
        new Part() {
          @Override
          public List<Child> children() {
            return List.of(new Child("b", layer), new Child("b", layer));
          }
        };
    message = assertThrows(IllegalArgumentException.class, part::named).getMessage();
    assertTrue(message.contains("'b'"), message);
    message =
        assertThrows(IllegalArgumentException.class, () -> new Part.Child("a.b", layer))
            .getMessage();
    assertTrue(message.contains("'a.b'"), message);
  }

  @Test
  void whatIsFrozenStaysAndTheRestMoves() {
    Sequential network = network();
    assertEquals(3, network.freeze("block1"));
    assertEquals(5, network.parameters().size(), "frozen parameters are parameters");
    assertEquals(2, network.buffers().size());
    Sgd sgd = new Sgd(List.of(network.named().get("head.weight")), 0.1);
    assertEquals(1, sgd.parameters().size());
    network.unfreeze("*.bias");
    assertTrue(network.named().get("block1.norm.bias").isTrainable());
    Tensor x = Key.of(2).normal(DType.F32, 2, 1, 6, 4).eval();
    List<float[]> before = network.parameters().stream().map(Tensor::toArray).toList();
    network.unfreeze("block1.norm");
    List<Parameter> all = network.parameters();
    Sgd optimizer = new Sgd(all, 0.1);
    network.apply(x, Training.of(Key.of(3))).square().sum().backward();
    optimizer.step();
    for (int i = 0; i < all.size(); i++) {
      boolean same = Arrays.equals(before.get(i), all.get(i).toArray());
      assertEquals(all.get(i).isFrozen(), same, all.get(i).name());
    }
    assertTrue(all.get(0).isFrozen());
    float[] kept = all.get(0).toArray();
    new Lbfgs(all).minimise(() -> network.apply(x, Training.of(Key.of(3)).still()).square().sum());
    assertArrayEquals(kept, all.get(0).toArray());
    String message =
        assertThrows(IllegalArgumentException.class, () -> network.freeze("block2")).getMessage();
    assertEquals(
        "'block2' means none of the parameters [block1.conv.weight, block1.norm.weight,"
            + " block1.norm.bias, head.weight, head.bias]",
        message);
    assertThrows(IllegalArgumentException.class, () -> network.freeze("block"));
  }

  @Test
  void theSummaryIsATableOfShapesAndSizes() {
    Summary summary = network().summary(2, 1, 6, 4);
    assertEquals(
        List.of(
            "layer        kind        output        parameters  bytes  multiply-adds",
            "(whole)      Sequential  [2, 5]                 0      0              0",
            "block1       Sequential  [2, 4, 3, 2]           0      0              0",
            "block1.conv  Conv        [2, 4, 6, 4]          36    144          1,728",
            "block1.norm  BatchNorm   [2, 4, 6, 4]           8     64              0",
            "block1.relu  relu        [2, 4, 6, 4]           0      0              0",
            "block1.pool  Pool        [2, 4, 3, 2]           0      0              0",
            "flatten      Flatten     [2, 24]                0      0              0",
            "head         Linear      [2, 5]               125    500            240",
            "total                                         169    708          1,968"),
        summary.toString().lines().toList());
    Recurrent lstm = Recurrent.of(Origin.of(Key.of(1)), Recurrent.Options.of(Cell.LSTM, 3, 5));
    assertEquals(2 * 7 * (3 * 20 + 5 * 20), lstm.summary(2, 7, 3).multiplyAdds());
    assertEquals(3 * 20 + 5 * 20 + 2 * 20, lstm.summary(2, 7, 3).parameters());
    MultiHeadAttention attention =
        MultiHeadAttention.of(Origin.of(Key.of(1)), MultiHeadAttention.Options.of(8, 2));
    long products = 4 * 2 * 5 * 8 * 8 + 2 * 2 * 5 * 5 * 8;
    assertEquals(products, attention.summary(2, 5, 8).multiplyAdds());
    TransformerEncoderLayer encoder =
        TransformerEncoderLayer.of(
            Origin.of(Key.of(1)), TransformerOptions.of(MultiHeadAttention.Options.of(8, 2), 3));
    products += 2 * 5 * 2 * 8 * 3;
    assertEquals(products, encoder.summary(2, 5, 8).multiplyAdds());
  }

  @Test
  void anErrorNamesThePathAndBothShapes() {
    Sequential network = network();
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> network.apply(Tensor.zeros(DType.F32, 2, 3, 6, 4)))
            .getMessage();
    assertTrue(message.startsWith("block1.conv: "), message);
    assertTrue(message.contains("[2, 3, 6, 4]") && message.contains("[4, 1, 3, 3]"), message);
    message =
        assertThrows(IllegalArgumentException.class, () -> network.summary(2, 1, 8, 4))
            .getMessage();
    assertEquals(
        "head: linear: [2, 32] x [24, 5]: the input does not end in the 24 that weight"
            + " 'head.weight' takes",
        message);
    TransformerEncoderLayer encoder =
        TransformerEncoderLayer.of(
            Origin.of(Key.of(1)), TransformerOptions.of(MultiHeadAttention.Options.of(4, 2), 3));
    message =
        assertThrows(
                IllegalArgumentException.class,
                () -> Sequential.of(encoder).apply(Tensor.zeros(DType.F32, 2, 3, 5)))
            .getMessage();
    assertEquals("0.self_attn: attention: [2, 3, 5] is not [n, tokens, 4]", message);
  }

  @Test
  void aBatchOfNothingIsNothing() {
    assertEquals(Shape.of(0, 5), network().apply(Tensor.zeros(DType.F32, 0, 1, 6, 4)).shape());
    assertEquals(0, network().apply(Tensor.zeros(DType.F32, 0, 1, 6, 4)).toArray().length);
    Layer mlp =
        Mlp.of(List.of(3, 4, 2), Activation.RELU, Activation.IDENTITY, Init::heNormal, Key.of(1));
    assertEquals(0, mlp.apply(Tensor.zeros(DType.F32, 0, 3)).toArray().length);
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> network().apply(Tensor.zeros(DType.F32, 0, 1, 6, 4), Training.of(Key.of(1))))
            .getMessage();
    assertTrue(message.startsWith("block1.norm: batchNorm: input [0, 4, 6, 4]"), message);
  }
}
