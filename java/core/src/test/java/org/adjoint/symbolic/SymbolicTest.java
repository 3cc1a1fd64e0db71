package org.adjoint.symbolic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;

/** What formulas look like, and what is said where there is none. */
class SymbolicTest {
  private final Tensor x = Tensor.scalar(0.7);
  private final Tensor w = Tensor.scalar(-0.4);
  private final Map<Tensor, String> names = Map.of(x, "x", w, "w");

  private void formulas(UnaryOperator<Tensor> f, String function, String first, String second) {
    Symbolic y = Symbolic.of(f.apply(x), names);
    assertEquals(function, y.infix());
    assertEquals(first, y.derivative(x).infix());
    assertEquals(second, y.derivative(x).derivative(x).infix());
  }

  @Test
  void functionsAndTheirDerivativesReadAsInABook() {
    formulas(t -> t.pow(3), "x^3", "3*x^2", "6*x");
    formulas(t -> t.times(t).plus(t).plus(t).minus(3), "x^2 + 2*x - 3", "2*x + 2", "2");
    formulas(t -> t.reciprocal(), "1/x", "-1/x^2", "2/x^3");
    formulas(Tensor::sqrt, "sqrt(x)", "1/(2*sqrt(x))", "-1/(4*x^(3/2))");
    formulas(Tensor::log, "log(x)", "1/x", "-1/x^2");
    formulas(t -> t.times(t.exp()), "x*exp(x)", "exp(x)*(x + 1)", "exp(x)*(x + 2)");
    formulas(t -> t.square().neg().exp(), "exp(-x^2)", "-2*x*exp(-x^2)", "exp(-x^2)*(4*x^2 - 2)");
    formulas(Tensor::tanh, "tanh(x)", "1 - tanh(x)^2", "-2*tanh(x)*(1 - tanh(x)^2)");
    formulas(
        Tensor::sigmoid,
        "sigmoid(x)",
        "sigmoid(x)*(1 - sigmoid(x))",
        "-sigmoid(x)*tanh(x/2)*(1 - sigmoid(x))");
    formulas(Tensor::relu, "relu(x)", "where(x > 0, 1, 0)", "0");
    formulas(t -> t.sin().times(2), "2*sin(x)", "2*cos(x)", "-2*sin(x)");
    formulas(t -> t.minus(w).square().div(3), "(x - w)^2/3", "2*(x - w)/3", "2/3");
    formulas(t -> t.div(w), "x/w", "1/w", "0");
    formulas(t -> t.atan2(w), "atan2(x, w)", "w/(w^2 + x^2)", "-2*w*x/(w^2 + x^2)^2");
    formulas(Tensor::digamma, "digamma(x)", "polygamma(1, x)", "polygamma(2, x)");
    formulas(t -> t.leakyRelu(0.01), "leakyRelu(x, 0.01)", "where(x > 0, 1, 0.01)", "0");
  }

  @Test
  void theSlopeOfALogisticGateReadsAsWellBehindOtherFactors() {
    Symbolic slope = Symbolic.of(x.silu(), names).derivative(x);
    assertEquals("sigmoid(x)*(x*(1 - sigmoid(x)) + 1)", slope.infix());
    slope = Symbolic.of(x.times(w).sigmoid(), names).derivative(w);
    assertEquals("x*sigmoid(w*x)*(1 - sigmoid(w*x))", slope.infix());
  }

