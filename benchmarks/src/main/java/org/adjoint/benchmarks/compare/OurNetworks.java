package org.adjoint.benchmarks.compare;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.adjoint.Attention;
import org.adjoint.Convolution;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.Vmap;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Embedding;
import org.adjoint.nn.Flatten;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Linear;
import org.adjoint.nn.Losses;
import org.adjoint.nn.Origin;
import org.adjoint.nn.Residual;
import org.adjoint.nn.Sequential;
import org.adjoint.nn.Training;
import org.adjoint.nn.attention.MultiHeadAttention;
import org.adjoint.nn.attention.TransformerEncoderLayer;
import org.adjoint.nn.attention.TransformerOptions;
import org.adjoint.nn.format.TorchWeights;
import org.adjoint.nn.image.Conv;
import org.adjoint.nn.image.Pool;
import org.adjoint.nn.norm.BatchNorm;
import org.adjoint.nn.recurrent.Cell;
import org.adjoint.nn.recurrent.Recurrent;

/** The networks of the rows, made of Adjoint's layers, and what rows ask of them as graphs. */
public final class OurNetworks {
  private static final double EPSILON = 1e-5;
  private static final Origin ORIGIN = Origin.of(Key.of(0));

  /** Nothing here draws, so one key does for every step. */
  private static final Training TRAINING = Training.of(Key.of(0));

  private OurNetworks() {}

  /** Returns the network with its weights. */
  public static Layer of(Network network) {
    Layer model = Sequential.of(network.build(new Made()));
    // What the data do not have stays as it is: counts of batches, which nothing reads.
    Map<String, Tensor> weights = TorchWeights.of(model);
    weights.putAll(
        network.read((weight, data) -> Tensor.of(data, Network.dims(weight.dims())).eval()));
    TorchWeights.load(model, weights);
    return model;
  }

  /** Returns the batch: the input, then labels or targets. */
  public static List<Tensor> batch(Network network) {
    long[] dims = Network.dims(network.input());
    int size = Network.size(network.input());
    Tensor x =
        network.vocabulary() > 0
            ? Tensor.of(Numbers.labels(1, size, network.vocabulary()), dims)
            : Tensor.of(Numbers.uniform(1, size, -1, 1), dims);
    long[] out = Network.dims(network.output());
    Tensor target =
        switch (network.loss()) {
          case CROSS_ENTROPY ->
              Tensor.of(Numbers.labels(2, network.rows(), network.classes()), labels(out));
          case MEAN_SQUARES ->
              Tensor.of(Numbers.uniform(2, Network.size(network.output()), -1, 1), out);
        };
    return List.of(x.eval(), target.eval());
  }

  private static long[] labels(long[] output) {
    return Arrays.copyOf(output, output.length - 1);
  }

  /** Returns the loss of a batch in training. */
  public static Tensor loss(Network network, Layer model, List<Tensor> batch) {
    return loss(network, model.apply(batch.get(0), TRAINING), batch.get(1));
  }

  private static Tensor loss(Network network, Tensor y, Tensor target) {
    return switch (network.loss()) {
      case CROSS_ENTROPY -> Losses.softmaxCrossEntropy(y, target);
      case MEAN_SQUARES -> Losses.mse(y, target);
    };
  }

  /** Returns the loss of a batch in training, then its gradient by each parameter. */
  public static List<Tensor> gradients(Network network, Layer model, List<Tensor> batch) {
    Tensor loss = loss(network, model, batch);
    List<Tensor> results = new ArrayList<>(List.of(loss));
    results.addAll(Grad.grad(loss, model.parameters()));
    return results;
  }

  /** Returns the sums of the clipped gradients of each example, a tensor for each parameter. */
  public static List<Tensor> perExample(
      Workload.PerExample workload, Layer model, List<Tensor> batch) {
    List<Parameter> parameters = model.parameters();
    List<Tensor> clipped =
        Vmap.ofList(
                example -> {
                  // A batch of one: layers know no input without it.
                  List<Tensor> one = example.stream().map(x -> x.unsqueeze(0)).toList();
                  Training training = TRAINING.still();
                  Tensor y = model.apply(one.get(0), training);
                  List<Tensor> gradients =
                      Grad.grad(loss(workload.network(), y, one.get(1)), parameters);
                  return clipped(gradients, workload.bound());
                })
            .apply(batch);
    return clipped.stream().map(gradient -> gradient.sum(0)).toList();
  }

