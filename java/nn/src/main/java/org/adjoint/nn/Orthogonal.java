package org.adjoint.nn;

/** Matrices with orthonormal columns, or rows where they are fewer. */
final class Orthogonal {
  private Orthogonal() {}

  /**
   * Returns what Gram and Schmidt make of independent vectors, taken from a matrix in row-major
   * order. Of normal numbers all results are equally likely. Each vector is made orthogonal twice:
   * once leaves what rounding adds (L. Giraud, J. Langou, M. Rozložník, J. van den Eshof, "Rounding
   * error analysis of the classical Gram-Schmidt orthogonalization process", 2005).
   */
  static double[][] of(double[] matrix, int rows, int columns) {
    boolean tall = rows >= columns;
    int count = tall ? columns : rows;
    int length = tall ? rows : columns;
    double[][] vectors = new double[count][length];
    for (int i = 0; i < count; i++) {
      double[] v = vectors[i];
      for (int k = 0; k < length; k++) {
        v[k] = tall ? matrix[k * columns + i] : matrix[i * columns + k];
      }
      for (int pass = 0; pass < 2; pass++) {
        for (int j = 0; j < i; j++) {
          double along = dot(v, vectors[j]);
          for (int k = 0; k < length; k++) {
            v[k] -= along * vectors[j][k];
          }
        }
      }
      double norm = Math.sqrt(dot(v, v));
      for (int k = 0; k < length; k++) {
        v[k] /= norm;
      }
    }
    double[][] orthogonal = new double[rows][columns];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        orthogonal[r][c] = tall ? vectors[c][r] : vectors[r][c];
      }
    }
    return orthogonal;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
