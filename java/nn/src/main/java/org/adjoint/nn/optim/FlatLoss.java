package org.adjoint.nn.optim;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Parameter;
import org.adjoint.Scope;
import org.adjoint.Tensor;

/**
 * A loss as a function of one vector: the numbers of all parameters one after the other. An
 * evaluation assigns them and runs loss and gradient as one program, whose structure is the same
 * every time, so that it is compiled once.
 */
final class FlatLoss {
  private final List<Parameter> parameters;
  private final Supplier<Tensor> loss;
  private final int size;
  private int evaluations;

  /** A vector with the loss and the gradient there. None of the arrays is changed later. */
  record Point(double[] x, double loss, double[] gradient) {}

  FlatLoss(List<Parameter> parameters, Supplier<Tensor> loss) {
    this.parameters = parameters;
    this.loss = loss;
    this.size = size(parameters);
  }

  /**
   * Returns how many numbers there are in all parameters.
   *
   * @throws IllegalArgumentException if a Java array does not hold them
   */
  static int size(List<Parameter> parameters) {
    long size = parameters.stream().mapToLong(Tensor::size).sum();
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "lbfgs: " + size + " numbers do not fit into one Java array; use Adam");
    }
    return (int) size;
  }

  /** Returns how often the loss was evaluated. */
  int evaluations() {
    return evaluations;
  }

  /**
   * Returns the point where the parameters are.
   *
   * @throws IllegalArgumentException if the loss reaches no parameter
   * @throws IllegalStateException if loss or gradient is not finite
   */
  Point start() {
    double[] x = new double[size];
    int from = 0;
    for (Parameter parameter : parameters) {
      double[] values = parameter.toDoubleArray();
      System.arraycopy(values, 0, x, from, values.length);
      from += values.length;
    }
    Point start = at(x);
    double norm = Vectors.maxNorm(start.gradient);
    if (!Double.isFinite(start.loss) || !Double.isFinite(norm)) {
      throw new IllegalStateException(
          "lbfgs: at the start the loss is "
              + start.loss
              + " and the largest component of its gradient "
              + norm
              + "; start where both are finite");
    }
    return start;
  }

  /**
   * Returns the trials along a direction from a point, each rounded to the types of the parameters.
   */
  StrongWolfe.Line along(Point from, double[] direction) {
    return step -> {
      double[] x = from.x.clone();
      Vectors.add(x, step, direction);
      Point point = at(x);
      return new StrongWolfe.Trial(step, Vectors.dot(point.gradient, direction), point);
    };
  }

  /** Evaluates at x, which is rounded in place; the parameters stay there. */
  @SuppressWarnings("try") // a scope works by being open
  private Point at(double[] x) {
    try (Scope scope = Scope.open()) {
      assign(x);
      Tensor value = loss.get();
      if (evaluations == 0 && Grad.unreached(value, parameters).size() == parameters.size()) {
        throw new IllegalArgumentException(
            "lbfgs: the loss reaches none of the "
                + parameters.size()
                + " parameters; build it from them at every call");
      }
      evaluations++;
      List<Tensor> gradients = Grad.grad(value, parameters.toArray(new Tensor[0]));
      Tensor[] roots = gradients.toArray(new Tensor[parameters.size() + 1]);
      roots[parameters.size()] = value;
      Tensor.evalAll(roots);
      double[] gradient = new double[size];
      int from = 0;
      for (Tensor g : gradients) {
        double[] values = g.toDoubleArray();
        System.arraycopy(values, 0, gradient, from, values.length);
        from += values.length;
      }
      return new Point(x, value.item(), gradient);
    }
  }

  /** Gives the parameters the values of x, now. */
  void moveTo(double[] x) {
    Scope.run(() -> assign(x)); // closing the scope evaluates what is assigned
  }

  private void assign(double[] x) {
    int from = 0;
    for (Parameter parameter : parameters) {
      int to = from + (int) parameter.size();
      long[] dims = parameter.shape().dims();
      if (parameter.dtype() == DType.F32) {
        float[] values = new float[to - from];
        for (int i = from; i < to; i++) {
          values[i - from] = (float) x[i];
          x[i] = values[i - from];
        }
        parameter.assign(Tensor.of(values, dims));
      } else {
        parameter.assign(Tensor.of(Arrays.copyOfRange(x, from, to), dims));
      }
      from = to;
    }
  }
}
