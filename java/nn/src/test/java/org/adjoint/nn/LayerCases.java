package org.adjoint.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.adjoint.Convolution;
import org.adjoint.Tensor;
import org.adjoint.Window;
import org.adjoint.nn.attention.MultiHeadAttention;
import org.adjoint.nn.attention.TransformerDecoderLayer;
import org.adjoint.nn.attention.TransformerEncoderLayer;
import org.adjoint.nn.attention.TransformerOptions;
import org.adjoint.nn.image.AdaptivePool;
import org.adjoint.nn.image.Conv;
import org.adjoint.nn.image.ConvTranspose;
import org.adjoint.nn.image.Pool;
import org.adjoint.nn.image.Upsample;
import org.adjoint.nn.norm.BatchNorm;
import org.adjoint.nn.norm.GroupNorm;
import org.adjoint.nn.norm.LayerNorm;
import org.adjoint.nn.norm.RmsNorm;
import org.adjoint.nn.recurrent.Cell;
import org.adjoint.nn.recurrent.Recurrent;

/**
 * The table of layers that {@link LayerCasesTest} checks: a row for each, under the name that
 * {@code layers.safetensors} has PyTorch's numbers by. To add a layer, add a row here and one in
 * {@code LayerReferenceCases} of the benchmarks, which writes that file.
 */
final class LayerCases {
  private static final long WIDTH = 4;
  private static final long HIDDEN = 5;
  private static final int HEADS = 2;

  private final List<Row<?>> rows = new ArrayList<>();

  private LayerCases() {}

  /** How a part is applied to its inputs: x, and what the row's file calls memory. */
  @FunctionalInterface
  interface Application<P extends Part> {
    Tensor apply(P part, List<Tensor> inputs, Training training);
  }

  /**
   * A row of the table.
   *
   * @param name what the file calls it
   * @param make makes the part
   * @param application applies it
   */
  record Row<P extends Part>(String name, Function<Origin, P> make, Application<P> application) {
    /** Returns the name. */
    @Override
    public String toString() {
      return name;
    }
  }

  /** Returns the whole table. */
  static List<Row<?>> rows() {
    LayerCases table = new LayerCases();
    table.dense();
    table.norms();
    table.recurrent();
    table.images();
    table.attention();
    table.transformers();
    return table.rows;
  }

  /** Returns the table without the rows that are made of others. */
  static List<Row<?>> simple() {
    LayerCases made = new LayerCases();
    made.transformers();
    Set<String> names = made.rows.stream().map(Row::name).collect(Collectors.toSet());
    return rows().stream().filter(row -> !names.contains(row.name())).toList();
  }

  /** Adds a layer that is applied as in training. */
  private void layer(String name, Function<Origin, Layer> make) {
    part(name, make, (layer, in, training) -> layer.apply(in.get(0), training));
  }

  private <P extends Part> void part(
      String name, Function<Origin, P> make, Application<P> application) {
    rows.add(new Row<>(name, make, application));
  }

  private void dense() {
    layer("linear", o -> Linear.of(o, 4, 5));
    part(
        "bilinear",
        o -> Bilinear.of(o, 4, 2, 5),
        (p, in, training) -> p.apply(in.get(0), in.get(1)));
    layer("embedding", o -> new Embedding(o.constant("weight", 0, 5, 3), OptionalLong.of(2)));
    layer("prelu", o -> PRelu.of(o, 3));
    layer("weightNorm", o -> WeightNorm.of(Linear.of(o, 4, 5), 1));
    layer("swiGlu", o -> Gated.swiGlu(o, 4, 5));
    List<Activation> activations = new ArrayList<>();
    for (String name :
        List.of(
            "relu",
            "relu6",
            "sigmoid",
            "tanh",
            "gelu",
            "geluTanh",
            "silu",
            "mish",
            "elu",
            "selu",
            "softplus",
            "softsign",
            "logSigmoid",
            "hardTanh",
            "hardSigmoid",
            "hardSwish",
            "tanhShrink")) {
      activations.add(Activation.named(name));
    }
    activations.add(Activation.leakyRelu(0.1));
    activations.add(Activation.elu(0.7));
    activations.add(Activation.celu(0.75));
    activations.add(Activation.hardShrink(0.4));
    activations.add(Activation.softShrink(0.4));
    for (Activation activation : activations) {
      layer("activation/" + activation, o -> x -> activation.apply(x.times(4)));
    }
  }

