package org.adjoint.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Tensor;

/**
 * A multilayer perceptron: {@link Linear} layers {@code fc1}, {@code fc2}, … with one activation
 * between them and another behind the last. For anything with a different activation here and
 * there, use {@link Sequential}.
 *
 * @param linears the layers, first applied first; at least one
 * @param hidden the activation between two layers
 * @param output the activation behind the last layer
 */
public record Mlp(List<Linear> linears, Activation hidden, Activation output) implements Layer {

  /**
   * Makes the network from layers that exist; the list is copied.
   *
   * @throws IllegalArgumentException if there is no layer, or neighbours do not fit together
   */
  public Mlp {
    linears = List.copyOf(linears);
    if (linears.isEmpty()) {
      throw new IllegalArgumentException("mlp: at least one layer is needed");
    }
    for (int i = 1; i < linears.size(); i++) {
      if (linears.get(i - 1).weight().dim(1) != linears.get(i).weight().dim(0)) {
        throw new IllegalArgumentException(
            "mlp: layer "
                + i
                + " returns "
                + linears.get(i - 1).weight().dim(1)
                + " columns and layer "
                + (i + 1)
                + " takes "
                + linears.get(i).weight().dim(0));
      }
    }
  }

  /**
   * Returns a network with fresh weights and biases of zeros.
   *
   * @param sizes the columns of the input, of each hidden layer and of the output: 64, 128, 64, 10
   * @param hidden the activation between two layers
   * @param output the activation behind the last layer: {@link Activation#IDENTITY} for logits
   * @param init how each weight starts
   * @param key folded with the number of the layer, from 1
   * @throws IllegalArgumentException if there are fewer than two sizes, or one is below 1
   */
  public static Mlp of(
      List<Integer> sizes, Activation hidden, Activation output, Init init, Key key) {
    if (sizes.size() < 2 || sizes.stream().anyMatch(size -> size < 1)) {
      throw new IllegalArgumentException(
          "mlp: sizes " + sizes + " are not two or more numbers, each at least 1");
    }
    List<Linear> linears = new ArrayList<>();
    for (int i = 1; i < sizes.size(); i++) {
      Tensor weight = init.sample(key.fold(i), sizes.get(i - 1), sizes.get(i));
      Tensor bias = Tensor.zeros(weight.dtype(), sizes.get(i));
      linears.add(
          new Linear(
              Parameter.of(weight, name(i) + ".weight"), Parameter.of(bias, name(i) + ".bias")));
    }
    return new Mlp(linears, hidden, output);
  }

  /**
   * Returns the network over the same parameters whose layers multiply in another dtype: {@link
   * DType#BF16} makes it mixed precision. Parameters, gradients and whatever an optimizer keeps
   * stay F32; a loss needs no scaling, since BF16 has the range of F32.
   *
   * @throws IllegalArgumentException naming both dtypes, if the weights are not F32 and the dtype
   *     is not their own
   */
  public Mlp computeIn(DType dtype) {
    return new Mlp(
        linears.stream().map(linear -> linear.computeIn(dtype)).toList(), hidden, output);
  }

  /** Returns the columns of the input, of each hidden layer and of the output. */
  public List<Integer> sizes() {
    List<Integer> sizes = new ArrayList<>();
    sizes.add(Math.toIntExact(linears.get(0).weight().dim(0)));
    for (Linear linear : linears) {
      sizes.add(Math.toIntExact(linear.weight().dim(1)));
    }
    return List.copyOf(sizes);
  }

  /**
   * Returns the network's output, of shape [n, out].
   *
   * @param x of shape [n, in]
   */
  @Override
  public Tensor apply(Tensor x) {
    return apply(x, Training.OFF);
  }

  @Override
  public Tensor apply(Tensor x, Training training) {
    Tensor y = x;
    for (int i = 0; i < linears.size(); i++) {
      Activation activation = i + 1 < linears.size() ? hidden : output;
      y = activation.apply(training.apply(name(i + 1), linears.get(i), y));
    }
    return y;
  }

  /** Returns the linear layers, {@code fc1} first. */
  @Override
  public List<Child> children() {
    List<Child> children = new ArrayList<>();
    for (int i = 0; i < linears.size(); i++) {
      children.add(new Child(name(i + 1), linears.get(i)));
    }
    return children;
  }

  private static String name(int number) {
    return "fc" + number;
  }

  /** Returns the sizes and the hidden activation as {@code 64-128-64-10 relu}. */
  @Override
  public String toString() {
    return sizes().stream().map(String::valueOf).collect(Collectors.joining("-")) + " " + hidden;
  }
}
