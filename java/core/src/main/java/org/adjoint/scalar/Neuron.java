package org.adjoint.scalar;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * One neuron: activation(w · x + b), every weight a {@link Value}. For lessons; {@code
 * org.adjoint.nn} has the layers to train with.
 */
public final class Neuron {
  private final List<Value> weights;
  private final Value bias;
  private final UnaryOperator<Value> activation;

  private Neuron(List<Value> weights, Value bias, UnaryOperator<Value> activation) {
    this.weights = weights;
    this.bias = bias;
    this.activation = Objects.requireNonNull(activation, "activation");
  }

  /**
   * Returns a neuron on {@code tape} with weights uniform in [−1, 1) and bias 0.
   *
   * @param inputs how many numbers it reads, at least 1
   * @param activation for example {@code Value::tanh}, or {@code UnaryOperator.identity()}
   * @throws IllegalArgumentException if {@code inputs} is less than 1
   */
  public static Neuron of(
      Tape tape, int inputs, UnaryOperator<Value> activation, RandomGenerator random) {
    if (inputs < 1) {
      throw new IllegalArgumentException("Neuron: " + inputs + " inputs, at least 1 is needed");
    }
    List<Value> weights =
        IntStream.range(0, inputs).mapToObj(i -> tape.value(2 * random.nextDouble() - 1)).toList();
    return new Neuron(weights, tape.value(0.0), activation);
  }

  /**
   * Returns the output for values on the neuron's tape.
   *
   * @throws IllegalArgumentException if there are more or fewer than the neuron has weights
   */
  public Value apply(Value... x) {
    checkCount(x.length);
    Value sum = bias;
    for (int i = 0; i < x.length; i++) {
      sum = sum.add(weights.get(i).mul(x[i]));
    }
    return activation.apply(sum);
  }

  /**
   * Returns the output for plain numbers.
   *
   * @throws IllegalArgumentException if there are more or fewer than the neuron has weights
   */
  public Value apply(double... x) {
    checkCount(x.length);
    Value sum = bias;
    for (int i = 0; i < x.length; i++) {
      sum = sum.add(weights.get(i).mul(x[i]));
    }
    return activation.apply(sum);
  }

  private void checkCount(int got) {
    if (got != weights.size()) {
      throw new IllegalArgumentException(
          "Neuron: " + got + " inputs for " + weights.size() + " weights");
    }
  }

  /** Returns the weights in the order of the inputs. */
  public List<Value> weights() {
    return weights;
  }

  /** Returns the bias. */
  public Value bias() {
    return bias;
  }

  /** Returns the weights and then the bias. */
  public List<Value> parameters() {
    List<Value> all = new ArrayList<>(weights);
    all.add(bias);
    return List.copyOf(all);
  }
}
