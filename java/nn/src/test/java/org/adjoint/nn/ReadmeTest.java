package org.adjoint.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.adjoint.Key;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.data.Batches;
import org.adjoint.nn.data.Dataset;
import org.adjoint.nn.data.Digits;
import org.adjoint.nn.data.Split;
import org.adjoint.nn.format.MlpFile;
import org.adjoint.nn.optim.Adam;
import org.adjoint.nn.optim.Optimizer;
import org.adjoint.nn.train.Evaluation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of this module's README, line by line. */
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
}
