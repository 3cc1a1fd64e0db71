package org.adjoint.lens.landscape;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The directions along which vectors spread most, by the eigenvectors of the matrix of their inner
 * products, which is small where the vectors are few and long. Source of the method: C. Jacobi,
 * 1846; G. Golub, C. Van Loan, "Matrix Computations", 4th edition 2013, section 8.5.
 *
 * @param directions of length 1, orthogonal to each other, the most important first
 * @param shares by direction what part of the vectors' sum of squares lies along it
 */
record Principal(List<double[]> directions, List<Double> shares) {
  private static final int MOST_SWEEPS = 60;

  /** An eigenvalue below this part of the largest is rounding. */
  private static final double NOTHING = 1e-12;

  Principal {
    directions = List.copyOf(directions);
    shares = List.copyOf(shares);
  }

  /** Returns as many directions as there are, at most {@code most}. */
  static Principal of(List<double[]> vectors, int most) {
    int n = vectors.size();
    double[][] gram = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        gram[i][j] = dot(vectors.get(i), vectors.get(j));
        gram[j][i] = gram[i][j];
      }
    }
    double[][] eigenvectors = diagonalize(gram);
    double sum = IntStream.range(0, n).mapToDouble(i -> gram[i][i]).sum();
    List<Integer> order =
        IntStream.range(0, n)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> -gram[i][i]))
            .toList();
    List<double[]> directions = new ArrayList<>();
    List<Double> shares = new ArrayList<>();
    for (int i : order.subList(0, Math.min(most, n))) {
      if (gram[i][i] <= NOTHING * gram[order.get(0)][order.get(0)]) {
        break;
      }
      directions.add(combined(vectors, eigenvectors, i));
      shares.add(gram[i][i] / sum);
    }
    return new Principal(directions, shares);
  }

  static double dot(double[] x, double[] y) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += x[i] * y[i];
    }
    return sum;
  }

  /** Returns x, scaled to length 1. */
  static double[] unit(double[] x) {
    double length = Math.sqrt(dot(x, x));
    return Arrays.stream(x).map(v -> v / length).toArray();
  }

  /** Returns the vectors, summed with the weights of an eigenvector; the first counts positive. */
  private static double[] combined(List<double[]> vectors, double[][] eigenvectors, int column) {
    double[] sum = new double[vectors.get(0).length];
    for (int i = 0; i < vectors.size(); i++) {
      for (int k = 0; k < sum.length; k++) {
        sum[k] += eigenvectors[i][column] * vectors.get(i)[k];
      }
    }
    double sign = dot(sum, vectors.get(0)) < 0 ? -1 : 1;
    return unit(Arrays.stream(sum).map(v -> sign * v).toArray());
  }

  /**
   * Rotates a symmetric matrix until all that is left of it is its diagonal, the eigenvalues.
   *
   * @return the eigenvectors as columns
   */
  private static double[][] diagonalize(double[][] a) {
    int n = a.length;
    double[][] v = new double[n][n];
    double trace = 0;
    for (int i = 0; i < n; i++) {
      v[i][i] = 1;
      trace += a[i][i];
    }
    double small = trace * Math.ulp(1.0) / Math.max(1, n);
    boolean moved = true;
    for (int sweep = 0; moved && sweep < MOST_SWEEPS; sweep++) {
      moved = false;
      for (int p = 0; p < n; p++) {
        for (int q = p + 1; q < n; q++) {
          if (Math.abs(a[p][q]) > small) {
            rotate(a, v, p, q);
            moved = true;
          }
        }
      }
    }
    return v;
  }

  /** Makes a[p][q] zero. */
  private static void rotate(double[][] a, double[][] v, int p, int q) {
    double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    double t = Math.copySign(1, theta) / (Math.abs(theta) + Math.hypot(theta, 1));
    double c = 1 / Math.hypot(t, 1);
    double s = t * c;
    for (int k = 0; k < a.length; k++) {
      double x = a[k][p];
      a[k][p] = c * x - s * a[k][q];
      a[k][q] = s * x + c * a[k][q];
    }
    for (int k = 0; k < a.length; k++) {
      double x = a[p][k];
      a[p][k] = c * x - s * a[q][k];
      a[q][k] = s * x + c * a[q][k];
      double y = v[k][p];
      v[k][p] = c * y - s * v[k][q];
      v[k][q] = s * y + c * v[k][q];
    }
  }
}
