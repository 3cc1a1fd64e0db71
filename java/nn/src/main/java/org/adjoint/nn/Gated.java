package org.adjoint.nn;

import java.util.List;
import org.adjoint.Tensor;

/**
 * A linear layer behind a gate: activation(gate(x)) ⊙ value(x).
 *
 * <p>Source: N. Shazeer, "GLU Variants Improve Transformer", 2020, equations 5 and 6.
 *
 * @param gate what opens the gate
 * @param value what passes it
 * @param activation how far the gate opens
 */
public record Gated(Linear gate, Linear value, Activation activation) implements Layer {

  /** Returns fresh layers without bias, gated by {@link Activation#SILU}. */
  public static Gated swiGlu(Origin origin, long in, long out) {
    return of(origin, in, out, Activation.SILU);
  }

  /** Returns fresh layers without bias, gated by {@link Activation#GELU}. */
  public static Gated geGlu(Origin origin, long in, long out) {
    return of(origin, in, out, Activation.GELU);
  }

  private static Gated of(Origin origin, long in, long out, Activation activation) {
    return new Gated(
        Linear.unbiased(origin.at("gate"), in, out),
        Linear.unbiased(origin.at("value"), in, out),
        activation);
  }

  @Override
  public List<Child> children() {
    return List.of(new Child("gate", gate), new Child("value", value));
  }

  @Override
  public Tensor apply(Tensor x) {
    return apply(x, Training.OFF);
  }

  @Override
  public Tensor apply(Tensor x, Training training) {
    Tensor open = activation.apply(training.apply("gate", gate, x));
    return open.times(training.apply("value", value, x));
  }
}
