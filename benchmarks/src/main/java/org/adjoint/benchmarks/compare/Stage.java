package org.adjoint.benchmarks.compare;

import java.util.ArrayList;
import java.util.List;

/**
 * A layer of a {@link Network} as data: its sizes, its weights in PyTorch's layouts, and what it
 * costs. A new kind is one record here and one method of {@link Layers}.
 */
public sealed interface Stage {

  /** Returns the shape of the output for an input of this shape, the batch first. */
  default List<Integer> output(List<Integer> input) {
    return input;
  }

  /** Returns how many products the forward pass adds up; the gradients take twice as many. */
  default double multiplyAdds(List<Integer> input) {
    return 0;
  }

  /** Returns how many of these the gradient by the input takes, which a first stage needs not. */
  default double inputMultiplyAdds(List<Integer> input) {
    return multiplyAdds(input);
  }

  /** Returns the weights of the stage itself. */
  default List<Weight> weights() {
    return List.of();
  }

  /** Returns the layer that a library makes of this; {@code path} begins its weights' names. */
  <L> L build(Layers<L> layers, String path);

  /**
   * A weight, uniform in [low, high); a buffer is a number, and not trained.
   *
   * @param name what PyTorch calls it
   * @param low the least element
   * @param high what all elements are below, or {@code low} if all are that
   * @param trained whether it is trained
   * @param dims its shape
   */
  record Weight(String name, double low, double high, boolean trained, List<Integer> dims) {

    static Weight within(String name, double bound, Integer... dims) {
      return new Weight(name, -bound, bound, true, List.of(dims));
    }

    /** Returns a weight whose products of {@code fan} terms keep the size of what comes in. */
    static Weight fan(String name, int fan, Integer... dims) {
      return within(name, Math.sqrt(3.0 / fan), dims);
    }

    static Weight bias(String name, int size) {
      return within(name, 0.1, size);
    }

    static Weight scale(String name, int size) {
      return new Weight(name, 0.5, 1.5, true, List.of(size));
    }

    static Weight buffer(String name, double value, int size) {
      return new Weight(name, value, value, false, List.of(size));
    }

    /** Returns how many elements it has. */
    public int size() {
      return Network.size(dims);
    }
  }

  /**
   * A convolution of images with square kernels and stride 1.
   *
   * @param in the channels of the input
   * @param out the channels of the output
   * @param kernel the rows and columns of a kernel
   * @param padding the zeros around an image
   * @param groups into how many parts the channels are divided
   * @param biased whether it has a bias
   */
  record Conv(int in, int out, int kernel, int padding, int groups, boolean biased)
      implements Stage {
    @Override
    public List<Integer> output(List<Integer> x) {
      int cut = kernel - 1 - 2 * padding;
      return List.of(x.get(0), out, x.get(2) - cut, x.get(3) - cut);
    }

    @Override
    public double multiplyAdds(List<Integer> x) {
      return (double) Network.size(output(x)) * (in / groups) * kernel * kernel;
    }

    @Override
    public List<Weight> weights() {
      int fan = in / groups * kernel * kernel;
      Weight weight = Weight.fan("weight", fan, out, in / groups, kernel, kernel);
      return biased ? List.of(weight, Weight.bias("bias", out)) : List.of(weight);
    }

    @Override
    public <L> L build(Layers<L> layers, String path) {
      return layers.conv(this, path);
    }
  }

  /**
   * Batch normalisation of images in training: the running statistics move.
   *
   * @param channels the channels
   */
  record BatchNorm(int channels) implements Stage {
    @Override
    public List<Weight> weights() {
      return List.of(
          Weight.scale("weight", channels),
          Weight.bias("bias", channels),
          Weight.buffer("running_mean", 0, channels),
          Weight.buffer("running_var", 1, channels));
    }

    @Override
    public <L> L build(Layers<L> layers, String path) {
      return layers.batchNorm(this, path);
    }
  }

  /** max(x, 0). */
  record Relu() implements Stage {
    @Override
    public <L> L build(Layers<L> layers, String path) {
      return layers.relu();
    }
  }

  /** The largest of 2×2 elements of an image. */
  record MaxPool() implements Stage {
    @Override
    public List<Integer> output(List<Integer> x) {
      return List.of(x.get(0), x.get(1), x.get(2) / 2, x.get(3) / 2);
    }

    @Override
    public <L> L build(Layers<L> layers, String path) {
      return layers.maxPool();
    }
  }

  /** All axes of an example as one. */
  record Flatten() implements Stage {
    @Override
    public List<Integer> output(List<Integer> x) {
      return List.of(x.get(0), Network.size(x) / x.get(0));
    }

    @Override
    public <L> L build(Layers<L> layers, String path) {
      return layers.flatten();
    }
  }

  /**
   * x·Wᵀ + b along the last axis.
   *
   * @param in the columns of the input
   * @param out the columns of the output
   */
  record Dense(int in, int out) implements Stage {
    @Override
    public List<Integer> output(List<Integer> x) {
      return Network.withLast(x, out);
    }

    @Override
    public double multiplyAdds(List<Integer> x) {
      return (double) Network.size(x) * out;
    }

