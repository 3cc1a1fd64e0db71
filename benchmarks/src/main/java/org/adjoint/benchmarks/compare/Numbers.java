package org.adjoint.benchmarks.compare;

/**
 * The data of every workload, equal for everyone who asks: element i of stream s is a hash of both
 * (SplitMix64, Steele, Lea and Flood 2014), so nothing is sent between processes.
 */
public final class Numbers {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private Numbers() {}

  private static long bits(long stream, long i) {
    long z = (stream << 40) + (i + 1) * GOLDEN;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Returns {@code count} numbers in [low, high). */
  public static float[] uniform(int stream, int count, double low, double high) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) (low + (high - low) * ((bits(stream, i) >>> 40) * 0x1p-24));
    }
    return numbers;
  }

  /** Returns {@code count} labels in [0, classes). */
  public static int[] labels(int stream, int count, int classes) {
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (int) Long.remainderUnsigned(bits(stream, i), classes);
    }
    return labels;
  }

  /** Returns the weight [in, out] of a layer, row by row: uniform within √(3 / in). */
  public static float[] weight(int layer, int in, int out) {
    double bound = Math.sqrt(3.0 / in);
    return uniform(100 + layer, in * out, -bound, bound);
  }

  /** Returns the bias of a layer: uniform within 0.1. */
  public static float[] bias(int layer, int out) {
    return uniform(200 + layer, out, -0.1, 0.1);
  }

  /** Returns a row-major matrix [rows, columns] as [columns, rows]. */
  public static float[] transposed(float[] matrix, int rows, int columns) {
    float[] turned = new float[matrix.length];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        turned[j * rows + i] = matrix[i * columns + j];
      }
    }
    return turned;
  }

  /** Returns the right-hand side of a physics-informed network's equation at its points. */
  public static float[] source(float[] points) {
    float[] f = new float[points.length];
    for (int i = 0; i < f.length; i++) {
      f[i] = (float) ((1 - Math.PI * Math.PI) * Math.sin(Math.PI * points[i]));
    }
    return f;
  }

  /** Returns the mean of |x|, 0 of nothing. */
  public static double meanSize(float[] x) {
    double sum = 0;
    for (float value : x) {
      sum += Math.abs(value);
    }
    return x.length == 0 ? 0 : sum / x.length;
  }
}
