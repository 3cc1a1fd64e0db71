package org.adjoint.nn.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.adjoint.Compiled;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each rule over 50 steps against {@link PublishedRules}, restored against uninterrupted, and
 * compiled against define-by-run, on L = Σ c·p²/2 + sin p, whose gradient is c·p + cos p.
 */
class RulesTest {
  private static final int STEPS = 50;
  private static final double[] MATRIX = {1, -2, 0.5, 0.1, 3, -0.7};
  private static final double[] VECTOR = {-1.5, 0.25, 2, 0.9};

  /** A name, how the rule is built here, and the published rule for one parameter. */
  static Stream<Arguments> rules() {
    return Stream.of(
        rule("sgd", p -> Sgd.of(p).rate(0.1).build(), () -> PublishedRules.sgd(0, 0, false, 0)),
        rule(
            "sgd, momentum, decay",
            p -> Sgd.of(p).rate(0.1).momentum(0.9).decay(0.02).build(),
            () -> PublishedRules.sgd(0.9, 0, false, 0.02)),
        rule(
            "sgd, nesterov",
            p -> Sgd.of(p).rate(0.1).momentum(0.9).nesterov().decay(0.02).build(),
            () -> PublishedRules.sgd(0.9, 0, true, 0.02)),
        rule(
            "sgd, dampening",
            p -> Sgd.of(p).rate(0.1).momentum(0.9).dampening(0.4).decay(0.02).build(),
            () -> PublishedRules.sgd(0.9, 0.4, false, 0.02)),
        rule(
            "rmsprop",
            p -> RmsProp.of(p).rate(0.1).alpha(0.9).epsilon(1e-4).build(),
            () -> PublishedRules.rmsProp(0.9, 0, false, 0, 1e-4)),
        rule(
            "rmsprop, centered, momentum",
            p -> RmsProp.of(p).rate(0.1).momentum(0.8).centered().decay(0.1).epsilon(1e-3).build(),
            () -> PublishedRules.rmsProp(0.99, 0.8, true, 0.1, 1e-3)),
        rule(
            "adagrad",
            p -> Adagrad.of(p).rate(0.1).rateDecay(0.05).start(0.2).decay(0.1).build(),
            () -> PublishedRules.adagrad(0.05, 0.2, 0.1)),
        rule(
            "adadelta",
            p -> Adadelta.of(p).rate(0.1).rho(0.8).epsilon(1e-4).decay(0.1).build(),
            () -> PublishedRules.adadelta(0.8, 1e-4, 0.1)),
        rule(
            "adam",
            p -> Adam.of(p).rate(0.1).beta1(0.8).beta2(0.95).build(),
            () -> PublishedRules.adam(0.8, 0.95, false, 0, false)),
        rule(
            "adam, decay",
            p -> Adam.of(p).rate(0.1).decay(0.2).build(),
            () -> PublishedRules.adam(0.9, 0.999, false, 0.2, false)),
        rule(
            "adam, amsgrad",
            p -> Adam.of(p).rate(0.1).beta2(0.6).amsgrad().decay(0.2).build(),
            () -> PublishedRules.adam(0.9, 0.6, true, 0.2, false)),
        rule(
            "adamw",
            p -> AdamW.of(p).rate(0.1).decay(0.2).build(),
            () -> PublishedRules.adam(0.9, 0.999, false, 0.2, true)),
        rule(
            "adamw, amsgrad",
            p -> AdamW.of(p).rate(0.1).beta2(0.6).amsgrad().decay(0.2).build(),
            () -> PublishedRules.adam(0.9, 0.6, true, 0.2, true)),
        rule(
            "nadam",
            p -> NAdam.of(p).rate(0.1).momentumDecay(0.3).decay(0.1).build(),
            () -> PublishedRules.nadam(0.9, 0.999, 0.3, 0.1)),
        rule(
            "lion",
            p -> Lion.of(p).rate(0.1).decay(0.1).build(),
            () -> PublishedRules.lion(0.9, 0.99, 0.1)),
        rule(
            "lamb",
            p -> Lamb.of(p).rate(0.1).decay(0.1).build(),
            () -> PublishedRules.lamb(0.9, 0.999, 1e-6, 0.1)));
  }

  private static Arguments rule(
      String name,
      Function<List<Parameter>, Optimizer> built,
      Supplier<PublishedRules.Rule> published) {
    return Arguments.of(name, built, published);
  }

