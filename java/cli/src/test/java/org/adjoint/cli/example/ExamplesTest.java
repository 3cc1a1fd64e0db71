package org.adjoint.cli.example;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.adjoint.Tensor;
import org.adjoint.cli.Main;
import org.adjoint.symbolic.Symbolic;
import org.junit.jupiter.api.Test;

class ExamplesTest {

  @Test
  void scalarDerivativesAreThoseByHand() {
    assertEquals(-0.48, ScalarExample.squaredError(), 1e-15);
    assertEquals(6, ScalarExample.square());
    assertEquals(8, ScalarExample.usedTwice());
  }

  @Test
  void networkGradientsAreTheClosedForm() {
    for (int seed = 0; seed < 10; seed++) {
      assertEquals(0, NetworkExample.maxDifference(seed), 1e-14);
    }
  }

  @Test
  void softmaxGradientIsProbabilitiesMinusLabel() {
    SoftmaxExample.Gradients g = SoftmaxExample.gradients();
    double sum = Math.exp(2) + Math.exp(1) + Math.exp(0.1);
    double[] byHand = {Math.exp(2) / sum, Math.exp(1) / sum - 1, Math.exp(0.1) / sum};
    assertArrayEquals(byHand, g.fused(), 1e-15);
    assertArrayEquals(byHand, g.composed(), 1e-15);
    assertArrayEquals(byHand, g.closedForm(), 1e-15);
  }

  @Test
  void xorIsLearntForTwentyOfTwentySeedsWithTheCureOnly() {
    assertEquals(20, XorExample.learnt(XorExample.HE, 20));
    assertEquals(20, XorExample.learnt(XorExample.XAVIER, 20));
    int textbook = XorExample.learnt(XorExample.TEXTBOOK, 20);
    assertTrue(textbook < 10, "the textbook's network learnt XOR for " + textbook + " seeds");
  }

  @Test
  void theFirstLayersGradientVanishesWithSigmoidsAlone() {
    assertTrue(VanishingExample.norms(VanishingExample.SIGMOID, 1).ratio() < 1e-9);
    for (VanishingExample.Recipe cure :
        List.of(VanishingExample.RELU, VanishingExample.RESIDUAL, VanishingExample.NORMED)) {
      double ratio = VanishingExample.norms(cure, 1).ratio();
      assertTrue(ratio > 0.05 && ratio < 20, cure.title() + ": " + ratio);
    }
  }

  @Test
  void aLongRecurrentNetworkNeedsItsGradientClipped() {
    ClippingExample.Outcome free = ClippingExample.train(Double.POSITIVE_INFINITY, 6);
    assertTrue(free.steps() < 6, free.toString());
    ClippingExample.Outcome clipped = ClippingExample.train(0.1, 6);
    assertEquals(6, clipped.steps());
    assertTrue(clipped.largest() > 1e3 && clipped.loss() < 20, clipped.toString());
  }

  @Test
  void formulasGrowExponentiallyAndGraphsByTheSameNodes() {
    List<ExpressionSwellExample.Row> rows = ExpressionSwellExample.rows(14);
    for (int n = 4; n < rows.size(); n++) {
      ExpressionSwellExample.Row before = rows.get(n - 1);
      ExpressionSwellExample.Row row = rows.get(n);
      assertEquals(n + 1, row.depth());
      assertTrue(row.function() > 1.9 * before.function(), row.toString());
      assertTrue(row.derivative() > 3.5 * before.derivative(), row.toString());
      assertTrue(row.simplifiedFunction() > 1.9 * before.simplifiedFunction(), row.toString());
      assertTrue(row.simplifiedDerivative() > 1.9 * before.simplifiedDerivative(), row.toString());
      int gained = rows.get(3).functionNodes() - rows.get(2).functionNodes();
      assertEquals(gained, row.functionNodes() - before.functionNodes());
      gained = rows.get(3).derivativeNodes() - rows.get(2).derivativeNodes();
      assertEquals(gained, row.derivativeNodes() - before.derivativeNodes());
    }
  }

  @Test
  void theLogisticMapsDerivativeIsTheProductOfItsSlopes() {
    Tensor x = Tensor.scalar(0.3);
    double l = 0.3;
    double slope = 1;
    for (int n = 1; n <= 8; n++) {
      Symbolic formula = ExpressionSwellExample.logistic(n, x);
      assertEquals(l, formula.evaluate(Map.of("x", 0.3)), 1e-12);
      assertEquals(slope, formula.derivative(x).evaluate(Map.of("x", 0.3)), 1e-8);
      slope *= 4 - 8 * l;
      l = 4 * l * (1 - l);
    }
  }

  @Test
  void withoutANameTheCommandListsThem() {
    List<String> lines = run("example");
    assertEquals(Example.all().size(), lines.size());
    for (int i = 0; i < lines.size(); i++) {
      assertTrue(lines.get(i).startsWith(Example.all().get(i).name()), lines.toString());
    }
  }

  @Test
  void theCommandPrintsWhatItFinds() {
    assertEquals(
        List.of(
            "d/dw (x*w + b - y)^2 at x=2, w=-3, b=6.88, y=1: -0.4800 (by hand -0.48)",
            "d/dx x^2 at 3: 6.0000 (by hand 6)",
            "d/dx (x + 2)*x at 3: 8.0000 (by hand 8)"),
        run("example", "scalar"));
    assertTrue(run("example", "network").get(1).startsWith("seed 0: largest difference"));
    List<String> swell = run("example", "expression-swell");
    assertTrue(swell.contains("l3 = 16*x*(1 - x)*(1 - 4*x*(1 - x))"), swell.toString());
    assertTrue(swell.contains("dl3/dx = (4 - 8*x)*(4 - 32*x*(1 - x))"), swell.toString());
    assertTrue(swell.get(swell.size() - 1).startsWith("One step deeper multiplies"));
    List<String> softmax = run("example", "softmax");
    assertEquals(softmax.get(1).substring(26), softmax.get(3).substring(26));
  }

  private static List<String> run(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Main.run(
            args,
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    assertEquals(0, status, err.toString(StandardCharsets.UTF_8));
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }
}
