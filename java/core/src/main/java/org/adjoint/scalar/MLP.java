package org.adjoint.scalar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/**
 * A multilayer perceptron of scalars: layers one after the other, the last one linear.
 *
 * <pre>
 * Tape tape = Tape.of("xor");
 * MLP model = MLP.of(tape, Value::tanh, new SplittableRandom(0), 2, 4, 1);
 * int mark = tape.mark();
 * for (int step = 0; step &lt; 500; step++) {
 *   Value loss = tape.value(0.0);
 *   for (double[] x : inputs) {
 *     loss = loss.add(model.apply(x)[0].sub(x[0] == x[1] ? 0 : 1).pow(2));
 *   }
 *   model.zeroGrad();
 *   loss.backward();
 *   model.step(0.1);
 *   tape.rewind(mark);
 * }
 * </pre>
 */
public final class MLP {
  private final List<Layer> layers;
  private final List<Value> parameters;

  private MLP(List<Layer> layers) {
    this.layers = layers;
    this.parameters = layers.stream().flatMap(layer -> layer.parameters().stream()).toList();
  }

  /**
   * Returns a network on {@code tape}; {@link Neuron#of} says how each neuron begins.
   *
   * @param activation of every layer but the last
   * @param sizes how many inputs, and then how many neurons each layer has
   * @throws IllegalArgumentException if there are fewer than two sizes, or one is less than 1
   */
  public static MLP of(
      Tape tape, UnaryOperator<Value> activation, RandomGenerator random, int... sizes) {
    if (sizes.length < 2) {
      throw new IllegalArgumentException(
          "MLP: sizes " + Arrays.toString(sizes) + ", at least an input and an output are needed");
    }
    List<Layer> layers = new ArrayList<>();
    for (int i = 1; i < sizes.length; i++) {
      UnaryOperator<Value> last = UnaryOperator.identity();
      UnaryOperator<Value> end = i == sizes.length - 1 ? last : activation;
      layers.add(Layer.of(tape, sizes[i - 1], sizes[i], end, random));
    }
    return new MLP(List.copyOf(layers));
  }

  /** Returns the outputs of the last layer for values on the network's tape. */
  public Value[] apply(Value... x) {
    return from(1, layers.get(0).apply(x));
  }

  /** Returns the outputs of the last layer for plain numbers. */
  public Value[] apply(double... x) {
    return from(1, layers.get(0).apply(x));
  }

  private Value[] from(int first, Value[] x) {
    Value[] y = x;
    for (Layer layer : layers.subList(first, layers.size())) {
      y = layer.apply(y);
    }
    return y;
  }

  /** Returns the layers, the one that reads the inputs first. */
  public List<Layer> layers() {
    return layers;
  }

  /** Returns every parameter, layer by layer. */
  public List<Value> parameters() {
    return parameters;
  }

  /** Sets the gradient of every parameter to 0. */
  public void zeroGrad() {
    parameters.forEach(Value::zeroGrad);
  }

  /** Takes one step of gradient descent: p − rate · p′ for every parameter. */
  public void step(double rate) {
    parameters.forEach(p -> p.set(p.data() - rate * p.grad()));
  }
}
