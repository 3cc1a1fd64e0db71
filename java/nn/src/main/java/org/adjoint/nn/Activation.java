package org.adjoint.nn;

import java.util.List;
import java.util.function.UnaryOperator;
import org.adjoint.Tensor;

/**
 * A named elementwise function between two layers. The name is what model files store; to add a
 * function of your own, make a record with any other name, and to have model files know it, add it
 * to {@link #named}.
 *
 * <p>Formulas and constants are those of {@code torch.nn.functional}.
 *
 * @param name what model files and the command line call it
 * @param function the function itself; it keeps the shape
 * @param gain by what a weight in front of it is to be larger than one in front of nothing, as
 *     {@code torch.nn.init.calculate_gain} has it: for {@link Init#heNormal(double)} and its like
 */
public record Activation(String name, UnaryOperator<Tensor> function, double gain)
    implements Layer {

  /** The identity: a layer's output as it is. */
  public static final Activation IDENTITY = new Activation("identity", x -> x);

  /** max(x, 0), whose derivative at 0 is 0. */
  public static final Activation RELU = new Activation("relu", Tensor::relu, Math.sqrt(2));

  /** max(x, 0), at most 6. */
  public static final Activation RELU6 = new Activation("relu6", x -> x.clamp(0, 6), Math.sqrt(2));

  /** 1 / (1 + e⁻ˣ). */
  public static final Activation SIGMOID = new Activation("sigmoid", Tensor::sigmoid);

  /** The hyperbolic tangent. */
  public static final Activation TANH = new Activation("tanh", Tensor::tanh, 5.0 / 3);

  /** x·Φ(x), see {@link Tensor#gelu}. */
  public static final Activation GELU = new Activation("gelu", Tensor::gelu);

  /** Its approximation by a tanh, see {@link Tensor#geluTanh}. */
  public static final Activation GELU_TANH = new Activation("geluTanh", Tensor::geluTanh);

  /** x·σ(x), also called swish. */
  public static final Activation SILU = new Activation("silu", Tensor::silu);

  /** x·tanh(log(1 + eˣ)). */
  public static final Activation MISH = new Activation("mish", Tensor::mish);

  /** x where x &gt; 0, eˣ − 1 elsewhere. */
  public static final Activation ELU = new Activation("elu", x -> x.elu(1));

  /** The exponential unit that keeps mean and variance, see {@link Tensor#selu}. */
  public static final Activation SELU = new Activation("selu", Tensor::selu, 0.75);

  /** log(1 + eˣ). */
  public static final Activation SOFTPLUS = new Activation("softplus", Tensor::softplus);

  /** x / (1 + |x|). */
  public static final Activation SOFTSIGN = new Activation("softsign", x -> x.div(x.abs().plus(1)));

  /** log σ(x). */
  public static final Activation LOG_SIGMOID = new Activation("logSigmoid", Tensor::logSigmoid);

  /** x between −1 and 1, these elsewhere. */
  public static final Activation HARD_TANH = new Activation("hardTanh", Tensor::hardTanh);

  /** (x + 3) / 6 between 0 and 1, these elsewhere. */
  public static final Activation HARD_SIGMOID =
      new Activation("hardSigmoid", x -> x.plus(3).clamp(0, 6).div(6));

  /** x times {@link #HARD_SIGMOID}. */
  public static final Activation HARD_SWISH =
      new Activation("hardSwish", x -> x.times(x.plus(3).clamp(0, 6)).div(6));

  /** x − tanh x. */
  public static final Activation TANH_SHRINK = new Activation("tanhShrink", x -> x.minus(x.tanh()));

  private static final List<Activation> NAMED =
      List.of(
          IDENTITY,
          RELU,
          RELU6,
          SIGMOID,
          TANH,
          GELU,
          GELU_TANH,
          SILU,
          MISH,
          ELU,
          SELU,
          SOFTPLUS,
          SOFTSIGN,
          LOG_SIGMOID,
          HARD_TANH,
          HARD_SIGMOID,
          HARD_SWISH,
          TANH_SHRINK);

  /** Makes a function in front of which weights are as large as in front of nothing. */
  public Activation(String name, UnaryOperator<Tensor> function) {
    this(name, function, 1);
  }

  /**
   * Returns x where x &gt; 0 and {@code slope}·x elsewhere, named {@code leakyRelu(slope)}.
   *
   * @param slope the factor below zero, such as 0.01
   * @throws IllegalArgumentException if the slope is not finite
   */
  public static Activation leakyRelu(double slope) {
    check("leakyRelu: slope", slope);
    return new Activation(
        "leakyRelu(" + slope + ")", x -> x.leakyRelu(slope), Math.sqrt(2 / (1 + slope * slope)));
  }

  /**
   * Returns x where x &gt; 0 and {@code alpha}·(eˣ − 1) elsewhere, named {@code elu(alpha)}.
   *
   * @throws IllegalArgumentException if alpha is not finite
   */
  public static Activation elu(double alpha) {
    check("elu: alpha", alpha);
    return new Activation("elu(" + alpha + ")", x -> x.elu(alpha));
  }

  /**
   * Returns x where x &gt; 0 and {@code alpha}·(e^(x/alpha) − 1) elsewhere, which has no kink at 0;
   * named {@code celu(alpha)}.
   *
   * @throws IllegalArgumentException if alpha is not finite, or zero
   */
  public static Activation celu(double alpha) {
    check("celu: alpha", alpha);
    if (alpha == 0) {
      throw new IllegalArgumentException("celu: alpha is zero, by which x is divided");
    }
    return new Activation(
        "celu(" + alpha + ")", x -> x.relu().plus(x.minimum(0).div(alpha).expm1().times(alpha)));
  }

  /**
   * Returns x where |x| &gt; lambda and 0 elsewhere, named {@code hardShrink(lambda)}.
   *
   * @throws IllegalArgumentException if lambda is not finite
   */
  public static Activation hardShrink(double lambda) {
    check("hardShrink: lambda", lambda);
    return new Activation("hardShrink(" + lambda + ")", x -> x.maskedFill(x.abs().le(lambda), 0));
  }

  /**
   * Returns x moved by {@code lambda} towards 0, and 0 where it is nearer; named {@code
   * softShrink(lambda)}.
   *
   * @throws IllegalArgumentException if lambda is negative or not finite
   */
  public static Activation softShrink(double lambda) {
    check("softShrink: lambda", lambda);
    if (lambda < 0) {
      throw new IllegalArgumentException("softShrink: lambda " + lambda + " is negative");
    }
    return new Activation(
        "softShrink(" + lambda + ")",
        x -> x.minus(lambda).relu().minus(x.neg().minus(lambda).relu()));
  }

  private static void check(String what, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(what + " " + value + " is not finite");
    }
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
