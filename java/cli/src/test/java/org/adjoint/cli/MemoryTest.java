package org.adjoint.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.adjoint.Adjoint;
import org.adjoint.Key;
import org.adjoint.Memory;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.data.Dataset;
import org.adjoint.nn.data.Digits;
import org.adjoint.nn.optim.Adam;
import org.adjoint.nn.train.Schedule;
import org.adjoint.nn.train.Trainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/**
 * A long training on the native backend holds as much memory at its end as after its first epochs.
 */
@DisabledIfSystemProperty(
    named = "skipNative",
    matches = ".*",
    disabledReason = "built with -DskipNative: there is no native library")
class MemoryTest {

  @Test
  void tenThousandStepsLeaveNothingBehind() {
    Adjoint.backend("native");
    Dataset data = Digits.split(Digits.load()).train();
    Mlp model =
        Mlp.of(
            List.of(64, 32, 10), Activation.RELU, Activation.IDENTITY, Init::heNormal, Key.of(0));
    int epochs = 10_000 / 45 + 1; // 45 steps each
    long[] outstanding = new long[epochs];
    new Trainer(epochs, 32, 1e-3, Schedule.linear())
        .train(
            model,
            new Adam(model.parameters(), 1e-3),
            data,
            Key.of(1),
            progress -> {
              if (progress.epochDone()) {
                outstanding[progress.epoch() - 1] = Memory.report().outstanding();
              }
            });
    // less is no leak: the garbage collector finds what earlier tests have left
    for (int epoch = 2; epoch < epochs; epoch++) {
      assertTrue(
          outstanding[epoch] <= outstanding[epoch - 1],
          "epoch " + epoch + " left bytes behind: " + Arrays.toString(outstanding));
    }
  }
}
