package org.adjoint.nn;

import java.util.Arrays;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Loop;
import org.adjoint.Tensor;

/**
 * How a weight starts: a function of a key and a shape. The same key gives the same weights, bit
 * for bit. The static methods are the schemes of the literature and fit as method references
 * ({@code Init::heNormal}), or take a number and return the scheme ({@code Init.heNormal(gain)}); a
 * scheme of your own is a lambda.
 *
 * <p>Fans: a weight of shape [in, out] (the layout of {@link Linear}) has fan-in {@code in} and
 * fan-out {@code out}. With more axes the leading ones are a receptive field, [height, width, in,
 * out], and multiply both fans. All schemes keep the variance of what flows through a layer about
 * constant: He et al. of the signal behind a ReLU, which zeroes half of it; Glorot and Bengio of
 * signal and gradient at once, behind a function that is linear around 0. For other functions the
 * schemes take a gain, see {@link Activation#gain}, by which the signal shrinks in them.
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

  /**
   * Returns the scheme N(0, gain² / fan-in), of which {@link #heNormal(Key, long...)} is that for
   * √2.
   *
   * @throws IllegalArgumentException if the gain is negative or not finite
   */
  static Init heNormal(double gain) {
    checkFactor("heNormal: gain", gain);
    return (key, dims) -> gaussian(key, gain / Math.sqrt(Fans.of(dims).in()), dims);
  }

  /**
   * Returns the scheme U(−a, a) with a = gain · √(3 / fan-in), of which {@link #heUniform(Key,
   * long...)} is that for √2.
   *
   * @throws IllegalArgumentException if the gain is negative or not finite
   */
  static Init heUniform(double gain) {
    checkFactor("heUniform: gain", gain);
    return (key, dims) -> symmetric(key, gain * Math.sqrt(3.0 / Fans.of(dims).in()), dims);
  }

  /**
   * Returns the scheme N(0, gain² · 2 / (fan-in + fan-out)).
   *
   * @throws IllegalArgumentException if the gain is negative or not finite
   */
  static Init xavierNormal(double gain) {
    checkFactor("xavierNormal: gain", gain);
    return (key, dims) -> gaussian(key, gain * Math.sqrt(2.0 / Fans.of(dims).sum()), dims);
  }

  /**
   * Returns the scheme U(−a, a) with a = gain · √(6 / (fan-in + fan-out)).
   *
   * @throws IllegalArgumentException if the gain is negative or not finite
   */
  static Init xavierUniform(double gain) {
    checkFactor("xavierUniform: gain", gain);
    return (key, dims) -> symmetric(key, gain * Math.sqrt(6.0 / Fans.of(dims).sum()), dims);
  }

  /** Returns U(−a, a) with a = 1 / √fan-in: what PyTorch's linear layers and convolutions use. */
  static Tensor fanInUniform(Key key, long... dims) {
    return symmetric(key, 1 / Math.sqrt(Fans.of(dims).in()), dims);
  }

  /**
   * Returns the scheme U(−limit, limit), blind to the shape.
   *
   * @throws IllegalArgumentException if the limit is negative or not finite
   */
  static Init uniform(double limit) {
    checkFactor("uniform: limit", limit);
    return (key, dims) -> symmetric(key, limit, dims);
  }

  /**
   * Returns the scheme N(0, std²) without its tails: what lies beyond ±2·std is drawn again. Its
   * standard deviation is 0.88·std.
   *
   * @throws IllegalArgumentException if {@code std} is negative or not finite
   */
  static Init truncatedNormal(double std) {
    checkFactor("truncatedNormal: standard deviation", std);
    return (key, dims) -> {
      List<Tensor> drawn =
          Loop.whileTrue(
              (List<Tensor> c) -> c.get(0).abs().gt(2).any(),
              c -> {
                Tensor again = key.fold(c.get(1)).normal(DType.F32, dims);
                Tensor next = Tensor.where(c.get(0).abs().gt(2), again, c.get(0));
                return List.of(next, c.get(1).plus(Tensor.scalar(1L)));
              },
              List.of(key.normal(DType.F32, dims), Tensor.scalar(0L)));
      return drawn.get(0).times(std);
    };
  }

  /**
   * Returns the scheme of random orthogonal weights, uniform among all: as a matrix [field·in, out]
   * the columns, or the rows where they are fewer, are orthogonal and of length {@code gain}. It
   * keeps the length of what flows through.
   *
   * <p>Sources: A. Saxe, J. McClelland, S. Ganguli, "Exact solutions to the nonlinear dynamics of
   * learning in deep linear neural networks", ICLR 2014; F. Mezzadri, "How to generate random
   * matrices from the classical compact groups", Notices of the AMS 54 (2007), section 5.
   *
   * @throws IllegalArgumentException if the gain is negative or not finite
   */
  static Init orthogonal(double gain) {
    checkFactor("orthogonal: gain", gain);
    return (key, dims) -> {
      Fans.of(dims); // a matrix at least
      int columns = Math.toIntExact(dims[dims.length - 1]);
      double[] normal = key.normal(DType.F64, dims).toDoubleArray();
      double[][] orthogonal = Orthogonal.of(normal, normal.length / columns, columns);
      float[] values = new float[normal.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (gain * orthogonal[i / columns][i % columns]);
      }
      return Tensor.of(values, dims);
    };
  }

  /**
   * Returns the scheme N(0, std²) with zeros in it: of the weights of each unit, along all axes but
   * the last, the share {@code zeros}, rounded up. (PyTorch's {@code sparse_} thins out what an
   * input reaches.)
   *
   * <p>Source: J. Martens, "Deep learning via Hessian-free optimization", ICML 2010, section 5.
   *
   * @throws IllegalArgumentException if the share is not in [0, 1], or {@code std} is negative or
   *     not finite
   */
  static Init sparse(double zeros, double std) {
    if (!(zeros >= 0 && zeros <= 1)) {
      throw new IllegalArgumentException("sparse: share of zeros " + zeros + " is not in [0, 1]");
    }
    checkFactor("sparse: standard deviation", std);
    return (key, dims) -> {
      Fans fans = Fans.of(dims);
      long units = dims[dims.length - 1];
      Tensor rank = key.fold(1).uniform(DType.F32, fans.in(), units).argsort(0).argsort(0);
      Tensor kept = rank.ge(Math.ceil(zeros * fans.in())).reshape(dims);
      return Tensor.where(kept, gaussian(key, std, dims), Tensor.scalar(0, DType.F32));
    };
  }

  /**
   * Returns the identity, cut or filled up with zeros where in and out differ: with a receptive
   * field it stands at the field's centre, so that a convolution passes its input on.
   */
  static Tensor identity(Key key, long... dims) {
    Fans.of(dims); // a matrix at least
    int field = dims.length - 2;
    Tensor eye = Tensor.eye(DType.F32, dims[field], dims[field + 1]);
    for (int axis = field - 1; axis >= 0; axis--) {
      eye = eye.unsqueeze(0).pad(0, dims[axis] / 2, dims[axis] - 1 - dims[axis] / 2, 0);
    }
    return eye;
  }

  /** Returns ones: for gains. */
  static Tensor ones(Key key, long... dims) {
    return Tensor.ones(DType.F32, dims);
  }

  /** Returns the scheme of one number everywhere. */
  static Init constant(double value) {
    return (key, dims) -> Tensor.full(value, DType.F32, dims);
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
    checkFactor("normal: standard deviation", std);
    return (key, dims) -> gaussian(key, std, dims);
  }

  private static void checkFactor(String what, double factor) {
    if (!(factor >= 0 && factor < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(what + " " + factor + " is not in [0, inf)");
    }
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
