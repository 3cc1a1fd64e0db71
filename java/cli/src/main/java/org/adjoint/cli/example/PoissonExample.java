package org.adjoint.cli.example;

import java.io.PrintStream;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.Mlp;

/**
 * −u″ = π² sin πx on [−1, 1] with u(±1) = 0, solved by a network N: u = (1 − x²)·N(x) has the right
 * values at the ends whatever N is, and what is minimised is the mean square of u″ + π² sin πx at
 * evenly spaced points. The exact solution is sin πx.
 *
 * @param training how the network learns
 */
public record PoissonExample(Training training) implements TrainedExample {
  private static final List<Integer> SIZES = List.of(1, 20, 20, 1);
  private static final int POINTS = 64;
  private static final int GRID = 1000;

  /** Makes the example with what reaches an error far below 10⁻³. */
  public PoissonExample() {
    this(new Training(0, 200, 500));
  }

  @Override
  public PoissonExample with(Training training) {
    return new PoissonExample(training);
  }

  @Override
  public String name() {
    return "poisson";
  }

  @Override
  public String summary() {
    return "-u'' = pi^2 sin(pi x) solved by a network, from derivatives by its input";
  }

  @Override
  public void run(PrintStream out) {
    solve(out);
  }

  /** Trains a network, prints its progress, and returns its relative L2 error. */
  @SuppressWarnings("try") // a scope works by being open
  public double solve(PrintStream out) {
    try (Scope scope = Scope.open()) {
      Mlp network = training.network(SIZES);
      Tensor x = Tensor.linspace(-1, 1, POINTS, DType.F64).reshape(POINTS, 1);
      Tensor force = x.times(Math.PI).sin().times(Math.PI * Math.PI);
      double[] grid = new double[GRID];
      double[] exact = new double[GRID];
      for (int i = 0; i < GRID; i++) {
        grid[i] = -1 + 2.0 * i / (GRID - 1);
        exact[i] = Math.sin(Math.PI * grid[i]);
      }
      return training.run(
          "-u'' = pi^2 sin(pi x) on [-1, 1], u(-1) = u(1) = 0; " + POINTS + " points",
          network,
          () -> Grad.derivatives(p -> u(network, p), x, 2).get(2).plus(force).square().mean(),
          () -> error(network, grid, exact),
          out);
    }
  }

  private static Tensor u(Mlp network, Tensor x) {
    return x.square().neg().plus(1).times(network.apply(x));
  }

  @SuppressWarnings("try") // a scope works by being open
  private static double error(Mlp network, double[] grid, double[] exact) {
    try (Scope scope = Scope.open()) {
      double[] u = u(network, Training.column(grid)).toDoubleArray();
      return Training.relativeError(u, exact);
    }
  }
}
