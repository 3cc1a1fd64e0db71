package org.adjoint.cli.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.adjoint.Tensor;
import org.adjoint.cli.Main;
import org.adjoint.nn.Mlp;
import org.junit.jupiter.api.Test;

/** The examples that solve differential equations; what they reach in full is in the README. */
class EquationExamplesTest {
  // ---- the exact solution ----

  @Test
  void theExactSolutionDoesNotDependOnTheNodes() {
    for (double t : new double[] {1e-4, 0.01, 0.2, 1 / Math.PI, 0.5, 0.99, 1}) {
      for (double x = -1; x <= 1; x += 0.0625) {
        double u = BurgersSolution.u(x, t, BurgersSolution.NODES);
        String where = "x " + x + ", t " + t;
        assertEquals(BurgersSolution.u(x, t, 2 * BurgersSolution.NODES), u, 1e-12, where);
        assertEquals(-BurgersSolution.u(-x, t, BurgersSolution.NODES), u, 1e-12, where);
      }
    }
  }

  @Test
  void theExactSolutionHasItsValuesAtStartAndEnds() {
    for (double t : new double[] {0, 1e-3, 0.3, 1}) {
      assertEquals(0, BurgersSolution.u(-1, t, BurgersSolution.NODES), 1e-12);
      assertEquals(0, BurgersSolution.u(0, t, BurgersSolution.NODES), 1e-12);
      assertEquals(0, BurgersSolution.u(1, t, BurgersSolution.NODES), 1e-12);
    }
    for (double x = -1; x <= 1; x += 0.125) {
      assertEquals(-Math.sin(Math.PI * x), BurgersSolution.u(x, 1e-9, BurgersSolution.NODES), 1e-7);
    }
  }

  @Test
  void theFrontIsAsSteepAsPublished() {
    // C. Basdevant et al., 1986: the largest |u_x(0, t)| is 152.00516, at πt = 1.6037
    double t = 1.6037 / Math.PI;
    double h = 1e-6;
    assertEquals(-152.00516, BurgersSolution.u(h, t, BurgersSolution.NODES) / h, 1e-4);
  }

  @Test
  void theExactSolutionSolvesTheEquation() {
    double h = 1e-4;
    for (double t : new double[] {0.1, 0.4, 0.8}) {
      for (double x : new double[] {-0.7, -0.3, 0.2, 0.5, 0.9}) {
        double u = exact(x, t);
        double ut = (exact(x, t + h) - exact(x, t - h)) / (2 * h);
        double ux = (exact(x + h, t) - exact(x - h, t)) / (2 * h);
        double uxx = (exact(x + h, t) - 2 * u + exact(x - h, t)) / (h * h);
        assertEquals(0, ut + u * ux - BurgersSolution.VISCOSITY * uxx, 1e-6, x + ", " + t);
      }
    }
  }

  private static double exact(double x, double t) {
    return BurgersSolution.u(x, t, BurgersSolution.NODES);
  }

  @Test
  void theGridIsThePublishedOne() {
    BurgersSolution.Grid grid = BurgersSolution.grid();
    assertEquals(25_600, grid.u().length);
    assertEquals(-1, grid.x()[0]);
    assertEquals(1, grid.x()[255]);
    assertEquals(0.01, grid.t()[256]);
    assertEquals(0.99, grid.t()[25_599]);
    assertEquals(exact(grid.x()[12_345], grid.t()[12_345]), grid.u()[12_345]);
  }

  // ---- what is minimised ----

  @Test
  void theWeightsAreThePowerOfTheDensityThatTheySayTheyAre() {
    BurgersExample.Points points = BurgersExample.Points.of(2000, new double[] {0.3, 0.8});
    double area = 0;
    double moment = 0;
    int near = 0;
    for (int i = 0; i < 2000; i++) {
      double x = points.x()[i];
      double t = points.t()[i];
      assertTrue(Math.abs(x) <= 1 && t >= 0 && t < 1, x + ", " + t);
      double perDensity = Math.cbrt(points.weights()[i] * points.weights()[i]); // weights^(1/1.5)
      area += perDensity / 2000;
      moment += perDensity * x * x * t / 2000;
      near += Math.abs(x) < 0.1 ? 1 : 0;
    }
    assertEquals(1, area, 1e-3);
    assertEquals(1 / 6.0, moment, 1e-3);
    assertTrue(near > 500, near + " of 2000 points are close to the front");
  }