    @Override
    public List<Weight> weights() {
      return List.of(Weight.fan("weight", in, out, in), Weight.bias("bias", out));
    }

    @Override
    public <L> L build(Layers<L> layers, String path) {
      return layers.dense(this, path);
    }
  }

  /**
   * An LSTM or a GRU over sequences [n, length, in] that starts with zeros.
   *
   * @param gates {@link #LSTM} or {@link #GRU}
   * @param in the columns of the input
   * @param hidden the size of the state
   * @param layers the layers over each other
   */
  record Recurrent(int gates, int in, int hidden, int layers) implements Stage {
    /** The gates of an LSTM. */
    public static final int LSTM = 4;

    /** The gates of a GRU. */
    public static final int GRU = 3;

    /** Returns whether it is a GRU, else it is an LSTM. */
    public boolean isGru() {
      return gates == GRU;
    }

    @Override
    public List<Integer> output(List<Integer> x) {
      return Network.withLast(x, hidden);
    }

    @Override
    public double multiplyAdds(List<Integer> x) {
      double places = (double) x.get(0) * x.get(1);
      return places * gates * hidden * (in + hidden * (2.0 * layers - 1));
    }

    @Override
    public double inputMultiplyAdds(List<Integer> x) {
      return (double) Network.size(x) * gates * hidden;
    }

    @Override
    public List<Weight> weights() {
      List<Weight> weights = new ArrayList<>();
      double bound = 1 / Math.sqrt(hidden);
      for (int layer = 0; layer < layers; layer++) {
        int from = layer == 0 ? in : hidden;
        weights.add(Weight.within("weight_ih_l" + layer, bound, gates * hidden, from));
        weights.add(Weight.within("weight_hh_l" + layer, bound, gates * hidden, hidden));
        weights.add(Weight.within("bias_ih_l" + layer, bound, gates * hidden));
        weights.add(Weight.within("bias_hh_l" + layer, bound, gates * hidden));
      }
      return weights;
    }

    @Override
    public <L> L build(Layers<L> layers, String path) {
      return layers.recurrent(this, path);
    }
  }

  /** The last place of each sequence [n, length, columns]. */
  record Last() implements Stage {
    @Override
    public List<Integer> output(List<Integer> x) {
      return List.of(x.get(0), x.get(2));
    }

    @Override
    public <L> L build(Layers<L> layers, String path) {
      return layers.last();
    }
  }

  /**
   * Vectors looked up by their number.
   *
   * @param count how many there are
   * @param size their elements
   */
  record Embedding(int count, int size) implements Stage {
    @Override
    public List<Integer> output(List<Integer> x) {
      return Network.withLast(Network.appended(x), size);
    }

    @Override
    public List<Weight> weights() {
      return List.of(Weight.within("weight", 1, count, size));
    }

    @Override
    public <L> L build(Layers<L> layers, String path) {
      return layers.embedding(this, path);
    }
  }

  /**
   * A layer of a transformer over [n, tokens, width] with causal attention: x + attention(norm(x)),
   * then x + W₂·gelu(W₁·norm(x)), without dropout.
   *
   * @param width the size of a token
   * @param heads the heads
   * @param hidden the rows of W₁
   */
  record Transformer(int width, int heads, int hidden) implements Stage {
    @Override
    public double multiplyAdds(List<Integer> x) {
      double places = (double) x.get(0) * x.get(1);
      return places * width * (4.0 * width + 2.0 * hidden + scores(x.get(1)));
    }

    /** Half of the keys are hidden from a query, in the mean: two products over the other half. */
    private static double scores(int tokens) {
      return tokens + 1;
    }

    @Override
    public List<Weight> weights() {
      return List.of(
          Weight.fan("self_attn.in_proj_weight", width, 3 * width, width),
          Weight.bias("self_attn.in_proj_bias", 3 * width),
          Weight.fan("self_attn.out_proj.weight", width, width, width),
          Weight.bias("self_attn.out_proj.bias", width),
          Weight.fan("linear1.weight", width, hidden, width),
          Weight.bias("linear1.bias", hidden),
          Weight.fan("linear2.weight", hidden, width, hidden),
          Weight.bias("linear2.bias", width),
          Weight.scale("norm1.weight", width),
          Weight.bias("norm1.bias", width),
          Weight.scale("norm2.weight", width),
          Weight.bias("norm2.bias", width));
    }

    @Override
    public <L> L build(Layers<L> layers, String path) {
      return layers.transformer(this, path);
    }
  }

  /**
   * Stages beside the identity: body(x) + x.
   *
   * @param body the stages, whose output has the input's shape
   */
  record Residual(List<Stage> body) implements Stage {
    @Override
    public double multiplyAdds(List<Integer> x) {
      return Network.multiplyAdds(body, x);
    }

    @Override
    public double inputMultiplyAdds(List<Integer> x) {
      return body.get(0).inputMultiplyAdds(x);
    }

    @Override
    public <L> L build(Layers<L> layers, String path) {
      return layers.residual(Network.build(body, layers, path + "body."));
    }
  }
}
