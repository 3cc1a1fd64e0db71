package org.adjoint.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.adjoint.Convolution;
import org.adjoint.Key;
import org.adjoint.Scope;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.data.Batches;
import org.adjoint.nn.data.Dataset;
import org.adjoint.nn.data.Digits;
import org.adjoint.nn.data.Split;
import org.adjoint.nn.format.HistoryFile;
import org.adjoint.nn.format.MlpFile;
import org.adjoint.nn.format.Safetensors;
import org.adjoint.nn.format.TorchWeights;
import org.adjoint.nn.image.Conv;
import org.adjoint.nn.image.Pool;
import org.adjoint.nn.norm.BatchNorm;
import org.adjoint.nn.optim.Adam;
import org.adjoint.nn.optim.Optimizer;
import org.adjoint.nn.train.Evaluation;
import org.adjoint.nn.train.Recorder;
import org.adjoint.nn.train.Schedule;
import org.adjoint.nn.train.Trainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of this module's README, line by line. */
class ReadmeTest {

  @TempDir private Path folder;

  @Test
  @SuppressWarnings("try") // a scope works by being open
  void theExampleLearnsTheDigits() {
    Split digits = Digits.split(Digits.load());
    Mlp model =
        Mlp.of(
            List.of(64, 128, 64, 10),
            Activation.RELU,
            Activation.IDENTITY,
            Init::heNormal,
            Key.of(1));
    Optimizer adam = new Adam(model.parameters(), 3e-3);
    Batches batches = new Batches(digits.train(), 32, Key.of(2));
    for (int epoch = 1; epoch <= 3; epoch++) {
      Batches.Epoch rows = batches.epoch(epoch);
      for (int i = 0; i < rows.count(); i++) {
        try (Scope step = Scope.open()) {
          Dataset.Batch batch = rows.batch(i);
          Tensor loss = Losses.softmaxCrossEntropy(model.apply(batch.features()), batch.labels());
          adam.zeroGrad();
          loss.backward();
          adam.step(loss);
        }
      }
    }
    double accuracy = Evaluation.of(model, digits.test()).accuracy();
    assertTrue(accuracy > 0.9, "accuracy " + accuracy);
    Path file = folder.resolve("digits.safetensors");
    new MlpFile(model, "digits").write(file);
    assertEquals(accuracy, Evaluation.of(MlpFile.read(file).model(), digits.test()).accuracy());
  }

  @Test
  void aTrainingIsRecordedAndKept() {
    Split digits = Digits.split(Digits.load());
    Mlp model =
        Mlp.of(List.of(64, 8, 10), Activation.RELU, Activation.IDENTITY, Init::heNormal, Key.of(1));
    Optimizer adam = new Adam(model.parameters(), 3e-3);
    Path file = folder.resolve("relu.json");
    Recorder recorder = Recorder.of("relu", model).with("seed", 1).testing(digits.test());
    new Trainer(3, 32, 3e-3, Schedule.linear())
        .train(model, adam, digits.train(), Key.of(2), progress -> {}, recorder);
    HistoryFile.write(recorder.history(), file);
    double accuracy = Evaluation.of(model, digits.test()).accuracy();
    assertEquals(accuracy, HistoryFile.read(file).test().orElseThrow().score().accuracy());
  }

  @Test
  void theNetworkIsTrainedFrozenAndLoaded() {
    Origin origin = Origin.of(Key.of(1));
    Sequential network =
        Sequential.of()
            .then("conv1", Conv.of(origin.at("conv1"), 1, 16, Convolution.of(2).padding(2), 5))
            .then("norm1", BatchNorm.of(origin.at("norm1"), 16))
            .then("relu1", Activation.RELU)
            .then("pool1", Pool.max(2, 2))
            .then("flatten", new Flatten())
            .then("drop", Dropout.of(0.5))
            .then("head", Linear.of(origin.at("head"), 16 * 4 * 4, 10));
    assertEquals(Shape.of(32, 10), network.summary(32, 1, 8, 8).rows().get(0).output().get());
    Dataset.Batch batch =
        new Batches(Digits.split(Digits.load()).train(), 32, Key.of(2)).epoch(1).batch(0);
    Tensor images = batch.features().reshape(32, 1, 8, 8);
    Adam adam = new Adam(network.parameters(), 3e-3);
    network.freeze("conv1");
    double first = 0;
    double last = 0;
    for (int step = 0; step < 5; step++) {
      Tensor logits = network.apply(images, Training.of(Key.of(3).fold(step)));
      Tensor loss = Losses.softmaxCrossEntropy(logits, batch.labels());
      loss.backward();
      adam.step(loss);
      adam.zeroGrad();
      last = loss.item();
      first = step == 0 ? last : first;
    }
    assertTrue(last < 0.9 * first, first + " to " + last);
    Path file = folder.resolve("network.safetensors");
    new Safetensors(TorchWeights.of(network), Map.of()).write(file);
    float[] logits = network.apply(images).toArray();
    network.parameters().forEach(p -> p.assign(p.zerosLike()));
    TorchWeights.load(network, Safetensors.read(file).tensors());
    assertArrayEquals(logits, network.apply(images).toArray());
  }
}
