package org.adjoint.nn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Tensor;
import org.adjoint.nn.Losses;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.Training;
import org.adjoint.nn.data.Batches;
import org.adjoint.nn.data.Dataset;
import org.adjoint.nn.optim.Adam;
import org.junit.jupiter.api.Test;

/** What is recorded is what happened, and recording changes nothing. */
class RecorderTest {
  private static final Key ORDER = Key.of(3);

  private static Recorder train(Mlp model, int epochs, Recorder recorder) {
    new Trainer(epochs, 16, 0.02, Schedule.linear())
        .train(
            model,
            new Adam(model.parameters(), 0.02),
            TrainerTest.clusters(),
            ORDER,
            progress -> {},
            recorder);
    return recorder;
  }

  private static float[] weights(Mlp model) {
    Tensor[] flat = model.parameters().stream().map(p -> p.reshape(-1)).toArray(Tensor[]::new);
    return Tensor.concat(0, flat).toArray();
  }

  @Test
  void recordingChangesNoBitOfTheWeights() {
    Mlp plain = TrainerTest.model(1);
    train(plain, 25, Recorder.NONE);
    Mlp recorded = TrainerTest.model(1);
    // 150 steps: some of them are not recorded, so both kinds of step are among them
    Recorder recorder =
        train(recorded, 25, Recorder.of("r", recorded).testing(TrainerTest.clusters()));
    assertArrayEquals(weights(plain), weights(recorded));
    assertTrue(recorder.history().steps().size() < 150);
  }

  @Test
  void theFirstStepIsWhatGradSaysOfItsBatch() {
    Mlp model = TrainerTest.model(1);
    Dataset.Batch batch = new Batches(TrainerTest.clusters(), 16, ORDER).epoch(1).batch(0);
    Tensor hidden = model.linears().get(0).apply(batch.features());
    Tensor logits = model.apply(batch.features());
    Tensor loss = Losses.softmaxCrossEntropy(logits, batch.labels());
    List<Tensor> slopes = Grad.grad(loss, model.parameters());
    double[] norms = {norm(slopes.get(0), slopes.get(1)), norm(slopes.get(2), slopes.get(3))};
    double[] sizes = {
      norm(hidden) / Math.sqrt(hidden.size()), norm(logits) / Math.sqrt(logits.size())
    };
    double expected = loss.item();

    History history = train(model, 1, Recorder.of("r", model)).history();
    History.Step first = history.steps().get(0);
    assertEquals(List.of("fc1", "fc2"), history.gradientLayers());
    assertEquals(List.of("fc1", "fc2"), history.activationLayers());
    assertEquals(expected, first.score().loss(), 1e-6);
    assertEquals(0.02, first.learningRate());
    for (int i = 0; i < 2; i++) {
      assertEquals(norms[i], first.gradients().get(i), 1e-5 * norms[i]);
      assertEquals(sizes[i], first.activations().get(i), 1e-5 * sizes[i]);
    }
  }

  private static double norm(Tensor... xs) {
    double sum = 0;
    for (Tensor x : xs) {
      for (double each : x.cast(DType.F64).toDoubleArray()) {
        sum += each * each;
      }
    }
    return Math.sqrt(sum);
  }

  @Test
  void stepsAreSpreadEvenlyHoweverManyThereAre() {
    Mlp model = TrainerTest.model(1);
    Recorder recorder = Recorder.of("r", model);
    for (int i = 0; i < 1000; i++) {
      recorder.step(1, i, Double.NaN, 0.1);
    }
    List<History.Step> steps = recorder.history().steps();
    assertTrue(steps.size() >= 60 && steps.size() < 120, steps.size() + " steps");
    long apart = steps.get(1).number();
    for (int i = 0; i < steps.size(); i++) {
      assertEquals(i * apart, steps.get(i).number());
      assertEquals(i * apart, steps.get(i).score().loss());
    }
    assertTrue(steps.get(steps.size() - 1).number() + apart >= 1000);
  }

