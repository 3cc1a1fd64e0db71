package org.adjoint.nn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.adjoint.Key;
import org.adjoint.Memory;
import org.adjoint.Tensor;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.data.Dataset;
import org.adjoint.nn.optim.Adam;
import org.junit.jupiter.api.Test;

class TrainerTest {
  private static final int ROWS = 90;

  @Test
  void aSmallProblemIsLearnt() {
    Dataset data = clusters();
    Mlp model = model(1);
    List<Progress> progress = new ArrayList<>();
    new Trainer(20, 16, 0.02, Schedule.linear())
        .train(model, new Adam(model.parameters(), 0.02), data, Key.of(3), progress::add);
    assertEquals(1, Evaluation.of(model, data).accuracy());

    assertEquals(20 * 6, progress.size());
    assertEquals(20, progress.stream().filter(Progress::epochDone).count());
    Progress first = progress.get(5);
    Progress last = progress.get(progress.size() - 1);
    assertEquals(1, first.epoch());
    assertTrue(first.epochDone());
    assertEquals(20, last.epoch());
    assertTrue(last.loss() < 0.5 * first.loss(), first.loss() + " to " + last.loss());
    assertTrue(last.accuracy() > 0.95, "accuracy " + last.accuracy());
    assertTrue(last.samplesPerSecond() > 0);
    assertEquals(0, last.remaining().toNanos());
  }

  @Test
  void theSameKeysGiveTheSameWeightsBitForBit() {
    float[] weights = trained(1, 3);
    assertArrayEquals(weights, trained(1, 3));
    assertFalse(Arrays.equals(weights, trained(2, 3)), "another initial key");
    assertFalse(Arrays.equals(weights, trained(1, 4)), "another order of the rows");
  }

  private static float[] trained(long init, long order) {
    Mlp model = model(init);
    new Trainer(3, 16, 0.02, Schedule.constant())
        .train(
            model, new Adam(model.parameters(), 0.02), clusters(), Key.of(order), progress -> {});
    return Tensor.concat(
            0, model.parameters().stream().map(p -> p.reshape(-1)).toArray(Tensor[]::new))
        .toArray();
  }

  @Test
  void memoryDoesNotGrowWithTheSteps() {
    Mlp model = model(1);
    Adam adam = new Adam(model.parameters(), 0.01);
    List<Long> outstanding = new ArrayList<>();
    new Trainer(30, 16, 0.01, Schedule.constant())
        .train(
            model,
            adam,
            clusters(),
            Key.of(3),
            progress -> {
              if (progress.epochDone()) {
                outstanding.add(Memory.report().outstanding());
              }
            });
    // less is no leak: the garbage collector finds what earlier tests have left
    for (int epoch = 2; epoch < 30; epoch++) {
      assertTrue(
          outstanding.get(epoch) <= outstanding.get(epoch - 1),
          "bytes outstanding by epoch: " + outstanding);
    }
  }

  @Test
  void aTrainingThatDivergesIsStopped() {
    Mlp model = model(1);
    String message =
        assertThrows(
                DivergenceException.class,
                () ->
                    new Trainer(50, 16, 1e30, Schedule.constant())
                        .train(
                            model,
                            new Adam(model.parameters(), 1),
                            clusters(),
                            Key.of(3),
                            progress -> {}))
            .getMessage();
    assertTrue(message.contains("epoch") && message.contains("1.0E30"), message);
  }

  @Test
  void settingsOutOfRangeAreErrors() {
    assertThrows(IllegalArgumentException.class, () -> new Trainer(0, 1, 0.1, Schedule.constant()));
    assertThrows(IllegalArgumentException.class, () -> new Trainer(1, 0, 0.1, Schedule.constant()));
    for (double rate : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(
          IllegalArgumentException.class, () -> new Trainer(1, 1, rate, Schedule.constant()));
    }
  }

  @Test
  void factorsOutOfRangeAreNamed() {
    Mlp model = model(1);
    Adam adam = new Adam(model.parameters(), 0.1);
    for (double factor : new double[] {Double.NaN, -1, Double.POSITIVE_INFINITY, 1e308}) {
      Trainer trainer = new Trainer(1, 10, 1e3, (step, steps) -> factor);
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> trainer.train(model, adam, clusters(), Key.of(3), progress -> {}))
              .getMessage();
      assertTrue(message.contains("factor at step 0 of 9 is " + factor), message);
    }
  }

  @Test
  void evaluationCountsTheLargestLogit() {
    Tensor logits = Tensor.of(new float[] {1, 2, 0, 3, 3, 0, 0, 0, -1}, 3, 3);
    Tensor labels = Tensor.of(new int[] {1, 1, 0}, 3);
    // row 1 ties: the first of equal logits counts
    assertEquals(2, Evaluation.correct(logits, labels).item());
    assertEquals(0.25, new Evaluation(1, 4).accuracy());
  }

  static Mlp model(long key) {
    return Mlp.of(
        List.of(2, 16, 3), Activation.RELU, Activation.IDENTITY, Init::heNormal, Key.of(key));
  }

  /** Three rings of points around three centres. */
  static Dataset clusters() {
    float[] features = new float[2 * ROWS];
    int[] labels = new int[ROWS];
    for (int i = 0; i < ROWS; i++) {
      labels[i] = i % 3;
      double centre = 2 * Math.PI * labels[i] / 3;
      features[2 * i] = (float) (Math.cos(centre) + 0.3 * Math.cos(i));
      features[2 * i + 1] = (float) (Math.sin(centre) + 0.3 * Math.sin(i));
    }
    return Dataset.of("clusters", features, labels, 2, 3);
  }
}