  private static List<Parameter> parameters(DType dtype) {
    return List.of(
        Parameter.of(Tensor.of(MATRIX, 2, 3).cast(dtype), "matrix"),
        Parameter.of(Tensor.of(VECTOR, 4).cast(dtype), "vector"));
  }

  private static Tensor loss(List<Parameter> parameters) {
    Tensor loss = Tensor.scalar(0.0);
    for (Parameter p : parameters) {
      Tensor curvature =
          Tensor.arange(1, p.size() + 1, 1).cast(p.dtype()).reshape(p.shape().dims());
      Tensor bowl = p.square().times(curvature).times(0.125);
      loss = loss.plus(bowl.plus(p.sin()).sum().cast(DType.F64));
    }
    return loss;
  }

  private static void published(PublishedRules.Rule rule, double[] p, double rate) {
    double[] g = new double[p.length];
    for (int i = 0; i < p.length; i++) {
      g[i] = 0.25 * (i + 1) * p[i] + Math.cos(p[i]);
    }
    rule.step(p, g, rate);
  }

  private static void step(Optimizer optimizer) {
    optimizer.zeroGrad();
    loss(optimizer.parameters()).backward();
    optimizer.step();
  }

  private static double rate(int step) {
    return step < 30 ? 0.1 : 0.03;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void fiftyStepsAreThePublishedOnes(
      String name,
      Function<List<Parameter>, Optimizer> built,
      Supplier<PublishedRules.Rule> published) {
    for (DType dtype : new DType[] {DType.F64, DType.F32}) {
      Optimizer optimizer = built.apply(parameters(dtype));
      List<PublishedRules.Rule> rules = List.of(published.get(), published.get());
      List<double[]> expected = List.of(MATRIX.clone(), VECTOR.clone());
      for (int step = 0; step < STEPS; step++) {
        optimizer.learningRate(rate(step));
        step(optimizer);
        for (int i = 0; i < 2; i++) {
          published(rules.get(i), expected.get(i), rate(step));
        }
        // A sign that rounding turns at F32 would be a step of another length: F64 alone for Lion.
        if (dtype == DType.F64 || !name.startsWith("lion")) {
          double tolerance = dtype == DType.F64 ? 1e-11 : 2e-3;
          for (int i = 0; i < 2; i++) {
            double[] actual = optimizer.parameters().get(i).toDoubleArray();
            assertArrayEquals(expected.get(i), actual, tolerance, dtype + " step " + step);
          }
        }
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void restoredIsUninterruptedBitForBit(
      String name, Function<List<Parameter>, Optimizer> built, Object ignored) {
    Optimizer whole = built.apply(parameters(DType.F32));
    for (int step = 0; step < 8; step++) {
      step(whole);
    }
    List<Parameter> copies = new ArrayList<>();
    for (Parameter p : whole.parameters()) {
      copies.add(Parameter.of(Tensor.of(p.toArray(), p.shape().dims()), p.name()));
    }
    Map<String, Tensor> kept = new LinkedHashMap<>();
    whole.learningRate(0.07);
    whole.state().forEach((entry, value) -> kept.put(entry, copied(value)));
    Optimizer resumed = built.apply(copies);
    resumed.restore(kept);
    assertEquals(0.07, resumed.learningRate());
    for (int step = 0; step < 8; step++) {
      step(whole);
      step(resumed);
    }
    for (int i = 0; i < 2; i++) {
      float[] expected = whole.parameters().get(i).toArray();
      assertArrayEquals(expected, resumed.parameters().get(i).toArray(), 0f);
    }
    kept.keySet().forEach(e -> assertArrayEquals(bits(whole, e), bits(resumed, e), 0, e));
  }

  private static Tensor copied(Tensor value) {
    return Tensor.of(value.toDoubleArray(), value.shape().dims()).cast(value.dtype()).eval();
  }

  private static double[] bits(Optimizer optimizer, String entry) {
    return optimizer.state().get(entry).toDoubleArray();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void compiledIsDefineByRun(
      String name, Function<List<Parameter>, Optimizer> built, Object ignored) {
    Optimizer plain = built.apply(parameters(DType.F32));
    Optimizer compiled = built.apply(parameters(DType.F32));
    Supplier<Tensor> step =
        Compiled.of(
            () -> {
              compiled.zeroGrad();
              Tensor loss = loss(compiled.parameters());
              loss.backward();
              compiled.step();
              return loss;
            });
    for (int i = 0; i < 5; i++) {
      plain.learningRate(rate(10 * i));
      compiled.learningRate(rate(10 * i));
      step(plain);
      step.get();
    }
    for (int i = 0; i < 2; i++) {
      float[] expected = plain.parameters().get(i).toArray();
      assertArrayEquals(expected, compiled.parameters().get(i).toArray(), 0f);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void clippingIsTheSameForEachRule(
      String name,
      Function<List<Parameter>, Optimizer> built,
      Supplier<PublishedRules.Rule> published) {
    Optimizer optimizer = built.apply(parameters(DType.F64));
    optimizer.clipNorm(0.8);
    optimizer.clipValue(0.3);
    List<double[]> expected = List.of(MATRIX.clone(), VECTOR.clone());
    List<PublishedRules.Rule> rules = List.of(published.get(), published.get());
    for (int step = 0; step < 6; step++) {
      step(optimizer);
      double squares = 0;
      List<double[]> slopes = new ArrayList<>();
      for (double[] p : expected) {
        double[] g = new double[p.length];
        for (int i = 0; i < p.length; i++) {
          g[i] = 0.25 * (i + 1) * p[i] + Math.cos(p[i]);
          squares += g[i] * g[i];
        }
        slopes.add(g);
      }
      double scale = Math.min(1, 0.8 / (Math.sqrt(squares) + 1e-6));
      assertEquals(Math.sqrt(squares), optimizer.gradientNorm(), 1e-9);
      for (int k = 0; k < 2; k++) {
        double[] g = slopes.get(k);
        for (int i = 0; i < g.length; i++) {
          g[i] = Math.max(-0.3, Math.min(0.3, g[i] * scale));
        }
        rules.get(k).step(expected.get(k), g, 0.1);
        double[] actual = optimizer.parameters().get(k).toDoubleArray();
        assertArrayEquals(expected.get(k), actual, 1e-9, "step " + step);
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void gradientsWhoseSquaresOverflowMoveEachParameter(
      String name, Function<List<Parameter>, Optimizer> built, Object ignored) {
    for (DType dtype : new DType[] {DType.F32, DType.F64}) {
      Optimizer optimizer = built.apply(parameters(dtype));
      double huge = dtype == DType.F32 ? 1e25 : 1e200;
      for (int step = 0; step < 8; step++) {
        List<double[]> before = optimizer.parameters().stream().map(Tensor::toDoubleArray).toList();
        optimizer.zeroGrad();
        optimizer.parameters().forEach(p -> p.times(huge).sum().backward());
        optimizer.step();
        for (int k = 0; k < 2; k++) {
          double[] after = optimizer.parameters().get(k).toDoubleArray();
          for (int i = 0; i < after.length; i++) {
            String at = dtype + " step " + step + ": " + before.get(k)[i] + " to " + after[i];
            assertTrue(Double.isFinite(after[i]) && after[i] != before.get(k)[i], at);
          }
        }
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void infiniteGradientsShow(
      String name, Function<List<Parameter>, Optimizer> built, Object ignored) {
    Optimizer optimizer = built.apply(parameters(DType.F32));
    Parameter vector = optimizer.parameters().get(1);
    vector.times(Tensor.of(new float[] {1, Float.POSITIVE_INFINITY, 1, 1}, 4)).sum().backward();
    optimizer.step();
    assertTrue(!Double.isFinite(vector.toDoubleArray()[1]), vector.format());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void aRefusedGradientChangesNothing(
      String name, Function<List<Parameter>, Optimizer> built, Object ignored) {
    Optimizer optimizer = built.apply(parameters(DType.F32));
    optimizer.checkFinite(true);
    step(optimizer);
    Map<String, double[]> before = new LinkedHashMap<>();
    optimizer.state().forEach((entry, value) -> before.put(entry, value.toDoubleArray()));
    float[] matrix = optimizer.parameters().get(0).toArray();
    optimizer.zeroGrad();
    Tensor bad = Tensor.of(new float[] {1, 1, Float.NaN, 1}, 4);
    Tensor broken = optimizer.parameters().get(1).times(bad).sum().cast(DType.F64);
    loss(optimizer.parameters()).plus(broken).backward();
    String message = assertThrows(ArithmeticException.class, optimizer::step).getMessage();
    assertTrue(message.startsWith("the gradient of parameter 'vector' F32[4] is not"), message);
    assertTrue(message.contains("NaN at position 2"), message);
    assertArrayEquals(matrix, optimizer.parameters().get(0).toArray());
    before.forEach((entry, value) -> assertArrayEquals(value, bits(optimizer, entry), entry));
  }
}
