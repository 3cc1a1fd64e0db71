package org.adjoint.benchmarks.compare;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.adjoint.Adjoint;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Plan;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.benchmarks.compare.Workload.Vjp.Function;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Summary;
import org.adjoint.nn.format.TorchWeights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** The networks of the rows as data, and what ours makes of them, at sizes that take no time. */
class NetworksTest {
  private static final Map<String, Network> TINY =
      Map.of(
          "lenet", Networks.lenet(2),
          "residual", Networks.residualBlock(2, 3, 4),
          "mobile", Networks.mobileBlock(2, 3, 4),
          "lstm", Networks.lstm(2, 3, 4, 2),
          "gru", Networks.gru(2, 3, 4),
          "transformer", Networks.transformer(2, 3, 2, 8, 2, 11));

  /** A little network of each kind of stage that clipping by examples has to get through. */
  private static final Network IMAGES =
      new Network(
          List.of(
              new Stage.Conv(1, 2, 3, 1, 1, true),
              new Stage.Relu(),
              new Stage.MaxPool(),
              new Stage.Flatten(),
              new Stage.Dense(8, 3)),
          List.of(4, 1, 4, 4),
          Network.Loss.CROSS_ENTROPY);

  @Test
  void oursHasTheWeightsOfTheDescription() {
    TINY.forEach(
        (name, network) -> {
          Layer model = OurNetworks.of(network);
          Map<String, Tensor> weights = TorchWeights.of(model);
          Set<String> names =
              weights.keySet().stream()
                  .filter(path -> !path.endsWith("num_batches_tracked"))
                  .collect(Collectors.toCollection(TreeSet::new));
          assertEquals(new TreeSet<>(network.weights().keySet()), names, name);
          Map<String, float[]> data = network.read((weight, elements) -> elements);
          data.forEach(
              (path, elements) -> assertArrayEquals(elements, weights.get(path).toArray(), path));
          long trained = model.parameters().stream().mapToLong(Tensor::size).sum();
          assertEquals(network.parameters(), trained, name);
        });
  }

  @Test
  void everyWeightIsReachedAndTheOutputIsAsDescribed() {
    TINY.forEach(
        (name, network) -> {
          Layer model = OurNetworks.of(network);
          List<Tensor> batch = OurNetworks.batch(network);
          Tensor loss = OurNetworks.loss(network, model, batch);
          assertEquals(List.of(), Grad.unreached(loss, model.parameters()), name);
          Shape output = model.apply(batch.get(0)).shape();
          assertEquals(Shape.of(Network.dims(network.output())), output, name);
          assertTrue(Double.isFinite(loss.item()), name);
        });
  }

  /** Against what nn counts; it counts the hidden half of causal attention, too. */
  @Test
  void productsAreCountedForwardAndTwiceBackwardButForTheFirstInput() {
    for (String name : List.of("lenet", "residual", "mobile", "lstm", "gru")) {
      Network network = TINY.get(name);
      Type input = new Type(DType.F32, Shape.of(Network.dims(network.input())));
      long counted = Summary.of(OurNetworks.of(network), input).multiplyAdds();
      assertEquals(counted, Network.multiplyAdds(network.stages(), network.input()), name);
    }
    assertEquals(80_202, TINY.get("lenet").parameters());
    // 2 images; 24·24·16 of 25 and 8·8·32 of 400 products; the first needs no gradient by x.
    double first = 24 * 24 * 16 * 25;
    double rest = 8 * 8 * 32 * 400 + 512 * 128 + 128 * 10;
    assertEquals(2 * 2 * (2 * first + 3 * rest), TINY.get("lenet").flops());
    // 3 places: W of 8 to 24, 8, 32 and back, and 1 + 2 + 3 scores and their values; to 11.
    double layer = 2 * 3 * 8 * (24 + 8 + 32 + 32) + 2 * 2 * (1 + 2 + 3) * 8;
    assertEquals(2 * 3 * (2 * layer + 2 * 3 * 8 * 11), TINY.get("transformer").flops());
    // The gradient by the first layer's input is not asked for: 4 gates of 4 by 4, 2 · 3 places.
    double lstm = 2 * 3 * 4 * 4 * (4 + 4 + 4 + 4) + 2 * 4 * 10;
    assertEquals(2 * (3 * lstm - 2 * 3 * 4 * 4 * 4), TINY.get("lstm").flops());
  }

  @Test
  void floorsOfFunctionsCountArraysAndProducts() {
    Workload norm = new Workload.Vjp(Function.LAYER_NORM, List.of(3, 5));
    assertEquals(4 * 5 * 3 * 5, norm.bytes());
    assertEquals(0, norm.flops());
    Workload attention = new Workload.Vjp(Function.ATTENTION, List.of(1, 2, 3, 4));
    assertEquals(4 * 8 * 24, attention.bytes());
    assertEquals(2 * 6 * 2 * 3 * 3 * 4, attention.flops());
    Workload training = new Workload.Training(IMAGES);
    assertEquals(24 * (2 * 9 + 2 + 3 * 8 + 3) + 4 * 4 * 16, training.bytes());
  }