  private static List<Tensor> clipped(List<Tensor> gradients, double bound) {
    Tensor squares =
        gradients.stream().map(g -> g.square().sum()).reduce(Tensor::plus).orElseThrow();
    Tensor factor = squares.rsqrt().times(bound).minimum(1);
    return gradients.stream().map(gradient -> gradient.times(factor)).toList();
  }

  /** Returns the inputs of a function, then the cotangent of its value. */
  public static List<Tensor> inputs(Workload.Vjp workload) {
    List<List<Integer>> shapes = new ArrayList<>(workload.inputs());
    shapes.add(workload.dims());
    List<Tensor> inputs = new ArrayList<>();
    for (List<Integer> shape : shapes) {
      float[] data = Numbers.uniform(1 + inputs.size(), Network.size(shape), -1, 1);
      inputs.add(Tensor.of(data, Network.dims(shape)).eval());
    }
    return inputs;
  }

  /** Returns the function's value, then its gradients by each input. */
  public static List<Tensor> vjp(Workload.Vjp workload, List<Tensor> at) {
    Tensor a = at.get(0);
    Tensor b = at.get(1);
    Tensor c = at.get(2);
    Tensor y =
        switch (workload.function()) {
          case LAYER_NORM -> a.layerNorm(b, c, EPSILON);
          case BATCH_NORM -> a.standardize(new int[] {0}, b, c, EPSILON).y();
          case ATTENTION -> Attention.of(a, b, c).output();
        };
    List<Tensor> results = new ArrayList<>(List.of(y));
    results.addAll(Grad.vjp(y, at.get(3), a, b, c));
    return results;
  }

  /** Fresh layers: the weights come afterwards. */
  private static final class Made implements Layers<Layer> {
    @Override
    public Layer conv(Stage.Conv stage, String path) {
      Convolution form = Convolution.of(2).padding(stage.padding()).groups(stage.groups());
      return stage.biased()
          ? Conv.of(ORIGIN, stage.in(), stage.out(), form, stage.kernel())
          : Conv.unbiased(ORIGIN, stage.in(), stage.out(), form, stage.kernel());
    }

    @Override
    public Layer batchNorm(Stage.BatchNorm stage, String path) {
      return BatchNorm.of(ORIGIN, stage.channels());
    }

    @Override
    public Layer relu() {
      return Activation.RELU;
    }

    @Override
    public Layer maxPool() {
      return Pool.max(2, 2);
    }

    @Override
    public Layer flatten() {
      return new Flatten();
    }

    @Override
    public Layer dense(Stage.Dense stage, String path) {
      return Linear.of(ORIGIN, stage.in(), stage.out());
    }

    @Override
    public Layer recurrent(Stage.Recurrent stage, String path) {
      Cell cell = stage.isGru() ? Cell.GRU : Cell.LSTM;
      return Recurrent.of(
          ORIGIN, Recurrent.Options.of(cell, stage.in(), stage.hidden()).layers(stage.layers()));
    }

    @Override
    public Layer last() {
      return x -> x.transpose(0, 1).get(-1);
    }

    @Override
    public Layer embedding(Stage.Embedding stage, String path) {
      return Embedding.of(ORIGIN, stage.count(), stage.size());
    }

    @Override
    public Layer transformer(Stage.Transformer stage, String path) {
      MultiHeadAttention.Options heads =
          MultiHeadAttention.Options.of(stage.width(), stage.heads()).causally();
      return TransformerEncoderLayer.of(
          ORIGIN,
          TransformerOptions.of(heads, stage.hidden())
              .activation(Activation.GELU)
              .dropout(0)
              .normFirst());
    }

    @Override
    public Layer residual(List<Layer> body) {
      return Residual.of(Sequential.of(body));
    }
  }
}
