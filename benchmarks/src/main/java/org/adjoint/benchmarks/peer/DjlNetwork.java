package org.adjoint.benchmarks.peer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.loss.Loss;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.adjoint.benchmarks.compare.Layers;
import org.adjoint.benchmarks.compare.Network;
import org.adjoint.benchmarks.compare.Numbers;
import org.adjoint.benchmarks.compare.Stage;

/**
 * A network of the rows made of those functions of DJL that take weights: its recurrent layers and
 * its attention are blocks that own theirs, so rows with these have none of it.
 */
final class DjlNetwork implements Layers<UnaryOperator<NDArray>> {
  private static final float MOMENTUM = 0.9f;
  private static final float EPSILON = 1e-5f;
  private static final Shape ONE = new Shape(1, 1);
  private static final Shape TWO = new Shape(2, 2);

  private final Network network;
  private final Map<String, NDArray> weights;
  private final List<UnaryOperator<NDArray>> stages;
  private final Loss crossEntropy = Loss.softmaxCrossEntropyLoss();

  /** Where arrays come from that live as long as the task. */
  interface Memory {
    NDArray array(float[] data, long... dims);

    NDArray labels(int stream, int count, int classes);

    NDArray weight(float[] data, long... dims);
  }

  DjlNetwork(Network network, Memory memory) {
    this.network = network;
    this.weights =
        network.read(
            (weight, data) -> {
              long[] dims = Network.dims(weight.dims());
              return weight.trained() ? memory.weight(data, dims) : memory.array(data, dims);
            });
    this.stages = network.build(this);
  }

  /** Returns the batch: the input, then labels or targets. */
  List<NDArray> batch(Memory memory) {
    int size = Network.size(network.input());
    long[] dims = Network.dims(network.input());
    NDArray x =
        network.vocabulary() > 0
            ? memory.labels(1, size, network.vocabulary()).reshape(dims)
            : memory.array(Numbers.uniform(1, size, -1, 1), dims);
    NDArray target =
        switch (network.loss()) {
          case CROSS_ENTROPY -> memory.labels(2, network.rows(), network.classes());
          case MEAN_SQUARES ->
              memory.array(
                  Numbers.uniform(2, Network.size(network.output()), -1, 1),
                  Network.dims(network.output()));
        };
    return List.of(x, target);
  }

  /** Returns what is not trained and yet belongs to the layers. */
  List<NDArray> buffers() {
    return weights.values().stream().filter(weight -> !weight.hasGradient()).toList();
  }

  NDArray loss(NDArray x, NDArray target) {
    NDArray y = apply(stages, x);
    return switch (network.loss()) {
      case CROSS_ENTROPY ->
          crossEntropy.evaluate(new NDList(target), new NDList(y.reshape(-1, network.classes())));
      case MEAN_SQUARES -> y.sub(target).square().mean();
    };
  }

  private static NDArray apply(List<UnaryOperator<NDArray>> layers, NDArray x) {
    NDArray y = x;
    for (UnaryOperator<NDArray> layer : layers) {
      y = layer.apply(y);
    }
    return y;
  }

  @Override
  public UnaryOperator<NDArray> conv(Stage.Conv stage, String path) {
    NDArray weight = weights.get(path + "weight");
    NDArray bias = weights.get(path + "bias"); // null is DJL's word for none
    Shape padding = new Shape(stage.padding(), stage.padding());
    return in ->
        Conv2d.conv2d(in, weight, bias, ONE, padding, ONE, stage.groups()).singletonOrThrow();
  }

  @Override
  public UnaryOperator<NDArray> batchNorm(Stage.BatchNorm stage, String path) {
    NDArray scale = weights.get(path + "weight");
    NDArray shift = weights.get(path + "bias");
    NDArray mean = weights.get(path + "running_mean");
    NDArray variance = weights.get(path + "running_var");
    return in ->
        BatchNorm.batchNorm(in, mean, variance, scale, shift, 1, MOMENTUM, EPSILON, true)
            .singletonOrThrow();
  }

  @Override
  public UnaryOperator<NDArray> relu() {
    return Activation::relu;
  }

  @Override
  public UnaryOperator<NDArray> maxPool() {
    return in -> Pool.maxPool2d(in, TWO, TWO, new Shape(0, 0), false);
  }

  @Override
  public UnaryOperator<NDArray> flatten() {
    return in -> in.flatten(1, -1);
  }

  @Override
  public UnaryOperator<NDArray> dense(Stage.Dense stage, String path) {
    NDArray weight = weights.get(path + "weight");
    NDArray bias = weights.get(path + "bias");
    return in -> Linear.linear(in, weight, bias).singletonOrThrow();
  }

  @Override
  public UnaryOperator<NDArray> embedding(Stage.Embedding stage, String path) {
    NDArray table = weights.get(path + "weight");
    return in -> Embedding.embedding(in, table, SparseFormat.DENSE).singletonOrThrow();
  }

  @Override
  public UnaryOperator<NDArray> residual(List<UnaryOperator<NDArray>> body) {
    return in -> apply(body, in).add(in);
  }
}
