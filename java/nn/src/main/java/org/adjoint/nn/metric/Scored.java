package org.adjoint.nn.metric;

import org.adjoint.Tensor;

/** The values of a batch of scores, one row of {@code classes} an example, and its labels. */
record Scored(double[] scores, int[] labels, int classes) {
  /**
   * Reads a batch.
   *
   * @throws IllegalArgumentException naming the shapes or the label, if output is not [n, classes]
   *     or target not n whole numbers in [0, classes)
   */
  static Scored of(String metric, Tensor output, Tensor target) {
    if (output.rank() != 2 || target.size() != output.dim(0)) {
      throw new IllegalArgumentException(
          metric
              + ": output "
              + output.shape()
              + " and target "
              + target.shape()
              + "; [n, classes] and [n] are needed");
    }
    int classes = (int) output.dim(1);
    double[] values = Paired.read(target);
    int[] labels = new int[values.length];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (int) values[i];
      if (labels[i] != values[i] || labels[i] < 0 || labels[i] >= classes) {
        throw new IllegalArgumentException(
            metric
                + ": label "
                + values[i]
                + " of row "
                + i
                + " is none of "
                + classes
                + " classes");
      }
    }
    return new Scored(Paired.read(output), labels, classes);
  }

  /** Returns how many scores of a row are above one of them, or equal and before it. */
  int rank(int row, int column) {
    double score = scores[row * classes + column];
    int above = 0;
    for (int c = 0; c < classes; c++) {
      double other = scores[row * classes + c];
      if (other > score || other == score && c < column || Double.isNaN(score)) {
        above++;
      }
    }
    return above;
  }

  /** Returns the column of the largest score of a row, the first of several. */
  int largest(int row) {
    int best = 0;
    for (int c = 1; c < classes; c++) {
      if (scores[row * classes + c] > scores[row * classes + best]) {
        best = c;
      }
    }
    return best;
  }
}
