package org.adjoint.benchmarks.peer;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.adjoint.benchmarks.peer.LayerReference.Case;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** What {@link LayerReference} computes: a row for each layer of nn that PyTorch has, too. */
final class LayerReferenceCases {
  private static final double EPSILON = 1e-5;
  private static final long UNITS = 3;
  private static final long WIDTH = 4;
  private static final long HIDDEN = 5;
  private static final long HEADS = 2;

  private final Map<String, Case> rows = new LinkedHashMap<>();

  private LayerReferenceCases() {}

  static Map<String, Case> all() {
    LayerReferenceCases table = new LayerReferenceCases();
    table.dense();
    table.activations();
    table.norms();
    table.recurrent();
    table.images();
    table.attention();
    return table.rows;
  }

  /** Names and shapes, in turn. */
  private static Map<String, long[]> shapes(Object... pairs) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      shapes.put((String) pairs[i], (long[]) pairs[i + 1]);
    }
    return shapes;
  }

  private static long[] s(long... dims) {
    return dims;
  }

  private void add(String name, Function<Map<String, Tensor>, Tensor> function, Object... shapes) {
    rows.put(name, new Case(shapes(shapes), function));
  }

  private static TensorOptional o(Tensor tensor) {
    return new TensorOptional(tensor);
  }

  private void dense() {
    add(
        "linear",
        t -> torch.linear(t.get("x"), t.get("w/weight"), o(t.get("w/bias"))),
        "x",
        s(3, 4),
        "w/weight",
        s(5, 4),
        "w/bias",
        s(5));
    add(
        "bilinear",
        t -> torch.bilinear(t.get("x"), t.get("memory"), t.get("w/weight"), o(t.get("w/bias"))),
        "x",
        s(3, 4),
        "memory",
        s(3, 2),
        "w/weight",
        s(5, 4, 2),
        "w/bias",
        s(5));
    add(
        "embedding",
        t -> torch.embedding(t.get("w/weight"), t.get("index"), 2, false, false),
        "index",
        s(2, 4),
        "w/weight",
        s(5, 3));
    add(
        "prelu",
        t -> torch.prelu(t.get("x"), t.get("w/weight")),
        "x",
        s(2, 3, 4),
        "w/weight",
        s(3));
    add(
        "weightNorm",
        t -> {
          Tensor v = t.get("w/weight_v");
          Tensor length = v.square().sum(s(1), true, null).sqrt();
          Tensor weight = v.mul(t.get("w/weight_g")).div(length);
          return torch.linear(t.get("x"), weight, o(t.get("w/bias")));
        },
        "x",
        s(3, 4),
        "w/weight_g",
        s(5, 1),
        "w/weight_v",
        s(5, 4),
        "w/bias",
        s(5));
    add(
        "swiGlu",
        t -> {
          Tensor gate = torch.linear(t.get("x"), t.get("w/gate.weight"));
          return torch.silu(gate).mul(torch.linear(t.get("x"), t.get("w/value.weight")));
        },
        "x",
        s(3, 4),
        "w/gate.weight",
        s(5, 4),
        "w/value.weight",
        s(5, 4));
  }

  private void activations() {
    Map<String, UnaryOperator<Tensor>> functions = new LinkedHashMap<>();
    functions.put("relu", torch::relu);
    functions.put("relu6", torch::relu6);
    functions.put("sigmoid", torch::sigmoid);
    functions.put("tanh", torch::tanh);
    functions.put("gelu", torch::gelu);
    functions.put("geluTanh", x -> torch.gelu(x, "tanh"));
    functions.put("silu", torch::silu);
    functions.put("mish", torch::mish);
    functions.put("elu", torch::elu);
    functions.put("selu", torch::selu);
    functions.put("softplus", torch::softplus);
    functions.put("softsign", torch::softsign);
    functions.put("logSigmoid", torch::log_sigmoid);
    functions.put("hardTanh", torch::hardtanh);
    // torch.hardsigmoid can be differentiated once only.
    functions.put("hardSigmoid", x -> torch.relu6(x.add(new Scalar(3.0))).div(new Scalar(6.0)));
    functions.put("hardSwish", torch::hardswish);
    functions.put("tanhShrink", torch::tanhshrink);
    functions.put("leakyRelu(0.1)", x -> torch.leaky_relu(x, new Scalar(0.1)));
    functions.put("elu(0.7)", x -> torch.elu(x, new Scalar(0.7), new Scalar(1.0), new Scalar(1.0)));
    // Its derivative takes alpha as a float: one that is.
    functions.put("celu(0.75)", x -> torch.celu(x, new Scalar(0.75)));
    functions.put("hardShrink(0.4)", x -> torch.hardshrink(x, new Scalar(0.4)));
    functions.put("softShrink(0.4)", x -> torch.softshrink(x, new Scalar(0.4)));
    functions.forEach(
        (name, function) ->
            add(
                "activation/" + name,
                t -> function.apply(t.get("x").mul(new Scalar(4.0))),
                "x",
                s(9)));
  }

  private void norms() {
    add(
        "layerNorm",
        t ->
            torch.layer_norm(
                t.get("x"), s(2, 5), o(t.get("w/weight")), o(t.get("w/bias")), EPSILON, false),
        "x",
        s(3, 2, 5),
        "w/weight",
        s(2, 5),
        "w/bias",
        s(2, 5));
    add(
        "rmsNorm",
        t -> torch.rms_norm(t.get("x"), s(5), o(t.get("w/weight")), new DoubleOptional()),
        "x",
        s(3, 5),
        "w/weight",
        s(5));
    add(
        "groupNorm",
        t ->
            torch.group_norm(
                t.get("x"), 2, o(t.get("w/weight")), o(t.get("w/bias")), EPSILON, false),
        "x",
        s(2, 4, 3),
        "w/weight",
        s(4),
        "w/bias",
        s(4));
    TensorOptional none = new TensorOptional();
    add(
        "instanceNorm",
        t -> torch.instance_norm(t.get("x"), none, none, none, none, true, 0.1, EPSILON, false),
        "x",
        s(2, 3, 4));
    batchNorm("batchNorm1d", s(5, 3), true);
    batchNorm("batchNorm2d", s(2, 3, 2, 2), true);
    batchNorm("batchNormEvaluated", s(2, 3, 4), false);
  }

  private void batchNorm(String name, long[] x, boolean training) {
    add(
        name,
        t ->
            torch.batch_norm(
                t.get("x"),
                o(t.get("w/weight")),
                o(t.get("w/bias")),
                o(t.get("w/running_mean")),
                o(t.get("w/running_var")),
                training,
                0.1,
                EPSILON,
                false),
        "x",
        x,
        "w/weight",
        s(3),
        "w/bias",
        s(3),
        "w/running_mean",
        s(3),
        "w/running_var",
        s(3));
  }

  private void recurrent() {
    recurrent("rnnTanh", new Size(1, 1, 1, false), (t, w, h) -> rnn(t, w, h, true));
    recurrent("rnnRelu", new Size(1, 1, 1, false), (t, w, h) -> rnn(t, w, h, false));
    recurrent("lstm", new Size(4, 2, 1, false), LayerReferenceCases::lstm);
    recurrent("gru", new Size(3, 1, 1, false), LayerReferenceCases::gru);
    recurrent("lstmOfLengths", new Size(4, 2, 2, true), LayerReferenceCases::lstm);
    recurrent("gruOfLengths", new Size(3, 1, 2, true), LayerReferenceCases::gru);
  }

  /** What a network is like; {@code cut} cuts the second sequence to half. */
  private record Size(long gates, int layers, int directions, boolean cut) {}

  /** A network over sequences [n, length, in] that starts with zeros. */
  private interface Network {
    Tensor apply(Tensor x, TensorVector weights, Size size);
  }

  private void recurrent(String name, Size size, Network network) {
    long in = 2;
    long gates = size.gates * UNITS;
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("x", s(2, 4, in));
    for (int layer = 0; layer < size.layers; layer++) {
      for (int d = 0; d < size.directions; d++) {
        String end = "_l" + layer + (d == 0 ? "" : "_reverse");
        shapes.put("w/weight_ih" + end, s(gates, layer == 0 ? in : size.directions * UNITS));
        shapes.put("w/weight_hh" + end, s(gates, UNITS));
        shapes.put("w/bias_ih" + end, s(gates));
        shapes.put("w/bias_hh" + end, s(gates));
      }
    }
    Function<Map<String, Tensor>, Tensor> f =
        t -> {
          TensorVector weights =
              new TensorVector(
                  shapes.keySet().stream()
                      .filter(n -> n.startsWith("w/"))
                      .map(t::get)
                      .toArray(Tensor[]::new));
          Tensor x = t.get("x");
          if (!size.cut) {
            return network.apply(x, weights, size);
          }
          // Each sequence by itself, the second filled up with zeros.
          Tensor first = network.apply(x.narrow(0, 0, 1), weights, size);
          Tensor second = network.apply(x.narrow(0, 1, 1).narrow(1, 0, 2), weights, size);
          Tensor rest = torch.zeros(s(1, 2, size.directions * UNITS), x.options());
          Tensor filled = torch.cat(new TensorVector(second, rest), 1);
          return torch.cat(new TensorVector(first, filled), 0);
        };
    rows.put(name, new Case(shapes, f));
  }

  private static Tensor zero(Tensor x, Size size) {
    return torch.zeros(s((long) size.layers * size.directions, x.size(0), UNITS), x.options());
  }

  private static Tensor rnn(Tensor x, TensorVector weights, Size size, boolean tanh) {
    boolean both = size.directions == 2;
    Tensor zero = zero(x, size);
    return tanh
        ? torch.rnn_tanh(x, zero, weights, true, size.layers, 0, false, both, true).get0()
        : torch.rnn_relu(x, zero, weights, true, size.layers, 0, false, both, true).get0();
  }

  private static Tensor lstm(Tensor x, TensorVector weights, Size size) {
    TensorVector start = new TensorVector(zero(x, size), zero(x, size));
    boolean both = size.directions == 2;
    return torch.lstm(x, start, weights, true, size.layers, 0, false, both, true).get0();
  }

  private static Tensor gru(Tensor x, TensorVector weights, Size size) {
    boolean both = size.directions == 2;
    return torch.gru(x, zero(x, size), weights, true, size.layers, 0, false, both, true).get0();
  }

  private void images() {
    add(
        "conv1d",
        t -> torch.conv1d(t.get("x"), t.get("w/weight"), o(t.get("w/bias")), s(2), s(1), s(2), 1),
        "x",
        s(2, 2, 9),
        "w/weight",
        s(3, 2, 3),
        "w/bias",
        s(3));
    add(
        "conv1dSame",
        t -> torch.conv1d(t.get("x"), t.get("w/weight"), o(t.get("w/bias")), s(1), "same", s(1), 1),
        "x",
        s(2, 2, 5),
        "w/weight",
        s(3, 2, 4),
        "w/bias",
        s(3));
    add(
        "conv2d",
        t ->
            torch.conv2d(
                t.get("x"), t.get("w/weight"), o(t.get("w/bias")), s(1, 2), s(1, 0), s(1, 1), 1),
        "x",
        s(2, 2, 4, 5),
        "w/weight",
        s(3, 2, 3, 2),
        "w/bias",
        s(3));
    add(
        "depthwise",
        t ->
            torch.conv2d(
                t.get("x"), t.get("w/weight"), o(t.get("w/bias")), s(1, 1), s(1, 1), s(1, 1), 3),
        "x",
        s(2, 3, 3, 3),
        "w/weight",
        s(3, 1, 3, 3),
        "w/bias",
        s(3));
    add(
        "conv3d",
        t ->
            torch.conv3d(
                t.get("x"),
                t.get("w/weight"),
                o(t.get("w/bias")),
                s(1, 1, 1),
                s(0, 0, 0),
                s(1, 1, 1),
                2),
        "x",
        s(1, 2, 3, 2, 3),
        "w/weight",
        s(2, 1, 2, 2, 2),
        "w/bias",
        s(2));
    add(
        "convTranspose1d",
        t ->
            torch.conv_transpose1d(
                t.get("x"), t.get("w/weight"), o(t.get("w/bias")), s(3), s(1), s(2), 2, s(1)),
        "x",
        s(2, 4, 3),
        "w/weight",
        s(4, 1, 3),
        "w/bias",
        s(2));
    add(
        "convTranspose2d",
        t ->
            torch.conv_transpose2d(
                t.get("x"),
                t.get("w/weight"),
                o(t.get("w/bias")),
                s(2, 1),
                s(0, 1),
                s(0, 0),
                1,
                s(1, 1)),
        "x",
        s(1, 2, 2, 3),
        "w/weight",
        s(2, 3, 2, 3),
        "w/bias",
        s(3));
    add(
        "maxPool2d",
        t -> torch.max_pool2d(t.get("x"), s(3, 2), s(2, 2), s(1, 1), s(1, 1), true),
        "x",
        s(1, 2, 6, 5));
    add(
        "avgPool2d",
        t ->
            torch.avg_pool2d(
                t.get("x"), s(3, 2), s(2, 2), s(1, 1), false, true, new LongOptional()),
        "x",
        s(1, 2, 6, 5));
    add("adaptiveAvgPool2d", t -> torch.adaptive_avg_pool2d(t.get("x"), 2, 3), "x", s(1, 2, 5, 4));
    add(
        "adaptiveMaxPool2d",
        t -> torch.adaptive_max_pool2d(t.get("x"), 2, 3).get0(),
        "x",
        s(1, 2, 5, 4));
    add("upsampleNearest", t -> torch.upsample_nearest2d(t.get("x"), 4, 9), "x", s(1, 2, 2, 3));
    add(
        "upsampleLinear",
        t -> torch.upsample_bilinear2d(t.get("x"), s(4, 9), false),
        "x",
        s(1, 2, 2, 3));
  }

  private static Tensor attend(
      Tensor x, Tensor memory, Map<String, Tensor> t, String at, boolean causal) {
    Tensor weight = t.get(at + "in_proj_weight");
    Tensor bias = t.get(at + "in_proj_bias");
    Tensor[] heads = new Tensor[3];
    for (int i = 0; i < 3; i++) {
      Tensor in = i == 0 ? x : memory;
      Tensor projected =
          torch.linear(in, weight.narrow(0, i * WIDTH, WIDTH), o(bias.narrow(0, i * WIDTH, WIDTH)));
      heads[i] = projected.view(in.size(0), in.size(1), HEADS, WIDTH / HEADS).transpose(1, 2);
    }
    Tensor y =
        torch.scaled_dot_product_attention(
            heads[0],
            heads[1],
            heads[2],
            new TensorOptional(),
            0,
            causal,
            new DoubleOptional(),
            false);
    Tensor joined = y.transpose(1, 2).reshape(x.size(0), x.size(1), WIDTH);
    return torch.linear(joined, t.get(at + "out_proj.weight"), o(t.get(at + "out_proj.bias")));
  }

  private static Tensor norm(Tensor x, Map<String, Tensor> t, int number) {
    return torch.layer_norm(
        x,
        s(WIDTH),
        o(t.get("w/norm" + number + ".weight")),
        o(t.get("w/norm" + number + ".bias")),
        EPSILON,
        false);
  }

  private static Tensor feedForward(Tensor x, Map<String, Tensor> t) {
    Tensor inner = torch.linear(x, t.get("w/linear1.weight"), o(t.get("w/linear1.bias")));
    return torch.linear(torch.gelu(inner), t.get("w/linear2.weight"), o(t.get("w/linear2.bias")));
  }

  private static Object[] attentionShapes(String at) {
    return new Object[] {
      at + "in_proj_weight", s(3 * WIDTH, WIDTH),
      at + "in_proj_bias", s(3 * WIDTH),
      at + "out_proj.weight", s(WIDTH, WIDTH),
      at + "out_proj.bias", s(WIDTH)
    };
  }

  private static Object[] joined(Object[]... parts) {
    return Arrays.stream(parts).flatMap(Arrays::stream).toArray();
  }

  private void attention() {
    Object[] x = {"x", s(2, 3, WIDTH)};
    Object[] memory = {"memory", s(2, 4, WIDTH)};
    Object[] own = attentionShapes("w/self_attn.");
    Object[] cross = attentionShapes("w/multihead_attn.");
    Object[] dense = {
      "w/linear1.weight", s(HIDDEN, WIDTH), "w/linear1.bias", s(HIDDEN),
      "w/linear2.weight", s(WIDTH, HIDDEN), "w/linear2.bias", s(WIDTH),
      "w/norm1.weight", s(WIDTH), "w/norm1.bias", s(WIDTH),
      "w/norm2.weight", s(WIDTH), "w/norm2.bias", s(WIDTH)
    };
    Object[] third = {"w/norm3.weight", s(WIDTH), "w/norm3.bias", s(WIDTH)};
    add(
        "attention",
        t -> attend(t.get("x"), t.get("x"), t, "w/", true),
        joined(x, attentionShapes("w/")));
    add(
        "crossAttention",
        t -> attend(t.get("x"), t.get("memory"), t, "w/", false),
        joined(x, memory, attentionShapes("w/")));
    add(
        "encoderPostNorm",
        t -> {
          Tensor in = t.get("x");
          Tensor y = norm(in.add(attend(in, in, t, "w/self_attn.", false)), t, 1);
          return norm(y.add(feedForward(y, t)), t, 2);
        },
        joined(x, own, dense));
    add(
        "encoderPreNorm",
        t -> {
          Tensor in = norm(t.get("x"), t, 1);
          Tensor y = t.get("x").add(attend(in, in, t, "w/self_attn.", true));
          return y.add(feedForward(norm(y, t, 2), t));
        },
        joined(x, own, dense));
    add(
        "decoderPostNorm",
        t -> {
          Tensor in = t.get("x");
          Tensor y = norm(in.add(attend(in, in, t, "w/self_attn.", true)), t, 1);
          Tensor z = norm(y.add(attend(y, t.get("memory"), t, "w/multihead_attn.", false)), t, 2);
          return norm(z.add(feedForward(z, t)), t, 3);
        },
        joined(x, memory, own, cross, dense, third));
  }
}