  @Test
  void theResidualIsThatOfFiniteDifferences() {
    Mlp network = new Training(3, 1, 1).network(List.of(2, 20, 20, 1));
    double h = 1e-4;
    for (double[] at : new double[][] {{0.3, 0.2}, {-0.8, 0.9}, {0, 0.5}}) {
      double x = at[0];
      double t = at[1];
      double u = u(network, x, t);
      double ut = (u(network, x, t + h) - u(network, x, t - h)) / (2 * h);
      double ux = (u(network, x + h, t) - u(network, x - h, t)) / (2 * h);
      double uxx = (u(network, x + h, t) - 2 * u + u(network, x - h, t)) / (h * h);
      double expected = ut + u * ux - 0.01 / Math.PI * uxx;
      Tensor residual = BurgersExample.residual(network, Training.column(x), Training.column(t));
      assertEquals(expected, residual.item(), 1e-5);
    }
  }

  @Test
  void theNetworkCannotMissStartAndEnds() {
    Mlp network = new Training(5, 1, 1).network(List.of(2, 8, 1));
    for (double v : new double[] {0.1, 0.7, 1}) {
      assertEquals(0, u(network, 1, v), 1e-15);
      assertEquals(0, u(network, -1, v), 1e-15);
      assertEquals(-Math.sin(Math.PI * v), u(network, v, 0), 1e-15);
    }
    assertNotEquals(-Math.sin(Math.PI * 0.5), u(network, 0.5, 0.5), 1e-3);
  }

  private static double u(Mlp network, double x, double t) {
    return BurgersExample.u(network, Training.column(x), Training.column(t)).item();
  }

  // ---- the commands ----

  @Test
  void poissonIsSolvedToAThousandth() {
    for (int seed = 0; seed < 3; seed++) {
      List<String> lines = run("poisson", "--seed", "" + seed, "--lbfgs-iterations", "100");
      assertTrue(error(lines) < 1e-3, lines.toString());
      assertTrue(lines.get(1).contains("seed " + seed), lines.toString());
    }
  }

  @Test
  void theSameSeedGivesTheSameLines() {
    String[] options = {"poisson", "--adam-steps", "5", "--lbfgs-iterations", "12", "--seed", "4"};
    List<String> lines = run(options);
    assertEquals(lines, run(options));
    options[6] = "5";
    assertNotEquals(error(lines), error(run(options)));
    // a title, the network, a blank line, the head, Adam, 12 iterations, the end, the error
    assertEquals(19, lines.size(), lines.toString());
    assertTrue(lines.get(4).startsWith("adam      5  "), lines.toString());
    assertTrue(lines.get(16).startsWith("lbfgs    12  "), lines.toString());
    assertTrue(
        lines.get(17).startsWith("lbfgs ended by ITERATIONS after 12 iterations, "),
        lines.toString());
  }

  @Test
  void burgersTellsItsErrorHoweverShortItIs() {
    List<String> lines = run("burgers", "--adam-steps", "1", "--lbfgs-iterations", "2");
    assertTrue(error(lines) > 0.05 && error(lines) < 2, lines.toString());
    assertTrue(lines.get(1).startsWith("network 2-20-20-20-20-1 tanh in F64, seed 0"));
  }

  private static double error(List<String> lines) {
    String last = lines.get(lines.size() - 1);
    assertTrue(last.matches("relative L2 error \\d\\.\\d{3}e[-+]\\d{2}"), last);
    return Double.parseDouble(last.substring("relative L2 error ".length()));
  }

  private static List<String> run(String... options) {
    String[] args = new String[options.length + 1];
    args[0] = "example";
    System.arraycopy(options, 0, args, 1, options.length);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Main.run(
            args,
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    assertEquals(0, status, err.toString(StandardCharsets.UTF_8));
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }
}