  @Test
  void clippedGradientsAreThoseOfEachExampleByItself() {
    Layer model = OurNetworks.of(IMAGES);
    List<Tensor> batch = OurNetworks.batch(IMAGES);
    List<List<float[]>> gradients = new ArrayList<>();
    double[] norms = new double[IMAGES.input().get(0)];
    for (int i = 0; i < norms.length; i++) {
      List<Tensor> one = List.of(batch.get(0).slice(0, i, i + 1), batch.get(1).slice(0, i, i + 1));
      Tensor loss = OurNetworks.loss(IMAGES, model, one);
      gradients.add(Grad.grad(loss, model.parameters()).stream().map(Tensor::toArray).toList());
      for (float[] gradient : gradients.get(i)) {
        for (float value : gradient) {
          norms[i] += (double) value * value;
        }
      }
      norms[i] = Math.sqrt(norms[i]);
    }
    double[] sorted = norms.clone();
    Arrays.sort(sorted);
    double bound = (sorted[1] + sorted[2]) / 2; // two examples are clipped, two are not
    assertTrue(sorted[1] < bound && bound < sorted[2], Arrays.toString(norms));
    List<Tensor> sums =
        OurNetworks.perExample(new Workload.PerExample(IMAGES, bound), model, batch);
    for (int p = 0; p < sums.size(); p++) {
      float[] expected = new float[(int) sums.get(p).size()];
      for (int i = 0; i < norms.length; i++) {
        double share = Math.min(1, bound / norms[i]);
        for (int j = 0; j < expected.length; j++) {
          expected[j] += (float) (share * gradients.get(i).get(p)[j]);
        }
      }
      assertArrayEquals(expected, sums.get(p).toArray(), 1e-5f);
    }
  }

  @Test
  void aRecurrentProgramIsAsLargeForEveryLength() {
    Plan few = plan(Networks.gru(2, 5, 4));
    Plan many = plan(Networks.gru(2, 60, 4));
    assertEquals(few.kernels(), many.kernels());
    assertEquals(few.listing().lines().count(), many.listing().lines().count());
    assertTrue(few.workspaceBytes() < many.workspaceBytes(), few + " and " + many);
  }

  private static Plan plan(Network network) {
    Layer model = OurNetworks.of(network);
    List<Tensor> wanted = OurNetworks.gradients(network, model, OurNetworks.batch(network));
    return Plan.of(wanted.toArray(new Tensor[0]));
  }

  @Test
  @DisabledIfSystemProperty(
      named = "adjoint.skipNative",
      matches = "true",
      disabledReason = "the reference backend stores the matrix of scores")
  void attentionPlansMemoryThatGrowsWithItsTokens() {
    Adjoint.backend("native");
    long few = attentionBytes(512);
    long many = attentionBytes(1024);
    assertTrue(few > 0 && many <= 2 * few, few + " and " + many + " bytes");
  }

  /** Of everything but the results: four arrays, which grow as they should. */
  private static long attentionBytes(int tokens) {
    Workload.Vjp workload = new Workload.Vjp(Function.ATTENTION, List.of(1, 8, tokens, 64));
    List<Tensor> results = OurNetworks.vjp(workload, OurNetworks.inputs(workload));
    Plan plan = Plan.of(results.toArray(new Tensor[0]));
    return plan.workspaceBytes() + plan.scratchBytes();
  }

  @Test
  @DisabledIfSystemProperty(
      named = "adjoint.skipNative",
      matches = "true",
      disabledReason = "built with -DskipNative: there is no native backend")
  void compiledStepsComputeWhatOthersDo() {
    List<Workload> workloads = new ArrayList<>();
    TINY.values().forEach(network -> workloads.add(new Workload.Training(network)));
    workloads.add(new Workload.PerExample(IMAGES, 1));
    for (Function function : Function.values()) {
      int size = function == Function.ATTENTION ? 4 : 2;
      List<Integer> dims = List.of(2, 3, 4, 5).subList(4 - size, 4);
      workloads.add(new Workload.Vjp(function, dims));
    }
    for (Workload workload : workloads) {
      double[] compiled = workload.task(new Ours(true, DType.F32, 1)).check();
      double[] built = workload.task(new Ours(false, DType.F32, 1)).check();
      assertArrayEquals(built, compiled, 1e-5, workload.toString());
      if (workload instanceof Workload.Training) {
        assertTrue(compiled[2] < compiled[0], workload + ": " + Arrays.toString(compiled));
      }
    }
  }

  @Test
  void aLibraryWithoutALayerSaysSo() {
    Layers<String> few =
        new Layers<>() {
          @Override
          public String relu() {
            return "relu";
          }

          @Override
          public String flatten() {
            return "flatten";
          }

          @Override
          public String dense(Stage.Dense stage, String path) {
            return path + "dense";
          }

          @Override
          public String residual(List<String> body) {
            return "x+" + body;
          }
        };
    Stage dense = new Stage.Dense(2, 2);
    Stage residual = new Stage.Residual(List.of(new Stage.Relu(), dense));
    Network known = new Network(List.of(dense, residual), List.of(1, 2), Network.Loss.MEAN_SQUARES);
    assertEquals(List.of("0.dense", "x+[relu, 1.body.1.dense]"), known.build(few));
    Absent absent = assertThrows(Absent.class, () -> TINY.get("transformer").build(few));
    assertEquals("has no embedding", absent.getMessage());
  }
}
