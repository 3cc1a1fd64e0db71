package org.adjoint.nn;

import java.util.Arrays;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Tensor;

/**
 * How a weight starts: a function of a key and a shape. The same key gives the same weights, bit
 * for bit. The static methods are the schemes of the literature and fit as method references
 * ({@code Init::heNormal}); a scheme of your own is a lambda.
 *
 * <p>Fans: a weight of shape [in, out] (the layout of {@link Linear}) has fan-in {@code in} and
 * fan-out {@code out}. With more axes the leading ones are a receptive field, [height, width, in,
 * out], and multiply both fans. All schemes keep the variance of what flows through a layer about
 * constant: He et al. of the signal behind a ReLU, which zeroes half of it; Glorot and Bengio of
 * signal and gradient at once, behind a function that is linear around 0.
 *
 * <p>Sources: K. He, X. Zhang, S. Ren, J. Sun, "Delving Deep into Rectifiers", ICCV 2015, equations
 * 10 and 14; X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward
 * neural networks", AISTATS 2010, equations 12 and 16.
 */
@FunctionalInterface
public interface Init {

  /**
   * Returns a starting value of type {@link DType#F32}.
   *
   * @param key where the randomness comes from; use each key once
   * @param dims the sizes of the weight's axes
   */
  Tensor sample(Key key, long... dims);

  /** Returns N(0, 2 / fan-in): for layers followed by a ReLU. */
  static Tensor heNormal(Key key, long... dims) {
    return gaussian(key, Math.sqrt(2.0 / Fans.of(dims).in()), dims);
  }

  /**
   * Returns U(−a, a) with a = √(6 / fan-in), the variance of {@link #heNormal}: for layers followed
   * by a ReLU.
   */
  static Tensor heUniform(Key key, long... dims) {
    return symmetric(key, Math.sqrt(6.0 / Fans.of(dims).in()), dims);
  }

  /** Returns N(0, 2 / (fan-in + fan-out)): for layers followed by tanh, a sigmoid or nothing. */
  static Tensor xavierNormal(Key key, long... dims) {
    return gaussian(key, Math.sqrt(2.0 / Fans.of(dims).sum()), dims);
  }

  /**
   * Returns U(−a, a) with a = √(6 / (fan-in + fan-out)): for layers followed by tanh, a sigmoid or
   * nothing.
   */
  static Tensor xavierUniform(Key key, long... dims) {
    return symmetric(key, Math.sqrt(6.0 / Fans.of(dims).sum()), dims);
  }

  /** Returns zeros: for biases. A weight that starts so keeps all units of its layer alike. */
  static Tensor zeros(Key key, long... dims) {
    return Tensor.zeros(DType.F32, dims);
  }

  /**
   * Returns the scheme N(0, std²), blind to the shape.
   *
   * @param std the standard deviation, ≥ 0
   * @throws IllegalArgumentException if {@code std} is negative or not finite
   */
  static Init normal(double std) {
    if (!(std >= 0 && std < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "normal: standard deviation " + std + " is not in [0, inf)");
    }
    return (key, dims) -> gaussian(key, std, dims);
  }

  private static Tensor gaussian(Key key, double std, long... dims) {
    return key.normal(DType.F32, dims).times(std);
  }

  private static Tensor symmetric(Key key, double limit, long... dims) {
    return key.uniform(DType.F32, dims).minus(0.5).times(2 * limit);
  }

  /**
   * How many inputs a unit of a layer sums up, and how many outputs an input reaches.
   *
   * @param in the fan-in
   * @param out the fan-out
   */
  record Fans(long in, long out) {

    /**
     * Returns the fans of a weight.
     *
     * @param dims [in, out] or [field …, in, out]
     * @throws IllegalArgumentException if there are fewer than two axes, or an axis is empty
     */
    public static Fans of(long... dims) {
      if (dims.length < 2 || Arrays.stream(dims).anyMatch(d -> d < 1)) {
        throw new IllegalArgumentException(
            "init: "
                + Arrays.toString(dims)
                + " has no fans; a weight is [in, out] or [field ..., in, out], each at least 1");
      }
      long field = 1;
      for (int i = 0; i < dims.length - 2; i++) {
        field = Math.multiplyExact(field, dims[i]);
      }
      return new Fans(
          Math.multiplyExact(field, dims[dims.length - 2]),
          Math.multiplyExact(field, dims[dims.length - 1]));
    }

    /** Returns fan-in plus fan-out. */
    public double sum() {
      return (double) in + out;
    }
  }
}