  @Test
  void theStepThatFailsIsKeptWhereverItIs() {
    Recorder recorder = Recorder.of("r", TrainerTest.model(1));
    for (int i = 0; i < 501; i++) {
      recorder.step(1, i, Double.NaN, 0.1);
    }
    for (int i = 0; i < 3; i++) {
      recorder.step(1, Double.NaN, Double.NaN, 0.1);
    }
    List<History.Step> steps = recorder.history().steps();
    History.Step last = steps.get(steps.size() - 1);
    assertEquals(501, last.number());
    assertEquals(List.of(Double.NaN, Double.NaN), last.gradients());
  }

  @Test
  void epochsWeightsAndTestAreTheTrainings() {
    Mlp model = TrainerTest.model(1);
    Dataset data = TrainerTest.clusters();
    double[] before = model.parameters().get(0).cast(DType.F64).toDoubleArray();
    History history = train(model, 3, Recorder.of("r", model).testing(data)).history();
    assertEquals(3, history.epochs().size());
    History.Epoch last = history.epochs().get(2);
    assertEquals(18, last.steps());
    assertEquals(90, last.rows());
    assertTrue(last.trainingSeconds() > 0 && last.memory().heap() > 0);

    double accuracy = Evaluation.of(model, data).accuracy();
    History.Test test = history.test().orElseThrow();
    assertEquals(accuracy, test.score().accuracy());
    assertEquals(Optional.of(test.score()), last.test());
    Dataset.Batch all = data.batch(IntStream.range(0, 90).toArray(), 0, 90);
    double loss = Losses.softmaxCrossEntropy(model.apply(all.features()), all.labels()).item();
    assertEquals(loss, test.score().loss(), 1e-5);
    long right = 0;
    long rows = 0;
    for (int c = 0; c < 3; c++) {
      right += test.confusion().get(c).get(c);
      rows += test.confusion().get(c).stream().mapToLong(Long::longValue).sum();
    }
    assertEquals(90, rows);
    assertEquals(accuracy, right / 90.0);
    assertEquals(Math.min(16, rows - right), test.mistakes().size());
    for (History.Mistake mistake : test.mistakes()) {
      assertEquals(data.label(mistake.row()), mistake.label());
      assertTrue(mistake.predictedProbability() >= mistake.labelProbability());
      assertEquals(2, mistake.image().bytes().length);
    }

    History.Weights weights = history.weights().get(0);
    assertEquals("fc1.weight", weights.path());
    assertEquals(History.Histogram.of(before, 40), weights.start());
    double[] after = model.parameters().get(0).cast(DType.F64).toDoubleArray();
    assertEquals(History.Histogram.of(after, 40), weights.end());
  }

  @Test
  void aTrainingThatDivergesLeavesTheStepThatDid() {
    Mlp model = TrainerTest.model(1);
    Recorder recorder = Recorder.of("r", model).testing(TrainerTest.clusters());
    assertThrows(
        DivergenceException.class,
        () ->
            new Trainer(50, 16, 1e30, Schedule.constant())
                .train(
                    model,
                    new Adam(model.parameters(), 1),
                    TrainerTest.clusters(),
                    ORDER,
                    progress -> {},
                    recorder));
    List<History.Step> steps = recorder.history().steps();
    assertTrue(!Double.isFinite(steps.get(steps.size() - 1).score().loss()), steps.toString());
  }

  @Test
  void nothingIsMeasuredWhereNothingIsRecorded() {
    Training training = Training.of(Key.of(0));
    Tensor loss = Tensor.scalar(1.0);
    Tensor[] outputs = {loss};
    assertSame(training, Recorder.NONE.watch(training));
    assertSame(outputs, Recorder.NONE.outputs(outputs));
    assertThrows(IllegalStateException.class, Recorder.NONE::history);
  }

  @Test
  void imagesMustFitTheFeatures() {
    Recorder recorder = Recorder.of("r", TrainerTest.model(1));
    assertThrows(IllegalStateException.class, () -> recorder.images(2));
    recorder.testing(TrainerTest.clusters()).images(1);
    String message =
        assertThrows(IllegalArgumentException.class, () -> recorder.images(3)).getMessage();
    assertTrue(message.contains("2 features are no image of 3 columns"), message);
  }
}
