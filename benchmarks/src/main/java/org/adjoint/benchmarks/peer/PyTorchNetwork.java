package org.adjoint.benchmarks.peer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.adjoint.benchmarks.compare.Layers;
import org.adjoint.benchmarks.compare.Network;
import org.adjoint.benchmarks.compare.Numbers;
import org.adjoint.benchmarks.compare.Stage;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * A network of the rows made of PyTorch's functions, with its weights and its batch, images and
 * kernels in one of PyTorch's layouts. All of that belongs to the scope in which it is made.
 */
final class PyTorchNetwork implements Layers<UnaryOperator<Tensor>> {
  private static final double MOMENTUM = 0.1;
  private static final double EPSILON = 1e-5;

  /** Beside each other in one product: queries, keys and values. */
  private static final int PROJECTIONS = 3;

  private final Network network;
  private final Map<String, Tensor> weights;
  private final List<UnaryOperator<Tensor>> stages;
  private final Tensor x;
  private final Tensor target;

  PyTorchNetwork(Network network, torch.MemoryFormat format) {
    this.network = network;
    this.weights =
        network.read(
            (weight, data) -> {
              Tensor tensor = PyTorch.tensor(data, Network.dims(weight.dims()));
              return formatted(tensor, format).set_requires_grad(weight.trained());
            });
    this.stages = network.build(this);
    this.x = formatted(input(network), format);
    this.target =
        switch (network.loss()) {
          case CROSS_ENTROPY -> PyTorch.labels(2, network.rows(), network.classes());
          case MEAN_SQUARES ->
              formatted(
                  PyTorch.tensor(
                      Numbers.uniform(2, Network.size(network.output()), -1, 1),
                      Network.dims(network.output())),
                  format);
        };
  }

  private static Tensor input(Network network) {
    int size = Network.size(network.input());
    long[] dims = Network.dims(network.input());
    return network.vocabulary() > 0
        ? PyTorch.labels(1, size, network.vocabulary()).reshape(dims)
        : PyTorch.tensor(Numbers.uniform(1, size, -1, 1), dims);
  }

  private static Tensor formatted(Tensor tensor, torch.MemoryFormat format) {
    return tensor.dim() == 4 ? tensor.contiguous(format) : tensor;
  }

  /** Returns what is trained. */
  TensorVector parameters() {
    return new TensorVector(
        weights.values().stream().filter(Tensor::requires_grad).toArray(Tensor[]::new));
  }

  /** Returns the loss of the batch. */
  Tensor loss() {
    return loss(x, target);
  }

  /** Returns the loss of one example. */
  Tensor loss(int example) {
    return loss(x.narrow(0, example, 1), target.narrow(0, example, 1));
  }

  private Tensor loss(Tensor in, Tensor expected) {
    Tensor y = apply(stages, in);
    return switch (network.loss()) {
      case CROSS_ENTROPY -> torch.cross_entropy_loss(y.reshape(-1, network.classes()), expected);
      case MEAN_SQUARES -> torch.mse_loss(y, expected);
    };
  }

  private static Tensor apply(List<UnaryOperator<Tensor>> layers, Tensor x) {
    Tensor y = x;
    for (UnaryOperator<Tensor> layer : layers) {
      y = layer.apply(y);
    }
    return y;
  }

  private TensorOptional optional(String name) {
    return new TensorOptional(weights.get(name));
  }

  @Override
  public UnaryOperator<Tensor> conv(Stage.Conv stage, String path) {
    Tensor weight = weights.get(path + "weight");
    TensorOptional bias = stage.biased() ? optional(path + "bias") : new TensorOptional();
    long[] one = {1, 1};
    long[] padding = {stage.padding(), stage.padding()};
    return in -> torch.conv2d(in, weight, bias, one, padding, one, stage.groups());
  }

  @Override
  public UnaryOperator<Tensor> batchNorm(Stage.BatchNorm stage, String path) {
    TensorOptional scale = optional(path + "weight");
    TensorOptional shift = optional(path + "bias");
    TensorOptional mean = optional(path + "running_mean");
    TensorOptional variance = optional(path + "running_var");
    return in -> torch.batch_norm(in, scale, shift, mean, variance, true, MOMENTUM, EPSILON, false);
  }

  @Override
  public UnaryOperator<Tensor> relu() {
    return torch::relu;
  }

  @Override
  public UnaryOperator<Tensor> maxPool() {
    return in -> torch.max_pool2d(in, 2, 2);
  }

  @Override
  public UnaryOperator<Tensor> flatten() {
    return in -> in.flatten(1, -1);
  }

