package org.adjoint.op;

import java.util.List;
import org.adjoint.DType;
import org.adjoint.Tensor;

/** One use of an op in a graph, as a derivative rule sees it. */
public record Call(List<Tensor> inputs, List<Tensor> outputs, long[] attrs) {
  /** Returns input i. */
  public Tensor x(int i) {
    return inputs.get(i);
  }

  /** Returns the first input. */
  public Tensor x() {
    return inputs.get(0);
  }

  /** Returns the first output. */
  public Tensor y() {
    return outputs.get(0);
  }

  /**
   * Returns a scalar of the dtype of the first output's tangents, which is its own but for BF16.
   */
  public Tensor number(double value) {
    DType dtype = y().dtype().tangent();
    return Tensor.scalar(value, dtype);
  }
}
