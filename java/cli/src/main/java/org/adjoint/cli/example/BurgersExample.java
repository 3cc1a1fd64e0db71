package org.adjoint.cli.example;

import java.io.PrintStream;
import java.util.List;
import org.adjoint.Grad;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.Mlp;

/**
 * Burgers' equation u_t + u·u_x = ν·u_xx, ν = 0.01/π, on [−1, 1] × [0, 1] with u(x, 0) = −sin πx
 * and u(±1, t) = 0, solved by a network N and compared with the exact solution: around t = 1/π a
 * front of width ν or so forms at x = 0.
 *
 * <p>u = −sin πx + t(1 − x²)·N(x, 2t − 1) has the right values at the start and at the ends
 * whatever N is, so the squared residual over the domain is all there is to minimise. It is summed
 * over quasi-random points that are ten times as dense at x = 0 as at x = ±1, weighted by their
 * density to the power −1.5. The power −1 would make the sum an integral; a little less weight on
 * the front, where residuals are largest, leads to smaller errors in the same number of steps.
 *
 * <p>Sources: M. Raissi, P. Perdikaris, G. E. Karniadakis, "Physics-informed neural networks", J.
 * Comput. Phys. 378 (2019), for the problem and the grid of the error; M. Roberts, "The
 * Unreasonable Effectiveness of Quasirandom Sequences", 2018, for the points.
 *
 * @param training how the network learns
 */
public record BurgersExample(Training training) implements TrainedExample {
  private static final List<Integer> SIZES = List.of(2, 20, 20, 20, 20, 1);
  private static final int POINTS = 2000;
  private static final double FRONT = 0.1; // within this distance of 0 the points lie densest
  private static final double WEIGHTING = 1.5;
  private static final double PLASTIC = 1.32471795724474602596; // the root of g³ = g + 1

  /** Makes the example with what reaches an error well below 2·10⁻³. */
  public BurgersExample() {
    this(new Training(0, 500, 8000));
  }

  @Override
  public BurgersExample with(Training training) {
    return new BurgersExample(training);
  }

  @Override
  public String name() {
    return "burgers";
  }

  @Override
  public String summary() {
    return "Burgers' equation solved by a network with L-BFGS, against the exact solution";
  }

  @Override
  public void run(PrintStream out) {
    solve(out);
  }

  /** Where the residual is taken: columns of x and t, and the weights of their squares. */
  record Points(double[] x, double[] t, double[] weights) {

    /** Returns points of a lattice that starts at {@code offsets} in the unit square. */
    static Points of(int count, double[] offsets) {
      double[] x = new double[count];
      double[] t = new double[count];
      double[] weights = new double[count];
      double range = asinh(1 / FRONT);
      for (int i = 0; i < count; i++) {
        double s = 2 * ((offsets[0] + i / PLASTIC) % 1) - 1;
        x[i] = FRONT * Math.sinh(s * range);
        t[i] = (offsets[1] + i / (PLASTIC * PLASTIC)) % 1;
        weights[i] = Math.pow(range * Math.hypot(x[i], FRONT), WEIGHTING); // of dx/ds
      }
      return new Points(x, t, weights);
    }

    private static double asinh(double x) {
      return Math.log(x + Math.sqrt(x * x + 1));
    }
  }

  /** Trains a network, prints its progress, and returns its relative L2 error. */
  @SuppressWarnings("try") // a scope works by being open
  public double solve(PrintStream out) {
    try (Scope scope = Scope.open()) {
      Mlp network = training.network(SIZES);
      Points points = Points.of(POINTS, training.offsets());
      Tensor x = Training.column(points.x);
      Tensor t = Training.column(points.t);
      Tensor weights = Training.column(points.weights);
      BurgersSolution.Grid exact = BurgersSolution.grid();
      return training.run(
          "u_t + u u_x = (0.01/pi) u_xx on [-1, 1] x [0, 1], u(x, 0) = -sin(pi x), u(-1, t) = u(1, t) = 0; "
              + POINTS
              + " points",
          network,
          () -> residual(network, x, t).square().times(weights).mean(),
          () -> error(network, exact),
          out);
    }
  }

  /** Returns u at columns x and t. */
  static Tensor u(Mlp network, Tensor x, Tensor t) {
    Tensor inside = t.times(x.square().neg().plus(1));
    Tensor n = network.apply(Tensor.concat(1, x, t.times(2).minus(1)));
    return inside.times(n).minus(x.times(Math.PI).sin());
  }

  /** Returns u_t + u·u_x − ν·u_xx, which is 0 where u solves the equation. */
  static Tensor residual(Mlp network, Tensor x, Tensor t) {
    List<Tensor> byX = Grad.derivatives(p -> u(network, p, t), x, 2);
    Tensor ut = Grad.derivatives(p -> u(network, x, p), t, 1).get(1);
    return ut.plus(byX.get(0).times(byX.get(1))).minus(byX.get(2).times(BurgersSolution.VISCOSITY));
  }

  @SuppressWarnings("try") // a scope works by being open
  private static double error(Mlp network, BurgersSolution.Grid exact) {
    try (Scope scope = Scope.open()) {
      Tensor u = u(network, Training.column(exact.x()), Training.column(exact.t()));
      return Training.relativeError(u.toDoubleArray(), exact.u());
    }
  }
}
