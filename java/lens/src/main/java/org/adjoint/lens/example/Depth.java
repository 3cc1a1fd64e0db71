package org.adjoint.lens.example;

import java.util.LinkedHashMap;
import java.util.Map;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.lens.stepper.Stepper;

/** What depth does to gradients. */
final class Depth {
  private static final int LAYERS = 20;

  private Depth() {}

  static Stepper residual() {
    Map<Tensor, String> names = new LinkedHashMap<>();
    Tensor x = Tensor.scalar(0.6);
    Tensor t = Tensor.scalar(1.5);
    Parameter scale = Networks.weight("w0", 1.0);
    Tensor h = scale.times(x);
    names.put(x, "x");
    names.put(t, "t");
    names.put(h, "h0");
    for (int block = 1; block <= 2; block++) {
      Tensor f = Networks.weight("w" + block, 0.5 - 0.2 * block).times(h).tanh();
      h = h.plus(f);
      names.put(f, "f" + block);
      names.put(h, "h" + block);
    }
    Tensor loss = h.minus(t).square();
    names.put(loss, "L");
    return Stepper.of(loss)
        .named(names)
        .titled(
            "Residual blocks: the gradient has a way around",
            "h1 = h0 + f1(h0), h2 = h1 + f2(h1). On the way back each h gets two contributions: one"
                + " straight through the sum, undiminished, and one through the block; they are added.")
        .noted("h0", "The way around the block has the local derivative 1.");
  }

  /** Sources of the name: S. Hochreiter 1991; Y. Bengio, P. Simard, P. Frasconi 1994. */
  static Stepper vanishing() {
    Map<Tensor, String> names = new LinkedHashMap<>();
    Tensor h = Tensor.scalar(0.5);
    Tensor t = Tensor.scalar(1.0);
    names.put(h, "x");
    names.put(t, "t");
    for (int layer = 1; layer <= LAYERS; layer++) {
      h = Networks.weight("w" + layer, 1.0).times(h).sigmoid();
      names.put(h, "h" + layer);
    }
    Tensor loss = h.minus(t).square();
    names.put(loss, "L");
    return Stepper.of(loss)
        .named(names)
        .titled(
            "Vanishing gradients: 20 sigmoid layers",
            "Each layer multiplies the gradient by w·σ′(z), and σ′ is at most ¼. After 20 layers"
                + " hardly anything is left: compare the gradients of w20 and w1.");
  }

  static Stepper recurrent() {
    Map<Tensor, String> names = new LinkedHashMap<>();
    Parameter w = Networks.weight("w", 0.8);
    Parameter u = Networks.weight("u", 0.5);
    Tensor t = Tensor.scalar(0.3);
    double[] inputs = {1.0, -0.5, 0.25, 0.7};
    Tensor h = Tensor.scalar(0.0);
    names.put(h, "h0");
    names.put(t, "t");
    for (int time = 1; time <= inputs.length; time++) {
      Tensor x = Tensor.scalar(inputs[time - 1]);
      h = w.times(h).plus(u.times(x)).tanh();
      names.put(x, "x" + time);
      names.put(h, "h" + time);
    }
    Tensor loss = h.minus(t).square();
    names.put(loss, "L");
    return Stepper.of(loss)
        .named(names)
        .titled(
            "Backpropagation through time",
            "hₜ = tanh(w·hₜ₋₁ + u·xₜ): the same w and u in every time step. Their gradients are sums"
                + " with one contribution a time step.");
  }
}
