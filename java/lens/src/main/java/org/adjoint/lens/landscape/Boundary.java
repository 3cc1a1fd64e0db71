package org.adjoint.lens.landscape;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.adjoint.Compiled;
import org.adjoint.DType;
import org.adjoint.Parameters;
import org.adjoint.Tensor;

/** Runs a classifier of points with two coordinates on a grid, as it was at each recorded point. */
final class Boundary {
  private static final int GRID = 48;

  /** Beside the points, this part of their extent is shown too. */
  private static final double MARGIN = 0.15;

  private final UnaryOperator<Tensor> model;
  private final Tensor x;
  private final double[][] points;
  private final int[] labels;

  Boundary(UnaryOperator<Tensor> model, Tensor x, Tensor labels) {
    boolean fits = x.shape().rank() == 2 && x.dim(1) == 2 && x.dim(0) > 0 && x.dtype().isFloating();
    if (!fits) {
      throw new IllegalArgumentException(
          "landscape: the points should be floating [n, 2], got " + x.type());
    }
    if (labels.dtype() != DType.I32 || labels.shape().rank() != 1 || labels.dim(0) != x.dim(0)) {
      throw new IllegalArgumentException(
          "landscape: points "
              + x.type()
              + " need labels I32["
              + x.dim(0)
              + "], got "
              + labels.type());
    }
    this.model = model;
    this.x = x;
    this.labels = labels.toIntArray();
    double[] flat = x.cast(DType.F64).toDoubleArray();
    this.points = new double[this.labels.length][];
    for (int i = 0; i < points.length; i++) {
      points[i] = new double[] {flat[2 * i], flat[2 * i + 1]};
    }
  }

  Frames frames(Trajectory trajectory) {
    double[] across = grid(0);
    double[] up = grid(1);
    Tensor asked = Tensor.concat(0, x, places(across, up).cast(x.dtype())).eval();
    UnaryOperator<Tensor> classifier =
        Compiled.of(
            (Tensor values) ->
                Parameters.with(
                    trajectory.at(values),
                    () -> checked(model.apply(asked)).cast(DType.F64).softmax(-1)));
    List<Frames.Frame> frames = new ArrayList<>();
    int classes = 0;
    for (Trajectory.Point point : trajectory.points()) {
      Tensor values = Tensor.of(point.values(), point.values().length);
      double[] found = classifier.apply(values).toDoubleArray();
      classes = found.length / (labels.length + GRID * GRID);
      frames.add(frame(found, classes));
    }
    for (int label : labels) {
      if (label < 0 || label >= classes) {
        throw new IllegalArgumentException(
            "landscape: a label is " + label + ", the model has " + classes + " classes");
      }
    }
    return new Frames(across, up, classes, points, labels, frames);
  }

  private static Tensor checked(Tensor logits) {
    if (logits.shape().rank() != 2 || logits.dim(1) < 2 || !logits.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "landscape: the model should return logits [n, k] with k at least 2, got "
              + logits.type());
    }
    return logits;
  }

  private double[] grid(int axis) {
    double low = points[0][axis];
    double high = low;
    for (double[] point : points) {
      low = Math.min(low, point[axis]);
      high = Math.max(high, point[axis]);
    }
    double margin = high > low ? (high - low) * MARGIN : 1;
    double[] grid = new double[GRID];
    for (int i = 0; i < GRID; i++) {
      grid[i] = low - margin + (high - low + 2 * margin) * i / (GRID - 1);
    }
    return grid;
  }

  private static Tensor places(double[] across, double[] up) {
    double[] all = new double[2 * across.length * up.length];
    int at = 0;
    for (double y : up) {
      for (double x : across) {
        all[at++] = x;
        all[at++] = y;
      }
    }
    return Tensor.of(all, all.length / 2, 2);
  }

  private Frames.Frame frame(double[] found, int classes) {
    int[] own = new int[labels.length];
    for (int i = 0; i < own.length; i++) {
      for (int k = 1; k < classes; k++) {
        own[i] = found[i * classes + k] > found[i * classes + own[i]] ? k : own[i];
      }
    }
    double[][][] grid = new double[GRID][GRID][classes];
    int at = labels.length * classes;
    for (double[][] row : grid) {
      for (double[] cell : row) {
        System.arraycopy(found, at, cell, 0, classes);
        at += classes;
      }
    }
    return new Frames.Frame(grid, own);
  }
}