  @Override
  public UnaryOperator<Tensor> dense(Stage.Dense stage, String path) {
    return linear(path + "weight", path + "bias");
  }

  private UnaryOperator<Tensor> linear(String weightName, String biasName) {
    Tensor weight = weights.get(weightName);
    TensorOptional bias = optional(biasName);
    return in -> torch.linear(in, weight, bias);
  }

  @Override
  public UnaryOperator<Tensor> recurrent(Stage.Recurrent stage, String path) {
    List<Tensor> own = new ArrayList<>();
    stage.weights().forEach(weight -> own.add(weights.get(path + weight.name())));
    TensorVector given = new TensorVector(own.toArray(new Tensor[0]));
    int layers = stage.layers();
    long[] state = {layers, network.input().get(0), stage.hidden()};
    Tensor zero = torch.zeros(state);
    if (stage.isGru()) {
      return in -> torch.gru(in, zero, given, true, layers, 0, true, false, true).get0();
    }
    TensorVector start = new TensorVector(zero, zero);
    return in -> torch.lstm(in, start, given, true, layers, 0, true, false, true).get0();
  }

  @Override
  public UnaryOperator<Tensor> last() {
    return in -> in.select(1, -1);
  }

  @Override
  public UnaryOperator<Tensor> embedding(Stage.Embedding stage, String path) {
    Tensor table = weights.get(path + "weight");
    return in -> torch.embedding(table, in);
  }

  @Override
  public UnaryOperator<Tensor> transformer(Stage.Transformer stage, String path) {
    UnaryOperator<Tensor> attention = attention(stage, path + "self_attn.");
    UnaryOperator<Tensor> norm1 = norm(stage.width(), path + "norm1.");
    UnaryOperator<Tensor> norm2 = norm(stage.width(), path + "norm2.");
    UnaryOperator<Tensor> linear1 = linear(path + "linear1.weight", path + "linear1.bias");
    UnaryOperator<Tensor> linear2 = linear(path + "linear2.weight", path + "linear2.bias");
    return in -> {
      Tensor y = in.add(attention.apply(norm1.apply(in)));
      return y.add(linear2.apply(torch.gelu(linear1.apply(norm2.apply(y)))));
    };
  }

  private UnaryOperator<Tensor> norm(long width, String path) {
    TensorOptional scale = optional(path + "weight");
    TensorOptional shift = optional(path + "bias");
    long[] axes = {width};
    return in -> torch.layer_norm(in, axes, scale, shift, EPSILON, false);
  }

  /** One product for queries, keys and values: heads of tokens are views of its result. */
  private UnaryOperator<Tensor> attention(Stage.Transformer stage, String path) {
    UnaryOperator<Tensor> project = linear(path + "in_proj_weight", path + "in_proj_bias");
    UnaryOperator<Tensor> out = linear(path + "out_proj.weight", path + "out_proj.bias");
    long size = stage.width() / stage.heads();
    return in -> {
      TensorVector parts = project.apply(in).chunk(PROJECTIONS, -1);
      Tensor[] heads = new Tensor[PROJECTIONS];
      for (int i = 0; i < PROJECTIONS; i++) {
        Tensor part = parts.get(i).view(in.size(0), in.size(1), stage.heads(), size);
        heads[i] = part.transpose(1, 2);
      }
      Tensor y = scaledDotProduct(heads[0], heads[1], heads[2], true);
      return out.apply(y.transpose(1, 2).reshape(in.size(0), in.size(1), stage.width()));
    };
  }

  /** Returns attention as PyTorch fuses it. */
  static Tensor scaledDotProduct(Tensor q, Tensor k, Tensor v, boolean causal) {
    return torch.scaled_dot_product_attention(
        q, k, v, new TensorOptional(), 0, causal, new DoubleOptional(), false);
  }

  /** Returns layer normalisation along the last axis. */
  static Tensor layerNorm(Tensor x, Tensor scale, Tensor shift) {
    long[] axes = {x.size(-1)};
    return torch.layer_norm(
        x, axes, new TensorOptional(scale), new TensorOptional(shift), EPSILON, false);
  }

  /** Returns batch normalisation in training, without running statistics. */
  static Tensor batchNorm(Tensor x, Tensor scale, Tensor shift) {
    TensorOptional none = new TensorOptional();
    return torch.batch_norm(
        x,
        new TensorOptional(scale),
        new TensorOptional(shift),
        none,
        none,
        true,
        MOMENTUM,
        EPSILON,
        false);
  }

  @Override
  public UnaryOperator<Tensor> residual(List<UnaryOperator<Tensor>> body) {
    return in -> apply(body, in).add(in);
  }
}
