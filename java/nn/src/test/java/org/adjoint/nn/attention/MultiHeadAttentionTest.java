package org.adjoint.nn.attention;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Parameters;
import org.adjoint.Plan;
import org.adjoint.Rotary;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.Linear;
import org.adjoint.nn.Origin;
import org.adjoint.nn.Training;
import org.adjoint.nn.attention.MultiHeadAttention.Cache;
import org.adjoint.nn.attention.MultiHeadAttention.Options;
import org.adjoint.nn.attention.MultiHeadAttention.Step;
import org.junit.jupiter.api.Test;

/** What attention does beside PyTorch's numbers: masks, shared heads, turns, and the cache. */
class MultiHeadAttentionTest {
  private static final Options PLAIN = Options.of(8, 4);

  private static MultiHeadAttention attention(Options options) {
    return MultiHeadAttention.of(Origin.of(Key.of(1)).dtype(DType.F64), options);
  }

  private static Tensor input(long... dims) {
    return Key.of(2).normal(DType.F64, dims).eval();
  }

  @Test
  void tokenByTokenTheCacheGivesWhatTheWholeGives() {
    for (Options options :
        List.of(
            PLAIN.causally(),
            PLAIN.causally().keyHeads(2).unbiased(),
            PLAIN.causally().rotary(Rotary.of(100)))) {
      MultiHeadAttention attention = attention(options);
      Tensor x = input(2, 5, 8);
      double[] whole = attention.apply(x).toDoubleArray();
      Cache cache = attention.cache(2, 6);
      Tensor[] outputs = new Tensor[3];
      int[] cuts = {0, 2, 3, 5};
      for (int i = 0; i < 3; i++) {
        Step step = attention.step(x.slice(1, cuts[i], cuts[i + 1]), cache);
        outputs[i] = step.output();
        cache = step.cache();
      }
      assertEquals(5, cache.length());
      assertArrayEquals(whole, Tensor.concat(1, outputs).toDoubleArray(), 1e-12);
      Cache full = cache;
      String message =
          assertThrows(IllegalArgumentException.class, () -> attention.step(input(2, 2, 8), full))
              .getMessage();
      assertTrue(message.contains("has 5 of 6 tokens in it"), message);
    }
  }

