package org.adjoint.nn.optim;

/** The few operations on dense vectors that L-BFGS is made of; sums run from first to last. */
final class Vectors {
  private Vectors() {}

  /** Returns Σ aᵢ·bᵢ. */
  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** Returns the largest |aᵢ|; NaN if one is NaN. */
  static double maxNorm(double[] a) {
    double largest = 0;
    for (double v : a) {
      largest = Math.max(largest, Math.abs(v));
    }
    return largest;
  }

  /** Returns the Euclidean norm, which neither overflows nor vanishes where its square would. */
  static double norm(double[] a) {
    double largest = maxNorm(a);
    if (!(largest > 0 && largest < Double.POSITIVE_INFINITY)) {
      return largest;
    }
    double sum = 0;
    for (double v : a) {
      sum += (v / largest) * (v / largest);
    }
    return largest * Math.sqrt(sum);
  }

  /** Adds {@code factor}·b to a. */
  static void add(double[] a, double factor, double[] b) {
    for (int i = 0; i < a.length; i++) {
      a[i] += factor * b[i];
    }
  }

  /** Writes a − b into {@code to}. */
  static void difference(double[] a, double[] b, double[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] = a[i] - b[i];
    }
  }
}
