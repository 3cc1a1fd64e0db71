package org.adjoint.nn;

import java.util.List;
import java.util.Optional;
import org.adjoint.Tensor;

/**
 * The sum of a layer's output and its input: y = body(x) + x, or body(x) + shortcut(x) where the
 * shapes differ.
 *
 * <p>Source: K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", CVPR
 * 2016, equations 1 and 2.
 *
 * @param body what is learnt beside the input
 * @param shortcut what brings the input into the output's shape; empty for the identity
 */
public record Residual(Layer body, Optional<Layer> shortcut) implements Layer {

  /** Returns the sum of a layer's output and its input. */
  public static Residual of(Layer body) {
    return new Residual(body, Optional.empty());
  }

  /** Returns the sum of the outputs of two layers. */
  public static Residual of(Layer body, Layer shortcut) {
    return new Residual(body, Optional.of(shortcut));
  }

  @Override
  public List<Child> children() {
    Child first = new Child("body", body);
    return shortcut.map(s -> List.of(first, new Child("shortcut", s))).orElse(List.of(first));
  }

  @Override
  public Tensor apply(Tensor x) {
    return apply(x, Training.OFF);
  }

  /**
   * Returns body(x) + shortcut(x).
   *
   * @throws IllegalArgumentException naming both shapes, if they differ
   */
  @Override
  public Tensor apply(Tensor x, Training training) {
    Tensor y = training.apply("body", body, x);
    Tensor past = shortcut.isPresent() ? training.apply("shortcut", shortcut.get(), x) : x;
    if (!y.shape().equals(past.shape())) {
      throw new IllegalArgumentException(
          "residual: the body makes "
              + y.shape()
              + " of "
              + x.shape()
              + ", and what it is added to is "
              + past.shape()
              + "; give it a shortcut that makes the same shape");
    }
    return y.plus(past);
  }
}
