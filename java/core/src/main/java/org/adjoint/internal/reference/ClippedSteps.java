package org.adjoint.internal.reference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.internal.ir.GradientBound;

/**
 * Optimizer steps that refuse gradients which are not finite: no expansion in other ops can. The
 * steps that check nothing have no kernel here and run as their expansions. Everything is read and
 * checked before anything is written.
 */
final class ClippedSteps {
  private static final double ADDED_TO_NORM = 1e-6;

  private ClippedSteps() {}

  /** The single inputs, the lists behind them, scaled gradients among them, and their norm. */
  private record Given(double[] singles, double[][][] lists, double norm) {}

  /** Reads the operands; the last single input is the largest norm, list 1 the gradients. */
  private static Given read(Elements[] in, int singles, int lists) {
    double[] numbers = Arrays.stream(in, 0, singles).mapToDouble(x -> x.doubles()[0]).toArray();
    int length = (in.length - singles) / lists;
    double[][][] arrays = new double[lists][length][];
    for (int list = 0; list < lists; list++) {
      for (int i = 0; i < length; i++) {
        arrays[list][i] = in[singles + list * length + i].doubles();
      }
    }
    double largest = 0;
    for (int i = 0; i < length; i++) {
      double[] g = arrays[1][i];
      for (int j = 0; j < g.length; j++) {
        if (!Double.isFinite(g[j])) {
          throw new NotFinite(singles + length + i, j, g[j]);
        }
        largest = Math.max(largest, Math.abs(g[j]));
      }
    }
    double norm = clip(arrays[1], largest, numbers[singles - 1]);
    return new Given(numbers, arrays, norm);
  }

  /**
   * Scales gradients by min(1, most / (norm + 10⁻⁶)) and returns their norm before that. Relative
   * to the largest gradient the squares neither overflow nor vanish, and the factor is applied in
   * two steps, since one alone may be subnormal.
   */
  private static double clip(double[][] gradients, double largest, double most) {
    int exponent = largest == 0 ? 0 : Math.getExponent(largest);
    List<Double> squares = new ArrayList<>();
    for (double[] g : gradients) {
      for (double x : g) {
        double scaled = Math.scalb(x, -exponent);
        squares.add(scaled * scaled);
      }
    }
    double scaledNorm = Math.sqrt(sum(squares));
    double denominator = scaledNorm + Math.scalb(ADDED_TO_NORM, -exponent);
    if (Math.scalb(most, -exponent) < denominator) {
      for (double[] g : gradients) {
        for (int i = 0; i < g.length; i++) {
          g[i] = Math.scalb(g[i], -exponent) / denominator * most;
        }
      }
    }
    return Math.scalb(scaledNorm, exponent);
  }

  /** Neumaier's compensated sum; an overflow stays infinite. */
  private static double sum(List<Double> terms) {
    double sum = 0;
    double lost = 0;
    for (double x : terms) {
      double next = sum + x;
      lost += Math.abs(sum) >= x ? sum - next + x : x - next + sum;
      sum = next;
    }
    return Double.isInfinite(sum) ? sum : sum + lost;
  }

  /** Inputs count, lr, β₁, β₂, ε, decay, largest norm, p…, g…, m…, v…; outputs count, norm, … */
  static void adam(Elements[] in, Elements[] out) {
    Given given = read(in, 7, 4);
    double[] s = given.singles();
    double step = s[0] + 1;
    double rate = s[1] / (1 - Math.pow(s[2], step));
    double correction = 1 / (1 - Math.pow(s[3], step));
    double[][] p = given.lists()[0];
    double[][] g = given.lists()[1];
    double[][] m = given.lists()[2];
    double[][] v = given.lists()[3];
    for (int i = 0; i < p.length; i++) {
      for (int j = 0; j < p[i].length; j++) {
        double gradient = bounded(g[i][j], out[2 + i].dtype());
        m[i][j] = s[2] * m[i][j] + (1 - s[2]) * gradient;
        v[i][j] = s[3] * v[i][j] + (1 - s[3]) * gradient * gradient;
        double moved = rate * m[i][j] / (Math.sqrt(v[i][j] * correction) + s[4]);
        p[i][j] = p[i][j] * (1 - s[1] * s[5]) - moved;
      }
    }
    out[0].put(new double[] {step});
    out[1].put(new double[] {given.norm()});
    write(out, 2, p, m, v);
  }

  /** Inputs lr, momentum, decay, largest norm, p…, g…, velocity…; outputs norm, p…, velocity… */
  static void sgd(long[] ints, Elements[] in, Elements[] out) {
    Given given = read(in, 4, 3);
    double[] s = given.singles();
    double[][] p = given.lists()[0];
    double[][] g = given.lists()[1];
    double[][] u = given.lists()[2];
    for (int i = 0; i < p.length; i++) {
      for (int j = 0; j < p[i].length; j++) {
        double gradient = g[i][j] + s[2] * p[i][j];
        u[i][j] = s[1] * u[i][j] + gradient;
        p[i][j] -= s[0] * (ints[0] == 1 ? gradient + s[1] * u[i][j] : u[i][j]);
      }
    }
    out[0].put(new double[] {given.norm()});
    write(out, 1, p, u);
  }

  /** Within ± {@link GradientBound}; an infinity becomes NaN. */
  private static double bounded(double gradient, DType dtype) {
    double most = GradientBound.of(dtype);
    return Math.max(-most, Math.min(most, gradient)) + (gradient - gradient);
  }

  private static void write(Elements[] out, int from, double[][]... lists) {
    int at = from;
    for (double[][] list : lists) {
      for (double[] array : list) {
        out[at++].put(array);
      }
    }
  }
}
