package org.adjoint.lens.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.Key;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.data.Digits;
import org.adjoint.nn.data.Split;
import org.adjoint.nn.optim.Adam;
import org.adjoint.nn.optim.Optimizer;
import org.adjoint.nn.optim.Sgd;
import org.adjoint.nn.train.History;
import org.adjoint.nn.train.History.Epoch;
import org.adjoint.nn.train.History.Held;
import org.adjoint.nn.train.History.Score;
import org.adjoint.nn.train.History.Step;
import org.adjoint.nn.train.Recorder;
import org.adjoint.nn.train.Schedule;
import org.adjoint.nn.train.Trainer;

/** Histories to draw: of real trainings, and small ones with known numbers. */
final class Histories {
  private Histories() {}

  /** A training of digits by a network that learns. */
  static History digits(int epochs) {
    Mlp model =
        Mlp.of(
            List.of(64, 32, 10), Activation.RELU, Activation.IDENTITY, Init::heNormal, Key.of(1));
    return trained("relu", model, new Adam(model.parameters(), 3e-3), epochs, 3e-3);
  }

  /** A training of digits by so many sigmoids that the gradient vanishes. */
  static History vanishing(int epochs) {
    List<Integer> sizes = new ArrayList<>(List.of(64));
    for (int i = 0; i < 6; i++) {
      sizes.add(16);
    }
    sizes.add(10);
    Mlp model = Mlp.of(sizes, Activation.SIGMOID, Activation.IDENTITY, Init::heNormal, Key.of(1));
    return trained("sigmoid", model, new Sgd(model.parameters(), 0.01), epochs, 0.01);
  }

  private static History trained(
      String name, Mlp model, Optimizer optimizer, int epochs, double rate) {
    Split digits = Digits.split(Digits.load());
    Recorder recorder =
        Recorder.of(name, model).with("network", model).with("seed", 1).testing(digits.test());
    new Trainer(epochs, 128, rate, Schedule.linear())
        .train(model, optimizer, digits.train(), Key.of(2), progress -> {}, recorder);
    return recorder.history();
  }

  /** A history of two layers with these losses, an epoch of one step each. */
  static History of(String name, double... losses) {
    List<Step> steps = new ArrayList<>();
    List<Epoch> epochs = new ArrayList<>();
    for (int i = 0; i < losses.length; i++) {
      Score score = new Score(losses[i], 0.25 * i);
      steps.add(new Step(i, i + 1, score, 0.125, List.of(1e-6, 2.0), List.of(1.0, 3.0)));
      epochs.add(
          new Epoch(
              i + 1,
              i + 1,
              score,
              Optional.of(new Score(losses[i] + 1, 0.5)),
              64,
              2,
              0.5,
              new Held(3 << 20, 1 << 20, 2 << 20)));
    }
    History.Image image = new History.Image(2, 2, "AFWq/w==");
    History.Test test =
        new History.Test(
            new Score(0.75, 0.625),
            List.of(List.of(3L, 1L), List.of(2L, 2L)),
            List.of(new History.Mistake(5, 1, 0, 0.125, 0.875, image)));
    History.Histogram spread = new History.Histogram(-1, 1, Arrays.asList(1L, 3L, 0L, 4L), 0);
    History.Histogram zeros = new History.Histogram(0, 0, List.of(8L), 0);
    return new History(
        name,
        Map.of("seed", "7"),
        List.of("fc1", "fc2"),
        List.of("fc1", "fc2"),
        steps,
        epochs,
        List.of(
            new History.Weights("fc1.weight", spread, spread),
            new History.Weights("fc1.bias", zeros, spread)),
        Optional.of(test));
  }
}
