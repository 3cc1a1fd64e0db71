package org.adjoint.cli.example;

import java.io.PrintStream;
import java.util.Locale;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.Init;
import org.adjoint.nn.Linear;
import org.adjoint.nn.Losses;
import org.adjoint.nn.Origin;
import org.adjoint.nn.Sequential;
import org.adjoint.nn.optim.Sgd;
import org.adjoint.nn.recurrent.Cell;
import org.adjoint.nn.recurrent.Recurrent;

/**
 * Why gradients of recurrent networks are clipped: 200 steps multiply by the same weight 200 times,
 * so a step that makes the weight a little larger makes the next gradient astronomical, and the one
 * after has no number. A network of ReLUs that starts as the identity (Q. V. Le, N. Jaitly, G. E.
 * Hinton, "A Simple Way to Initialize Recurrent Networks of Rectified Linear Units", 2015) learns
 * the mean of 200 numbers if the norm of its gradient is clipped, and blows up if not.
 */
public record ClippingExample() implements Example {
  /** How long the sequences are. */
  public static final int LENGTH = 200;

  private static final int UNITS = 16;
  private static final int BATCH = 32;
  private static final double LEARNING_RATE = 0.05;

  /**
   * How a training went.
   *
   * @param steps how many steps were made with a finite gradient
   * @param largest the largest norm of a gradient, before clipping
   * @param loss the last loss that is a number
   */
  public record Outcome(int steps, double largest, double loss) {}

  @Override
  public String name() {
    return "clipping";
  }

  @Override
  public String summary() {
    return "a recurrent network over 200 steps, with its gradient clipped and without";
  }

  /**
   * Returns how a network learns the mean of sequences of numbers, until a gradient is no number.
   *
   * @param maxNorm what the gradient's norm is clipped to, infinite for not at all
   * @param steps how many steps of gradient descent
   */
  @SuppressWarnings("try") // a scope works by being open
  public static Outcome train(double maxNorm, int steps) {
    Origin origin = Origin.of(Key.of(0)).init(Init.normal(0.1));
    Recurrent recurrent = Recurrent.of(origin.at("rnn"), Recurrent.Options.of(Cell.RELU, 1, UNITS));
    recurrent.named().get("weight_hh_l0").assign(Tensor.eye(DType.F32, UNITS));
    Sequential model =
        Sequential.of(
            recurrent,
            y -> y.slice(1, LENGTH - 1, LENGTH).squeeze(1),
            Linear.of(origin.at("head"), UNITS, 1));
    Sgd sgd = new Sgd(model.parameters(), LEARNING_RATE);
    sgd.checkFinite(true);
    sgd.clipNorm(maxNorm);
    double largest = 0;
    double last = Double.NaN;
    for (int step = 0; step < steps; step++) {
      try (Scope scope = Scope.open()) {
        Tensor x = Key.of(1).fold(step).uniform(DType.F32, BATCH, LENGTH, 1);
        Tensor loss = Losses.mse(model.apply(x), x.mean(1));
        sgd.zeroGrad();
        loss.backward();
        sgd.step(loss);
        largest = Math.max(largest, sgd.gradientNorm());
        last = loss.item();
      } catch (ArithmeticException e) {
        return new Outcome(step, largest, last);
      }
    }
    return new Outcome(steps, largest, last);
  }

  @Override
  public void run(PrintStream out) {
    out.printf(
        Locale.ROOT,
        "The mean of %d numbers, by a recurrent network of %d ReLUs and gradient descent%n",
        LENGTH,
        UNITS);
    for (double maxNorm : new double[] {Double.POSITIVE_INFINITY, 0.1}) {
      Outcome outcome = train(maxNorm, 200);
      out.printf(
          Locale.ROOT,
          "%-22s %3d steps with a finite gradient, norm at most %.1e, last loss %.1e%n",
          maxNorm < Double.POSITIVE_INFINITY ? "clipped to norm " + maxNorm : "not clipped",
          outcome.steps,
          outcome.largest,
          outcome.loss);
    }
  }
}