  private void norms() {
    layer("layerNorm", o -> LayerNorm.of(o, 2, 5));
    layer("rmsNorm", o -> RmsNorm.of(o, 5));
    layer("groupNorm", o -> GroupNorm.of(o, 2, 4));
    layer("instanceNorm", o -> GroupNorm.instance(3));
    layer("batchNorm1d", o -> BatchNorm.of(o, 3));
    layer("batchNorm2d", o -> BatchNorm.of(o, 3));
    part(
        "batchNormEvaluated",
        o -> BatchNorm.of(o, 3),
        (norm, in, training) -> norm.apply(in.get(0)));
  }

  private void recurrent() {
    Recurrent.Options lstm = Recurrent.Options.of(Cell.LSTM, 2, 3);
    Recurrent.Options gru = Recurrent.Options.of(Cell.GRU, 2, 3);
    recurrent("rnnTanh", Recurrent.Options.of(Cell.TANH, 2, 3), false);
    recurrent("rnnRelu", Recurrent.Options.of(Cell.RELU, 2, 3), false);
    recurrent("lstm", lstm.layers(2), false);
    recurrent("gru", gru, false);
    recurrent("lstmOfLengths", lstm.layers(2).inBothDirections(), true);
    recurrent("gruOfLengths", gru.inBothDirections(), true);
  }

  private void recurrent(String name, Recurrent.Options options, boolean lengths) {
    part(
        name,
        o -> Recurrent.of(o, options),
        (network, in, training) -> {
          Tensor x = in.get(0);
          Recurrent.State zero = network.zeroState(x.dim(0));
          return lengths
              ? network.run(x, zero, Tensor.of(4, 2), training).outputs()
              : network.run(x, zero, training).outputs();
        });
  }

  private void images() {
    Convolution one = Convolution.of(1);
    Convolution two = Convolution.of(2);
    layer("conv1d", o -> Conv.of(o, 2, 3, one.stride(2).padding(1).dilation(2), 3));
    layer("conv1dSame", o -> Conv.of(o, 2, 3, one.same(4), 4));
    layer("conv2d", o -> Conv.of(o, 2, 3, two.stride(1, 2).padding(1, 0), 3, 2));
    layer("depthwise", o -> Conv.of(o, 3, 3, two.padding(1).groups(3), 3));
    layer("conv3d", o -> Conv.of(o, 2, 2, Convolution.of(3).groups(2), 2));
    layer(
        "convTranspose1d",
        o -> ConvTranspose.of(o, 4, 2, one.stride(3).padding(1).groups(2), 3).outputPadding(2));
    layer("convTranspose2d", o -> ConvTranspose.of(o, 2, 3, two.stride(2, 1).padding(0, 1), 2, 3));
    layer(
        "maxPool2d", o -> new Pool(Pool.Kind.MAX, Window.of(3, 2).stride(2).padding(1).ceil(true)));
    layer("avgPool2d", o -> new Pool(Pool.Kind.AVERAGE, Window.of(3, 2).stride(2).padding(1)));
    layer("adaptiveAvgPool2d", o -> AdaptivePool.average(2, 3));
    layer("adaptiveMaxPool2d", o -> AdaptivePool.max(2, 3));
    layer("upsampleNearest", o -> Upsample.nearest(2, 3));
    layer("upsampleLinear", o -> Upsample.linear(2, 3));
  }

  private void attention() {
    MultiHeadAttention.Options plain = MultiHeadAttention.Options.of(WIDTH, HEADS);
    layer("attention", o -> MultiHeadAttention.of(o, plain.causally()));
    part(
        "crossAttention",
        o -> MultiHeadAttention.of(o, plain),
        (p, in, training) -> p.apply(in.get(0), in.get(1), UnaryOperator.identity(), training));
  }

  private void transformers() {
    MultiHeadAttention.Options plain = MultiHeadAttention.Options.of(WIDTH, HEADS);
    TransformerOptions options =
        TransformerOptions.of(plain, HIDDEN).activation(Activation.GELU).dropout(0);
    TransformerOptions causal =
        TransformerOptions.of(plain.causally(), HIDDEN).activation(Activation.GELU).dropout(0);
    layer("encoderPostNorm", o -> TransformerEncoderLayer.of(o, options));
    layer("encoderPreNorm", o -> TransformerEncoderLayer.of(o, causal.normFirst()));
    part(
        "decoderPostNorm",
        o -> TransformerDecoderLayer.of(o, causal),
        (p, in, training) ->
            p.apply(
                in.get(0),
                in.get(1),
                UnaryOperator.identity(),
                UnaryOperator.identity(),
                training));
  }
}