  @Test
  void latexIsWhatAPaperPrints() {
    Symbolic y = Symbolic.of(x.times(w).tanh(), names);
    assertEquals("\\tanh\\left(w x\\right)", y.latex());
    assertEquals("x \\left(1 - \\tanh\\left(w x\\right)^{2}\\right)", y.derivative(w).latex());
    Map<String, Tensor> others =
        Map.of(
            "\\frac{1}{2 \\sqrt{x}}",
            Grad.grad(x.sqrt(), x).get(0),
            "\\frac{\\left(x - w\\right)^{2}}{3}",
            x.minus(w).square().div(3),
            "e^{-x^{2}} + \\frac{w}{x}",
            x.square().neg().exp().plus(w.div(x)),
            "\\begin{cases} 1 & \\text{if } x \\geq w \\\\ 0 & \\text{otherwise} \\end{cases}",
            Tensor.where(x.ge(w), Tensor.scalar(1.0), Tensor.scalar(0.0)),
            "\\left|x\\right| + 3 \\cdot 2^{x}",
            x.abs().plus(Tensor.scalar(2.0).pow(x).times(3)),
            "6.02 \\cdot 10^{23} - \\frac{x^{3/2}}{2}",
            x.pow(1.5).times(-0.5).plus(6.02e23),
            "\\operatorname{geluTanh}\\left(\\sigma\\left(x\\right)\\right)",
            x.sigmoid().geluTanh());
    others.forEach((latex, tensor) -> assertEquals(latex, Symbolic.of(tensor, names).latex()));
    Map<String, String> variables =
        Map.of(
            "x",
            "x",
            "w1_0",
            "w_{1,0}",
            "theta",
            "\\theta",
            "theta_1",
            "\\theta_{1}",
            "fc1.weight_0_1",
            "\\mathrm{fc1.weight}_{0,1}",
            "rate_max",
            "\\mathrm{rate}_{\\mathrm{max}}");
    variables.forEach(
        (name, latex) -> assertEquals(latex, Symbolic.of(x, Map.of(x, name)).latex()));
  }

  @Test
  void theSevenGradientsOfTheSmallestNetwork() {
    Parameter w1 = Parameter.of(Tensor.of(new double[] {0.1, 0.2}, 1, 2), "w1");
    Parameter b1 = Parameter.of(Tensor.of(new double[] {0.3, 0.4}, 2), "b1");
    Parameter w2 = Parameter.of(Tensor.of(new double[] {0.5, 0.6}, 2, 1), "w2");
    Parameter b2 = Parameter.of(Tensor.of(new double[] {0.7}, 1), "b2");
    Tensor in = Tensor.of(new double[] {1.5}, 1, 1);
    Tensor target = Tensor.of(new double[] {0.25}, 1, 1);
    Tensor out = in.matmul(w1).plus(b1).tanh().matmul(w2).plus(b2);
    Map<Tensor, String> data = Map.of(in, "x", target, "t");

    Symbolic y = Symbolic.of(out, data);
    assertEquals("w2_0*tanh(w1_0*x + b1_0) + w2_1*tanh(w1_1*x + b1_1) + b2", y.infix());
    assertEquals(
        List.of(
            "w2_0*x*(1 - tanh(w1_0*x + b1_0)^2)",
            "w2_1*x*(1 - tanh(w1_1*x + b1_1)^2)",
            "w2_0*(1 - tanh(w1_0*x + b1_0)^2)",
            "w2_1*(1 - tanh(w1_1*x + b1_1)^2)",
            "tanh(w1_0*x + b1_0)",
            "tanh(w1_1*x + b1_1)",
            "1"),
        gradients(y, w1, b1, w2, b2));

    Symbolic loss = Symbolic.of(out.minus(target).square().mean(), data);
    String error = "(w2_0*tanh(w1_0*x + b1_0) + w2_1*tanh(w1_1*x + b1_1) + b2 - t)";
    assertEquals(error + "^2", loss.infix());
    assertEquals(
        List.of(
            "2*w2_0*x*(1 - tanh(w1_0*x + b1_0)^2)*" + error,
            "2*w2_1*x*(1 - tanh(w1_1*x + b1_1)^2)*" + error,
            "2*w2_0*(1 - tanh(w1_0*x + b1_0)^2)*" + error,
            "2*w2_1*(1 - tanh(w1_1*x + b1_1)^2)*" + error,
            "2*tanh(w1_0*x + b1_0)*" + error,
            "2*tanh(w1_1*x + b1_1)*" + error,
            "2*" + error),
        gradients(loss, w1, b1, w2, b2));
    assertEquals(
        "w_{2,0} \\left(1 - \\tanh\\left(w_{1,0} x + b_{1,0}\\right)^{2}\\right)",
        y.gradient(b1).get(0).latex());
  }

