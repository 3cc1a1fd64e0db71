package org.adjoint.scalar;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** Several neurons that read the same inputs. */
public final class Layer {
  private final List<Neuron> neurons;

  private Layer(List<Neuron> neurons) {
    this.neurons = neurons;
  }

  /**
   * Returns a layer of {@code outputs} neurons; {@link Neuron#of} says how each begins.
   *
   * @throws IllegalArgumentException if {@code inputs} or {@code outputs} is less than 1
   */
  public static Layer of(
      Tape tape, int inputs, int outputs, UnaryOperator<Value> activation, RandomGenerator random) {
    if (outputs < 1) {
      throw new IllegalArgumentException("Layer: " + outputs + " outputs, at least 1 is needed");
    }
    return new Layer(
        IntStream.range(0, outputs)
            .mapToObj(i -> Neuron.of(tape, inputs, activation, random))
            .toList());
  }

  /** Returns the output of each neuron for values on the layer's tape. */
  public Value[] apply(Value... x) {
    return neurons.stream().map(n -> n.apply(x)).toArray(Value[]::new);
  }

  /** Returns the output of each neuron for plain numbers. */
  public Value[] apply(double... x) {
    return neurons.stream().map(n -> n.apply(x)).toArray(Value[]::new);
  }

  /** Returns the neurons. */
  public List<Neuron> neurons() {
    return neurons;
  }

  /** Returns every neuron's parameters, one neuron after the other. */
  public List<Value> parameters() {
    return neurons.stream().flatMap(n -> n.parameters().stream()).toList();
  }
}
