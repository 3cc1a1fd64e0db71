package org.adjoint.nn;

import java.util.List;
import java.util.function.UnaryOperator;
import org.adjoint.Tensor;

/**
 * A named elementwise function between two layers. The name is what model files store; to add a
 * function of your own, make a record with any other name, and to have model files know it, add it
 * to {@link #named}.
 *
 * @param name what model files and the command line call it
 * @param function the function itself; it keeps the shape
 */
public record Activation(String name, UnaryOperator<Tensor> function) implements Layer {

  /** The identity: a layer's output as it is. */
  public static final Activation IDENTITY = new Activation("identity", x -> x);

  /** max(x, 0), whose derivative at 0 is 0. */
  public static final Activation RELU = new Activation("relu", Tensor::relu);

  /** 1 / (1 + e⁻ˣ). */
  public static final Activation SIGMOID = new Activation("sigmoid", Tensor::sigmoid);

  /** The hyperbolic tangent. */
  public static final Activation TANH = new Activation("tanh", Tensor::tanh);

  private static final List<Activation> NAMED = List.of(IDENTITY, RELU, SIGMOID, TANH);

  /**
   * Returns x where x &gt; 0 and {@code slope}·x elsewhere, named {@code leakyRelu(slope)}.
   *
   * @param slope the factor below zero, such as 0.01
   * @throws IllegalArgumentException if the slope is not finite
   */
  public static Activation leakyRelu(double slope) {
    if (!Double.isFinite(slope)) {
      throw new IllegalArgumentException("leakyRelu: slope " + slope + " is not finite");
    }
    return new Activation("leakyRelu(" + slope + ")", x -> x.leakyRelu(slope));
  }

  /**
   * Returns the constant of this class with the given name.
   *
   * @throws IllegalArgumentException listing the known names, if it is none of them
   */
  public static Activation named(String name) {
    for (Activation activation : NAMED) {
      if (activation.name.equals(name)) {
        return activation;
      }
    }
    List<String> known = NAMED.stream().map(Activation::name).toList();
    throw new IllegalArgumentException("activation '" + name + "' is not one of " + known);
  }

  @Override
  public Tensor apply(Tensor x) {
    return function.apply(x);
  }

  /** Returns the name. */
  @Override
  public String toString() {
    return name;
  }
}