  private static List<String> gradients(Symbolic y, Tensor... xs) {
    List<String> formulas = new ArrayList<>();
    for (Tensor x : xs) {
      y.gradient(x).forEach(g -> formulas.add(g.infix()));
    }
    return formulas;
  }

  @Test
  void crossEntropyHasItsWellKnownGradient() {
    Tensor z = Tensor.of(new double[] {1, 2, 3}, 1, 3);
    Tensor label = Tensor.of(new int[] {1}, 1);
    Symbolic loss = Symbolic.of(z.softmaxCrossEntropy(label), Map.of(z, "z"));
    assertEquals("log(exp(z_0) + exp(z_1) + exp(z_2)) - z_1", loss.infix());
    String sum = "(exp(z_0) + exp(z_1) + exp(z_2))";
    assertEquals(
        List.of("exp(z_0)/" + sum, "exp(z_1)/" + sum + " - 1", "exp(z_2)/" + sum),
        gradients(loss, z));
  }

  @Test
  void unsimplifiedShowsTheGraphOpForOp() {
    Symbolic y = Symbolic.of(x.times(w).tanh(), names).unsimplified();
    assertEquals("tanh(x*w)", y.infix());
    assertEquals("(1 - tanh(x*w)^2)*x", y.derivative(w).infix());
    assertEquals("x - (w - x)", Symbolic.of(x.minus(w.minus(x)), names).unsimplified().infix());
    assertEquals("2*x - w", Symbolic.of(x.minus(w.minus(x)), names).infix());
  }

  @Test
  void variablesAreNamedTensorsParametersAndMarkedLeaves() {
    Parameter p = Parameter.of(Tensor.scalar(3.0), "p");
    Tensor v = Tensor.of(new double[] {1, 2, 3, 4}, 2, 2).variable();
    Tensor u = Tensor.scalar(1.0).variable();
    Tensor number = Tensor.scalar(0.1);
    Symbolic y = Symbolic.of(p.times(v).sum().plus(u).plus(number));
    assertEquals("p*x1_0_0 + p*x1_0_1 + p*x1_1_0 + p*x1_1_1 + x2 + 0.1", y.infix());
    assertEquals(Set.of("p", "x1_0_0", "x1_0_1", "x1_1_0", "x1_1_1", "x2"), y.variables());
    assertEquals("0.1*x", Symbolic.of(Tensor.scalar(0.1f).times(x.cast(DType.F32)), names).infix());
    // A name given to a result stands for it.
    Tensor h = x.times(w).tanh();
    Symbolic named = Symbolic.of(h.square(), Map.of(h, "h", x, "x"));
    assertEquals("h^2", named.infix());
    assertEquals("2*h", named.derivative(h).infix());
  }

  @Test
  void anEntryOfATensorIsAFormulaToo() {
    Tensor a = Tensor.of(new double[] {1, 2, 3, 4}, 2, 2);
    Tensor b = Tensor.of(new double[] {5, 6}, 2);
    List<Symbolic> y = Symbolic.entries(a.matmul(b).relu(), Map.of(a, "a", b, "b"));
    assertEquals("relu(a_0_0*b_0 + a_0_1*b_1)", y.get(0).infix());
    assertEquals("relu(a_1_0*b_0 + a_1_1*b_1)", y.get(1).infix());
    assertEquals(
        "a_1_0*where(a_1_0*b_0 + a_1_1*b_1 > 0, 1, 0)", y.get(1).gradient(b).get(0).infix());
  }

