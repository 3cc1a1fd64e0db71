package org.adjoint.nn.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.op.OptimizerOps;

/**
 * How an optimizer clips its gradients and whether it refuses those that are not finite. The limits
 * are inputs of the program of a step; whether there is one is a matter of the program.
 */
final class Clipping {
  private final Tensor normLimit = Tensor.scalar(this::maxNorm);
  private final Tensor valueLimit = Tensor.scalar(this::maxValue);
  private double maxNorm = Double.POSITIVE_INFINITY;
  private double maxValue = Double.POSITIVE_INFINITY;
  private boolean checks;
  private Optional<Parameter> norm = Optional.empty();

  /**
   * Returns a limit.
   *
   * @throws IllegalArgumentException naming it, if it is zero, negative or NaN
   */
  static double limit(String name, double value) {
    if (!(value > 0)) {
      throw new IllegalArgumentException(
          "optimizer: " + name + " " + value + " is not in (0, inf]");
    }
    return value;
  }

  void maxNorm(double limit) {
    this.maxNorm = limit("maxNorm", limit);
    measure();
  }

  double maxNorm() {
    return maxNorm;
  }

  void maxValue(double limit) {
    this.maxValue = limit("maxValue", limit);
  }

  double maxValue() {
    return maxValue;
  }

  void checks(boolean checks) {
    this.checks = checks;
    measure();
  }

  private void measure() {
    if (needsNorm() && norm.isEmpty()) {
      norm = Optional.of(Parameter.buffer(Tensor.zeros(DType.F64), "optimizer.norm"));
    }
  }

  /** Returns whether a step needs the norm of all gradients: to clip to, or to find a NaN. */
  boolean needsNorm() {
    return checks || maxNorm < Double.POSITIVE_INFINITY;
  }

  boolean clipsValues() {
    return maxValue < Double.POSITIVE_INFINITY;
  }

  /** Returns what the norm is clipped to, as a scalar that every run reads anew. */
  Tensor normLimit() {
    return normLimit;
  }

  /** Assigns the norm of all gradients that a step found. */
  void measured(Tensor value) {
    norm.orElseThrow().assign(value);
  }

  /** Returns the norm of the last step, if a step ever needed one. */
  Optional<Parameter> norm() {
    return norm;
  }

  /** Returns the moves along clipped gradients: first to the norm, then each number. */
  List<Optimizer.Move> clip(List<Optimizer.Move> moves) {
    List<Optimizer.Move> clipped = needsNorm() ? toNorm(moves) : moves;
    if (!clipsValues()) {
      return clipped;
    }
    List<Optimizer.Move> values = new ArrayList<>(clipped.size());
    for (Optimizer.Move move : clipped) {
      Tensor limit = valueLimit.cast(move.gradient().dtype());
      values.add(move.along(move.gradient().clamp(limit.neg(), limit)));
    }
    return values;
  }

  /**
   * Clips by the instruction that descends: without momentum and decay, the velocity of a clipped
   * step of descent is the clipped gradient. It finds the norm at any scale, and names the
   * parameter whose gradient is not finite.
   */
  private List<Optimizer.Move> toNorm(List<Optimizer.Move> moves) {
    // Of the parameters the instruction takes nothing but their names, at a rate of zero.
    List<Tensor> parameters = moves.stream().<Tensor>map(Optimizer.Move::parameter).toList();
    List<Tensor> gradients = moves.stream().map(Optimizer.Move::gradient).toList();
    OptimizerOps.Stepped stepped =
        OptimizerOps.sgd(
            List.of(parameters, gradients, gradients),
            OptimizerOps.SgdRates.of(0, 0, 0),
            false,
            Optional.of(normLimit));
    measured(stepped.norm().orElseThrow());
    List<Tensor> velocities = stepped.lists().get(1);
    List<Optimizer.Move> clipped = new ArrayList<>(moves.size());
    for (int i = 0; i < moves.size(); i++) {
      clipped.add(moves.get(i).along(velocities.get(i)));
    }
    return clipped;
  }
}
