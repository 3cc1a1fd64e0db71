package org.adjoint.nn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.adjoint.Key;
import org.adjoint.Tensor;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Dropout;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Linear;
import org.adjoint.nn.Losses;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.Origin;
import org.adjoint.nn.Sequential;
import org.adjoint.nn.metric.Confusion;
import org.adjoint.nn.metric.LogLoss;
import org.adjoint.nn.metric.TopK;
import org.adjoint.nn.optim.Adam;
import org.adjoint.nn.optim.Optimizer;
import org.junit.jupiter.api.Test;

/** What a {@link Trainer} can be told, beside the plain loop of {@link TrainerTest}. */
class LoopTest {
  private static Layer dropping() {
    Origin origin = Origin.of(Key.of(1));
    return Sequential.of()
        .then("first", Linear.of(origin.at("first"), 2, 16))
        .then("relu", Activation.RELU)
        .then("drop", Dropout.of(0.2))
        .then("head", Linear.of(origin.at("head"), 16, 3));
  }

  private static Trainer trainer() {
    return new Trainer(3, 16, 0.02, Schedule.cosine(0.1));
  }

  private static List<float[]> values(Layer model) {
    return model.parameters().stream().map(Tensor::toArray).toList();
  }

  private static List<float[]> trained(Trainer trainer, Recorder recorder, Layer model) {
    Adam adam = new Adam(model.parameters(), 0.02);
    trainer.train(model, adam, TrainerTest.clusters(), Key.of(5), p -> {}, recorder);
    return values(model);
  }