  @Test
  void aLayerGeneratesWhatItMakesOfTheWhole() {
    for (boolean first : new boolean[] {false, true}) {
      TransformerOptions options = TransformerOptions.of(PLAIN.causally(), 5);
      TransformerEncoderLayer layer =
          TransformerEncoderLayer.of(
              Origin.of(Key.of(1)).dtype(DType.F64), first ? options.normFirst() : options);
      Tensor x = input(2, 3, 8);
      Cache cache = layer.attention().cache(2, 3);
      List<Tensor> outputs = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        Step step = layer.step(x.slice(1, i, i + 1), cache);
        outputs.add(step.output());
        cache = step.cache();
      }
      assertArrayEquals(
          layer.apply(x).toDoubleArray(), Tensor.concat(1, outputs).toDoubleArray(), 1e-12);
    }
  }

  @Test
  void eachStepOfGenerationIsTheSameProgram() {
    MultiHeadAttention attention = attention(PLAIN.causally().rotary(Rotary.of(100)));
    Cache cache = attention.cache(2, 6);
    Tensor x = input(2, 1, 8);
    Step first = attention.step(x, evaluated(cache));
    Plan plan = Plan.of(first.output());
    Step second = attention.step(x, evaluated(first.cache()));
    assertEquals(plan.listing(), Plan.of(second.output()).listing());
  }

  private static Cache evaluated(Cache cache) {
    return new Cache(cache.keys().eval(), cache.values().eval(), cache.length());
  }

  @Test
  void sharedHeadsAreHeadsWithEqualKeys() {
    MultiHeadAttention shared = attention(PLAIN.keyHeads(2));
    MultiHeadAttention own = attention(PLAIN);
    Linear[] from = linears(shared);
    Linear[] to = linears(own);
    Map<Parameter, Tensor> values = new HashMap<>();
    for (int i = 0; i < 4; i++) {
      boolean repeated = i == 1 || i == 2;
      Tensor weight = from[i].weight();
      Tensor bias = from[i].bias().orElseThrow();
      values.put(to[i].weight(), repeated ? repeated(weight, 8) : weight);
      values.put(to[i].bias().orElseThrow(), repeated ? repeated(bias, 1).flatten() : bias);
    }
    Tensor x = input(2, 3, 8);
    double[] expected = Parameters.with(values, () -> own.apply(x)).toDoubleArray();
    assertArrayEquals(expected, shared.apply(x).toDoubleArray(), 1e-12);
  }

  private static Tensor repeated(Tensor x, long rows) {
    return x.reshape(rows, 2, 1, 2).broadcastTo(rows, 2, 2, 2).reshape(rows, 8);
  }

  private static Linear[] linears(MultiHeadAttention attention) {
    return attention.children().stream().map(c -> (Linear) c.part()).toArray(Linear[]::new);
  }

  @Test
  void turnedTokensKnowTheirDistanceAlone() {
    MultiHeadAttention attention = attention(PLAIN.rotary(Rotary.of(100)));
    Tensor x = input(1, 4, 8);
    double[] first = attention.apply(x).toDoubleArray();
    double[] plain = attention(PLAIN).apply(x).toDoubleArray();
    assertTrue(Math.abs(first[0] - plain[0]) > 1e-9, "nothing was turned");
    // The same tokens behind one that is hidden: all distances stay.
    Tensor later = Tensor.concat(1, input(1, 1, 8), x);
    Tensor seen = Tensor.arange(5).ge(1);
    double[] moved =
        attention
            .apply(later, later, a -> a.mask(seen), Training.OFF)
            .slice(1, 1, 5)
            .toDoubleArray();
    assertArrayEquals(first, moved, 1e-12);
  }

  @Test
  void paddingIsNotLookedAt() {
    MultiHeadAttention attention = attention(PLAIN);
    Tensor x = input(2, 5, 8).variable();
    Tensor lengths = Tensor.of(3, 5);
    Tensor y = attention.apply(x, x, a -> a.lengths(lengths), Training.OFF);
    double[] alone = attention.apply(x.slice(0, 0, 1).slice(1, 0, 3)).toDoubleArray();
    assertArrayEquals(alone, y.slice(0, 0, 1).slice(1, 0, 3).toDoubleArray(), 1e-12);
    Tensor kept = y.slice(1, 0, 3).square().sum();
    for (double g : Grad.grad(kept, x).get(0).get(0).slice(0, 3, 5).toDoubleArray()) {
      assertEquals(0, g);
    }
  }

  @Test
  void nothingLooksAtNothing() {
    MultiHeadAttention attention = attention(PLAIN);
    assertEquals(Shape.of(0, 3, 8), attention.apply(input(0, 3, 8)).shape());
    assertEquals(0, attention.apply(input(2, 0, 8)).toDoubleArray().length);
    Linear out = linears(attention)[3];
    double[] blind =
        attention
            .apply(input(1, 1, 8), input(1, 0, 8), UnaryOperator.identity(), Training.OFF)
            .toDoubleArray();
    assertArrayEquals(out.bias().orElseThrow().toDoubleArray(), blind);
    Step step = attention.step(input(2, 0, 8), attention.cache(2, 3));
    assertEquals(0, step.cache().length());
  }

  @Test
  void whatDoesNotFitIsSaidWithNumbers() {
    assertEquals(
        "attention: width 8, heads 3, heads of keys 3: heads must divide the width, and those of"
            + " keys the heads",
        assertThrows(IllegalArgumentException.class, () -> Options.of(8, 3)).getMessage());
    assertThrows(IllegalArgumentException.class, () -> PLAIN.keyHeads(3));
    assertEquals(
        "attention: [2, 3, 8] and [1, 3, 8] are not as many sequences",
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    attention(PLAIN)
                        .apply(
                            input(2, 3, 8), input(1, 3, 8), UnaryOperator.identity(), Training.OFF))
            .getMessage());
  }
}
