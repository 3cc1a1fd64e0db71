package org.adjoint.nn.metric;

import org.adjoint.DType;
import org.adjoint.Tensor;

/** The values of two tensors of as many numbers. */
record Paired(double[] output, double[] target) {
  /**
   * Reads a batch.
   *
   * @throws IllegalArgumentException naming the shapes, if the sizes differ
   */
  static Paired of(String metric, Tensor output, Tensor target) {
    if (output.size() != target.size()) {
      throw new IllegalArgumentException(
          metric
              + ": output "
              + output.shape()
              + " and target "
              + target.shape()
              + " do not have as many numbers");
    }
    return new Paired(read(output), read(target));
  }

  /** Returns the values of a tensor. */
  static double[] read(Tensor x) {
    return (x.dtype() == DType.F64 ? x : x.cast(DType.F64)).toDoubleArray();
  }
}
