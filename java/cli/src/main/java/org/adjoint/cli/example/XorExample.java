package org.adjoint.cli.example;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import org.adjoint.Key;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Losses;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.optim.Optimizer;
import org.adjoint.nn.optim.Sgd;

/**
 * XOR, learnt by plain gradient descent over its four rows. The textbook's network with two hidden
 * units, a ReLU on the output and weights from N(0, 1) fails for most seeds: where the output's sum
 * is negative for a row, ReLU′ is 0 and the row teaches nothing any more. The cure is a linear
 * output, scaled weights (He's or Xavier's), and a few more hidden units.
 */
public record XorExample() implements Example {
  /** The loss at which XOR counts as learnt. */
  public static final double LEARNT = 0.01;

  private static final int SEEDS = 20;

  /**
   * One way to set up the network and its training.
   *
   * @param title what the output calls it
   * @param units hidden units
   * @param hidden the activation of the hidden layer
   * @param output the activation of the output
   * @param init how the weights start
   * @param learningRate the step length
   * @param steps how many steps
   */
  public record Recipe(
      String title,
      int units,
      Activation hidden,
      Activation output,
      Init init,
      double learningRate,
      int steps) {}

  /** The textbook's network, which mostly fails. */
  public static final Recipe TEXTBOOK =
      new Recipe(
          "ReLU output, N(0, 1) weights, 2 hidden ReLU units",
          2,
          Activation.RELU,
          Activation.RELU,
          Init.normal(1),
          0.1,
          1000);

  /** The cure with rectified hidden units. */
  public static final Recipe HE =
      new Recipe(
          "linear output, He weights, 16 hidden ReLU units",
          16,
          Activation.RELU,
          Activation.IDENTITY,
          Init::heNormal,
          0.1,
          500);

  /** The cure with smooth hidden units. */
  public static final Recipe XAVIER =
      new Recipe(
          "sigmoid output, Xavier weights, 8 hidden tanh units",
          8,
          Activation.TANH,
          Activation.SIGMOID,
          Init::xavierUniform,
          2,
          500);

  @Override
  public String name() {
    return "xor";
  }

  @Override
  public String summary() {
    return "why the textbook's XOR network fails for most seeds, and what cures it";
  }

  /**
   * Returns the mean squared error after training.
   *
   * @param recipe how to set up the network
   * @param seed what the weights are drawn from
   */
  @SuppressWarnings("try") // a scope works by being open
  public static double loss(Recipe recipe, long seed) {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(new float[] {0, 0, 0, 1, 1, 0, 1, 1}, 4, 2);
      Tensor y = Tensor.of(new float[] {0, 1, 1, 0}, 4, 1);
      Mlp model =
          Mlp.of(
              List.of(2, recipe.units, 1), recipe.hidden, recipe.output, recipe.init, Key.of(seed));
      Optimizer optimizer = new Sgd(model.parameters(), recipe.learningRate);
      for (int step = 0; step < recipe.steps; step++) {
        optimizer.zeroGrad();
        Losses.mse(model.apply(x), y).backward();
        optimizer.step();
      }
      return Losses.mse(model.apply(x), y).item();
    }
  }

  /**
   * Returns for how many of the seeds 0 … seeds − 1 XOR is learnt.
   *
   * @param recipe how to set up the network
   * @param seeds how many seeds to try
   */
  public static int learnt(Recipe recipe, int seeds) {
    int count = 0;
    for (int seed = 0; seed < seeds; seed++) {
      if (loss(recipe, seed) < LEARNT) {
        count++;
      }
    }
    return count;
  }

  @Override
  public void run(PrintStream out) {
    out.printf(
        Locale.ROOT, "XOR by plain gradient descent; learnt means a loss below %.2f%n", LEARNT);
    for (Recipe recipe : List.of(TEXTBOOK, HE, XAVIER)) {
      out.printf(
          Locale.ROOT, "%-52s %2d of %d seeds%n", recipe.title, learnt(recipe, SEEDS), SEEDS);
    }
  }
}