  @Test
  void errorsNameWhatHasNoFormulaAndTheCure() {
    Tensor noise = Key.of(0).normal(DType.F64);
    Exception none = assertThrows(IllegalArgumentException.class, () -> Symbolic.of(x.plus(noise)));
    assertTrue(none.getMessage().startsWith("symbolic: randomNormal F64[] has no formula"));
    assertEquals("e + x", Symbolic.of(x.plus(noise), Map.of(x, "x", noise, "e")).infix());

    Tensor two = Tensor.of(new double[] {1, 2}, 2);
    Exception size = assertThrows(IllegalArgumentException.class, () -> Symbolic.of(two));
    assertEquals("symbolic: of needs one element, got F64[2]; use entries", size.getMessage());

    Exception number =
        assertThrows(IllegalArgumentException.class, () -> Symbolic.of(x.exp()).derivative(x));
    assertTrue(number.getMessage().contains("is a number in this formula; give it a name"));

    Parameter p = Parameter.of(Tensor.scalar(1.0), "x");
    Exception twice =
        assertThrows(IllegalArgumentException.class, () -> Symbolic.of(x.times(p), names));
    assertTrue(twice.getMessage().contains("would both be called 'x'"), twice.getMessage());

    Tensor cut = x.plus(1).eval();
    Exception dropped = assertThrows(IllegalStateException.class, () -> Symbolic.of(cut));
    assertTrue(dropped.getMessage().contains("has dropped the graph"), dropped.getMessage());

    Tensor large = Tensor.zeros(DType.F64, 2000, 2000).plus(x).sum();
    Exception big = assertThrows(IllegalArgumentException.class, () -> Symbolic.of(large));
    assertTrue(big.getMessage().contains("more than 1000000 scalars"), big.getMessage());

    Exception missing =
        assertThrows(
            IllegalArgumentException.class,
            () -> Symbolic.of(x.exp(), names).evaluate(Map.of("w", 1.0)));
    assertEquals("evaluate: variable 'x' has no value; given are [w]", missing.getMessage());
  }

  @Test
  void symbolsAreCountedWithoutWritingThem() {
    assertEquals(10, Symbolic.of(x.times(w).tanh(), names).derivative(w).symbols());
    Tensor y = x;
    for (int i = 0; i < 200; i++) {
      y = y.tanh().times(y);
    }
    Symbolic swollen = Symbolic.of(y, names);
    assertTrue(swollen.symbols() > 1e30, swollen.toString());
    assertEquals(401, swollen.nodes());
    Exception e = assertThrows(IllegalStateException.class, swollen::infix);
    assertTrue(e.getMessage().contains("at most 10000 are written"), e.getMessage());
    assertThrows(IllegalStateException.class, swollen::latex);
    assertTrue(swollen.toString().startsWith("a formula of "), swollen.toString());
    assertEquals(y.item(), swollen.evaluate(Map.of("x", 0.7)), 1e-12);
  }

  @Test
  void deepGraphsNeedNoDeepStack() {
    int depth = 10_000;
    Tensor y = x;
    for (int i = 0; i < depth; i++) {
      y = y.tanh();
    }
    Symbolic chain = Symbolic.of(y, names);
    assertEquals(depth + 1, chain.symbols());
    assertEquals(depth + 1, chain.nodes());
    assertTrue(chain.derivative(x).symbols() > depth);
    Tensor sum = x;
    for (int i = 0; i < 3000; i++) {
      sum = sum.plus(x.times(w).sin().pow(i));
    }
    assertTrue(Symbolic.of(sum, names).symbols() > 3000);
  }

  /** Their weights are infinite powers, which the simplifier takes out of the sum once. */
  @Test
  void aSumOfHiddenEntriesIsWritten() {
    Tensor v = Tensor.of(new double[] {1, 2}, 2, 1).variable();
    Tensor hidden = Tensor.of(new double[] {-1 / 0.0, -1 / 0.0}, 1, 2);
    Tensor y = hidden.softmax(-1).matmul(v);
    assertEquals(1, Symbolic.entries(y, Map.of(v, "v")).size());
  }
}
