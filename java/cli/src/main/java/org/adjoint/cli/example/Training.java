package org.adjoint.cli.example;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.adjoint.Adjoint;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.optim.Adam;
import org.adjoint.nn.optim.Lbfgs;

/**
 * How a network learns to solve a differential equation: tanh units in F64, a few steps of Adam to
 * leave the start behind, then L-BFGS, whose steps know the curvature. The residual is a function
 * of fixed points, so both see the same loss throughout.
 *
 * @param seed what weights and points are drawn from
 * @param adamSteps how many steps of Adam, at least 1
 * @param lbfgsIterations how many of L-BFGS at most, at least 1
 */
public record Training(long seed, int adamSteps, int lbfgsIterations) {
  private static final double LEARNING_RATE = 2e-3;
  private static final int HISTORY = 100;
  private static final int REPORTS = 10;

  /** Returns a fresh network with weights by Glorot and Bengio's rule. */
  Mlp network(List<Integer> sizes) {
    Init init = (key, dims) -> Init.xavierNormal(key, dims).cast(DType.F64);
    return Mlp.of(sizes, Activation.TANH, Activation.IDENTITY, init, Key.of(seed).fold(0));
  }

  /** Returns two numbers in [0, 1) that tell the points of one seed from those of another. */
  double[] offsets() {
    return Key.of(seed).fold(1).uniform(DType.F64, 2).toDoubleArray();
  }

  /**
   * Trains a network, prints now and then how far it is, and at the end the line {@code relative L2
   * error d.ddde-dd}.
   *
   * @param title what is solved, for the first line
   * @param network what is trained
   * @param loss builds the loss from the network
   * @param error computes how far the solution is from the exact one
   * @param out where to print
   * @return the error at the end
   */
  double run(
      String title, Mlp network, Supplier<Tensor> loss, DoubleSupplier error, PrintStream out) {
    out.printf(
        Locale.ROOT,
        "%s%nnetwork %s in F64, seed %d, backend %s%n%n      step       loss   L2 error%n",
        title,
        network,
        seed,
        Adjoint.backend());
    report(out, "adam", adamSteps, adam(network, loss), error.getAsDouble());
    Lbfgs.Settings settings =
        Lbfgs.Settings.DEFAULTS
            .withHistory(HISTORY)
            .withMaxIterations(lbfgsIterations)
            .withTolerances(1e-9, 1e-12);
    int every = Math.max(1, lbfgsIterations / REPORTS);
    Lbfgs.Result result =
        new Lbfgs(network.parameters(), settings)
            .minimise(
                loss,
                step -> {
                  if (step.number() % every == 0) {
                    report(out, "lbfgs", step.number(), step.loss(), error.getAsDouble());
                  }
                });
    out.printf(
        Locale.ROOT,
        "lbfgs ended by %s after %d iterations, %d evaluations: loss %.3e, gradient %.1e%n",
        result.reason(),
        result.iterations(),
        result.evaluations(),
        result.loss(),
        result.gradientNorm());
    double last = error.getAsDouble();
    out.printf(Locale.ROOT, "relative L2 error %.3e%n", last);
    return last;
  }

  private static void report(PrintStream out, String rule, int step, double loss, double error) {
    out.printf(Locale.ROOT, "%-5s %5d  %.3e  %.3e%n", rule, step, loss, error);
  }

  /** Returns the loss before the last step. */
  @SuppressWarnings("try") // a scope works by being open
  private double adam(Mlp network, Supplier<Tensor> loss) {
    Adam adam = new Adam(network.parameters(), LEARNING_RATE);
    double last = Double.NaN;
    for (int step = 0; step < adamSteps; step++) {
      adam.learningRate(LEARNING_RATE * (1 - (double) step / adamSteps));
      try (Scope scope = Scope.open()) {
        Tensor value = loss.get();
        adam.zeroGrad();
        value.backward();
        adam.step(value);
        last = value.item();
      }
    }
    adam.zeroGrad();
    return last;
  }

  /** Returns √(Σ(u − exact)² / Σ exact²). */
  static double relativeError(double[] u, double[] exact) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < exact.length; i++) {
      difference += (u[i] - exact[i]) * (u[i] - exact[i]);
      norm += exact[i] * exact[i];
    }
    return Math.sqrt(difference / norm);
  }

  /** Returns numbers as a column. */
  static Tensor column(double... values) {
    return Tensor.of(values, values.length, 1);
  }
}