  private static void assertSame(List<float[]> expected, List<float[]> actual, float tolerance) {
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), actual.get(i), tolerance, "parameter " + i);
    }
  }

  @Test
  void compiledStepsGiveTheSameBits() {
    List<float[]> plain = trained(trainer(), Recorder.NONE, dropping());
    assertSame(plain, trained(trainer().compiled(), Recorder.NONE, dropping()), 0);
    Layer model = dropping();
    Recorder recorder = Recorder.of("compiled", model);
    assertSame(plain, trained(trainer().compiled(), recorder, model), 0);
    assertEquals(18, recorder.history().steps().size());
  }

  @Test
  void partsOfABatchAddUpToTheBatch() {
    for (boolean compiled : new boolean[] {false, true}) {
      UnaryOperator<Trainer> way = t -> compiled ? t.compiled() : t;
      Mlp whole = TrainerTest.model(1);
      Mlp cut = TrainerTest.model(1);
      // 90 rows are 5 batches of 16 and one of 10, which 3 parts cut into 5, 5, 6 and 3, 3, 4.
      List<float[]> expected = trained(way.apply(trainer()), Recorder.NONE, whole);
      List<float[]> actual = trained(way.apply(trainer().accumulate(3)), Recorder.NONE, cut);
      assertSame(expected, actual, 2e-5f);
      assertEquals(
          Evaluation.of(whole, TrainerTest.clusters()), Evaluation.of(cut, TrainerTest.clusters()));
    }
  }

  @Test
  void anInterruptEndsBehindAStepAndTheRestGivesTheSameBits() {
    Layer whole = dropping();
    List<float[]> expected = trained(trainer(), Recorder.NONE, whole);
    for (int at : new int[] {1, 6, 7, 17}) {
      Layer model = dropping();
      Adam adam = new Adam(model.parameters(), 0.02);
      int[] steps = {0};
      Result first =
          trainer()
              .train(
                  model,
                  adam,
                  TrainerTest.clusters(),
                  Key.of(5),
                  p -> {
                    if (++steps[0] == at) {
                      Thread.currentThread().interrupt();
                    }
                  });
      assertTrue(Thread.interrupted(), "the thread still knows of its interrupt");
      assertEquals(new Result(Result.Ending.INTERRUPTED, at), first);
      // Another optimizer takes the state, as another process would.
      Map<String, Tensor> state = new LinkedHashMap<>();
      adam.state()
          .forEach(
              (name, x) -> {
                Tensor copy = Tensor.of(x.toDoubleArray(), x.shape().dims());
                state.put(name, copy.cast(x.dtype()).eval());
              });
      Optimizer resumed = new Adam(model.parameters(), 1);
      resumed.restore(state);
      Result rest =
          trainer().from(at).train(model, resumed, TrainerTest.clusters(), Key.of(5), p -> {});
      assertEquals(new Result(Result.Ending.DONE, 18), rest);
      assertSame(expected, values(model), 0);
    }
  }

  @Test
  void stepsEndInTheMidstOfAnEpoch() {
    List<Progress> progress = new ArrayList<>();
    Layer model = TrainerTest.model(1);
    List<EpochReport> reports = new ArrayList<>();
    Result result =
        trainer()
            .steps(8)
            .callback(
                report -> {
                  reports.add(report);
                  return Callback.Next.GO_ON;
                })
            .train(
                model,
                new Adam(model.parameters(), 0.02),
                TrainerTest.clusters(),
                Key.of(5),
                progress::add);
    assertEquals(new Result(Result.Ending.DONE, 8), result);
    assertEquals(8, progress.size());
    assertEquals(2, progress.get(7).epochs());
    assertEquals(List.of(6L, 8L), reports.stream().map(EpochReport::steps).toList());
    assertTrue(reports.get(0).validation().isEmpty());
  }

  @Test
  void validationIsWhatTheMetricsSay() {
    Layer model = TrainerTest.model(1);
    List<EpochReport> reports = new ArrayList<>();
    trainer()
        .validate(TrainerTest.clusters(), List.of(new LogLoss(), new Confusion(3), new TopK(2)))
        .callback(
            report -> {
              reports.add(report);
              return report.epoch() == 2 ? Callback.Next.STOP : Callback.Next.GO_ON;
            })
        .train(
            model, new Adam(model.parameters(), 0.02), TrainerTest.clusters(), Key.of(5), p -> {});
    assertEquals(2, reports.size());
    Map<String, Double> last = reports.get(1).validation();
    assertEquals(
        Evaluation.of(model, TrainerTest.clusters()).accuracy(), last.get("accuracy"), 1e-15);
    assertEquals(Math.exp(last.get("log loss")), last.get("perplexity"), 1e-12);
    assertTrue(last.get("top2") >= last.get("accuracy"));
    assertTrue(reports.get(1).figures().containsKey("validation f1"));
  }

  @Test
  void earlyStoppingGivesBackTheBestEpoch() {
    Mlp model = TrainerTest.model(1);
    EarlyStopping stopping = EarlyStopping.lowest(model, "validation log loss", 1);
    List<List<float[]>> after = new ArrayList<>();
    // A rate that grows without bound: the loss falls at first, and then rises.
    Result result =
        new Trainer(40, 16, 0.01, (step, steps) -> Math.pow(1.2, step))
            .validate(TrainerTest.clusters(), List.of(new LogLoss()))
            .callback(stopping)
            .callback(
                report -> {
                  after.add(values(model));
                  return Callback.Next.GO_ON;
                })
            .train(
                model, new Adam(model.parameters(), 1), TrainerTest.clusters(), Key.of(5), p -> {});
    assertEquals(Result.Ending.STOPPED, result.ending());
    assertEquals(after.size(), stopping.bestEpoch() + 2);
    assertTrue(stopping.bestEpoch() > 1);
    assertSame(after.get(stopping.bestEpoch() - 1), values(model), 0);
    double best =
        Evaluation.measure(model, TrainerTest.clusters(), List.of(new LogLoss())).get("log loss");
    assertEquals(stopping.best(), best, 1e-15);
  }

  @Test
  void aFigureThatThereIsNotIsNamed() {
    EarlyStopping stopping = EarlyStopping.highest(dropping(), "f2", 0);
    EpochReport report = new EpochReport(1, 6, 0.5, 0.9, 0.1, Map.of("f1", 0.8));
    String message =
        assertThrows(IllegalArgumentException.class, () -> stopping.epochEnded(report))
            .getMessage();
    assertTrue(message.contains("'f2'") && message.contains("validation f1"), message);
    assertThrows(IllegalArgumentException.class, () -> trainer().accumulate(0));
    assertThrows(IllegalArgumentException.class, () -> trainer().steps(0));
    assertThrows(IllegalArgumentException.class, () -> trainer().from(-1));
  }

  @Test
  void anotherLossIsLearnt() {
    Layer model = TrainerTest.model(1);
    List<Progress> progress = new ArrayList<>();
    trainer()
        .loss((output, labels) -> Losses.softmaxCrossEntropy(output, labels).times(2))
        .train(
            model,
            new Adam(model.parameters(), 0.02),
            TrainerTest.clusters(),
            Key.of(5),
            progress::add);
    Layer plain = TrainerTest.model(1);
    List<Progress> plainProgress = new ArrayList<>();
    trainer()
        .train(
            plain,
            new Adam(plain.parameters(), 0.02),
            TrainerTest.clusters(),
            Key.of(5),
            plainProgress::add);
    assertEquals(2 * plainProgress.get(0).loss(), progress.get(0).loss(), 1e-6);
    assertFalse(Double.isNaN(progress.get(17).accuracy()));
  }
}
