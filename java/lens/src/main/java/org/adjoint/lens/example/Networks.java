package org.adjoint.lens.example;

import java.util.LinkedHashMap;
import java.util.Map;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.lens.stepper.Stepper;

/** Feed-forward networks. */
final class Networks {
  private Networks() {}

  static Parameter weight(String name, double value) {
    return Parameter.of(Tensor.scalar(value), name);
  }

  /**
   * One input, two tanh units, one output, and the squared error; with one example the mean is of
   * one square.
   */
  static Stepper oneTwoOne() {
    Tensor x = Tensor.scalar(0.5);
    Tensor t = Tensor.scalar(0.8);
    Tensor z1 = weight("w11", 0.4).times(x).plus(weight("b1", 0.1));
    Tensor h1 = z1.tanh();
    Tensor z2 = weight("w12", -0.6).times(x).plus(weight("b2", 0.2));
    Tensor h2 = z2.tanh();
    Tensor o =
        weight("wo1", 0.7).times(h1).plus(weight("wo2", -0.3).times(h2)).plus(weight("bo", 0.05));
    Tensor e = o.minus(t);
    Tensor loss = e.square().mean();
    Map<Tensor, String> names = new LinkedHashMap<>();
    names.put(x, "x");
    names.put(t, "t");
    names.put(z1, "z1");
    names.put(h1, "h1");
    names.put(z2, "z2");
    names.put(h2, "h2");
    names.put(o, "o");
    names.put(e, "e");
    names.put(loss, "L");
    return Stepper.of(loss)
        .named(names)
        .titled(
            "Backpropagation through a 1-2-1 network",
            "One input x, two tanh units, one output o, target t; the loss L is the squared error."
                + " Seven parameters: w11, b1, w12, b2, wo1, wo2, bo. Seven steps forward compute"
                + " the values; then each step backward multiplies a gradient that is known by one"
                + " local derivative.")
        .noted("o", "∂L/∂o is computed once and handed on to all five inputs of o.");
  }

  static Stepper xor() {
    Tensor x = Tensor.of(new double[] {0, 0, 0, 1, 1, 0, 1, 1}, 4, 2);
    Tensor t = Tensor.of(new double[] {0, 1, 1, 0}, 4, 1);
    Parameter w1 = Parameter.of(Tensor.of(new double[] {1.2, -0.9, -1.1, 1.3}, 2, 2), "W1");
    Parameter b1 = Parameter.of(Tensor.of(new double[] {-0.2, 0.1}, 2), "b1");
    Parameter w2 = Parameter.of(Tensor.of(new double[] {1.1, 0.8}, 2, 1), "W2");
    Parameter b2 = Parameter.of(Tensor.of(new double[] {-0.3}, 1), "b2");
    Tensor z1 = x.matmul(w1).plus(b1);
    Tensor h = z1.tanh();
    Tensor z2 = h.matmul(w2).plus(b2);
    Tensor y = z2.sigmoid();
    Tensor loss = y.minus(t).square().mean();
    return Stepper.of(loss)
        .named(Map.of(x, "x", t, "t", z1, "z1", h, "h", z2, "z2", y, "y", loss, "L"))
        .rate(2)
        .titled(
            "Backpropagation on XOR",
            "All four rows of XOR at once: each tensor is a heat map, blue above zero and red below."
                + " Train 100 steps a few times and watch y come to 0, 1, 1, 0.");
  }

  /** The textbook's two layers; see M. Nielsen, chapter 2, BP1 to BP4. */
  static Stepper twoLayer() {
    Tensor x = Tensor.of(new double[] {0.5, -0.3, 0.8}, 1, 3);
    Tensor t = Tensor.of(new double[] {1, -0.5}, 1, 2);
    Parameter w1 =
        Parameter.of(
            Tensor.of(new double[] {.2, -.4, .5, .1, .3, -.6, .7, -.2, .4, -.5, .1, .3}, 3, 4),
            "W1");
    Parameter b1 = Parameter.of(Tensor.of(new double[] {.1, -.1, .2, 0}, 4), "b1");
    Parameter w2 =
        Parameter.of(Tensor.of(new double[] {.3, -.2, .6, .4, -.5, .1, .2, .7}, 4, 2), "W2");
    Parameter b2 = Parameter.of(Tensor.of(new double[] {.05, -.05}, 2), "b2");
    Tensor z1 = x.matmul(w1).plus(b1);
    Tensor h = z1.sigmoid();
    Tensor z2 = h.matmul(w2).plus(b2);
    Tensor y = z2.tanh();
    Tensor loss = y.minus(t).square().mean();
    return Stepper.of(loss)
        .named(Map.of(x, "x", t, "t", z1, "z1", h, "h", z2, "z2", y, "ŷ", loss, "L"))
        .titled(
            "Two layers, and the errors δ² and δ¹",
            "h = σ(x·W1 + b1) with the logistic σ, ŷ = φ(h·W2 + b2) with φ = tanh. The textbook's"
                + " errors are gradients by what goes into σ and φ: δ² = ∂L/∂z2 = ∂L/∂ŷ ⊙ φ′(z2),"
                + " δ¹ = ∂L/∂z1 = (δ²·W2ᵀ) ⊙ σ′(z1).")
        .noted("z2", "The gradient by z2 is δ² = ∂L/∂ŷ ⊙ φ′(z2).")
        .noted("z1", "The gradient by z1 is δ¹ = (δ²·W2ᵀ) ⊙ σ′(z1).")
        .noted("W2", "hᵀ·δ²")
        .noted("W1", "xᵀ·δ¹");
  }

  static Stepper softmax() {
    Parameter z = Parameter.of(Tensor.of(new double[] {2, 1, -0.5}, 3), "z");
    Tensor y = Tensor.of(new double[] {0, 1, 0}, 3);
    Tensor p = z.softmax(-1);
    Tensor loss = y.times(p.log()).sum().neg();
    return Stepper.of(loss)
        .named(Map.of(y, "y", p, "ŷ", loss, "L"))
        .rate(0.5)
        .titled(
            "Softmax and cross-entropy: why the gradient is ŷ − y",
            "ŷ = softmax(z), L = −Σ y·log ŷ. The local Jacobian of softmax is dense, diag(ŷ) − ŷ·ŷᵀ:"
                + " open it in the step that goes from ŷ to z. Multiplied by ∂L/∂ŷ = −y/ŷ it gives"
                + " ŷ − y, so a library that has both in one op never forms it.")
        .noted(
            "z",
            "Compare this with ŷ − y: they are the same, entry by entry, because (diag(ŷ) − ŷ·ŷᵀ)"
                + " · (−y/ŷ) = ŷ·Σy − y, and Σy = 1.");
  }
}
