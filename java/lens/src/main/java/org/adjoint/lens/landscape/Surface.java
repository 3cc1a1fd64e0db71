package org.adjoint.lens.landscape;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.adjoint.Compiled;
import org.adjoint.DType;
import org.adjoint.Parameters;
import org.adjoint.Tensor;
import org.adjoint.Vmap;

/**
 * The loss on a grid over a plane, computed by the engine: a row of the grid is one run of one
 * program, in which the model is a function of its parameters.
 *
 * @param plane the plane
 * @param x the grid's places on the first axis, ascending
 * @param y on the second axis
 * @param losses by place on y, then on x
 * @param path where the optimizer came through, each as the nearest point of the plane
 * @param pathLosses the losses there, at the optimizer's own points
 */
record Surface(
    Plane plane,
    double[] x,
    double[] y,
    double[][] losses,
    List<Plane.Spot> path,
    double[] pathLosses) {
  /** Beside the path, this part of its extent is shown too. */
  private static final double MARGIN = 0.3;

  /** An axis shows at least this part of the other's extent. */
  private static final double THINNEST = 0.4;

  /** Returns the loss over the part of a plane that holds the path, at least {@code least} wide. */
  static Surface of(
      Plane plane, Trajectory trajectory, Supplier<Tensor> loss, int points, double least) {
    List<Plane.Spot> path = plane.path(trajectory);
    double[] xs = path.stream().mapToDouble(Plane.Spot::x).toArray();
    double[] ys = path.stream().mapToDouble(Plane.Spot::y).toArray();
    double widest = Math.max(extent(xs), extent(ys));
    double[] x = grid(xs, Math.max(least, THINNEST * widest), points);
    double[] y = grid(ys, Math.max(least, THINNEST * widest), points);
    return new Surface(
        plane, x, y, over(plane, trajectory, loss, x, y), path, along(trajectory, loss));
  }

  private static double extent(double[] at) {
    double low = at[0];
    double high = at[0];
    for (double a : at) {
      low = Math.min(low, a);
      high = Math.max(high, a);
    }
    return high - low;
  }

  private static double[] grid(double[] path, double least, int points) {
    double low = path[0];
    for (double p : path) {
      low = Math.min(low, p);
    }
    double own = extent(path);
    double shown = Math.max(own * (1 + 2 * MARGIN), least);
    double from = low + own / 2 - shown / 2;
    double[] grid = new double[points];
    for (int i = 0; i < points; i++) {
      grid[i] = from + shown * i / (points - 1);
    }
    return grid;
  }

  /** Returns the loss as a function of all parameters in one F64 vector. */
  private static UnaryOperator<Tensor> loss(Trajectory trajectory, Supplier<Tensor> loss) {
    return values ->
        Parameters.with(trajectory.at(values), () -> scalar(loss.get()).cast(DType.F64));
  }

  private static Tensor scalar(Tensor loss) {
    if (loss.shape().rank() != 0 || !loss.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "landscape: the loss should be a floating scalar, got " + loss.type());
    }
    return loss;
  }

  private static double[][] over(
      Plane plane, Trajectory trajectory, Supplier<Tensor> loss, double[] x, double[] y) {
    Tensor origin = Tensor.of(plane.origin(), plane.origin().length);
    Tensor first = Tensor.of(plane.first(), plane.first().length);
    Tensor second = Tensor.of(plane.second(), plane.second().length);
    UnaryOperator<Tensor> row =
        Compiled.of(
            Vmap.of(
                (Tensor spot) -> {
                  Tensor a = first.times(spot.get(0));
                  Tensor b = second.times(spot.get(1));
                  return loss(trajectory, loss).apply(origin.plus(a).plus(b));
                }));
    double[][] losses = new double[y.length][];
    for (int i = 0; i < y.length; i++) {
      double[][] spots = new double[x.length][];
      for (int j = 0; j < x.length; j++) {
        spots[j] = new double[] {x[j], y[i]};
      }
      losses[i] = row.apply(Tensor.of(spots)).toDoubleArray();
    }
    return losses;
  }

  private static double[] along(Trajectory trajectory, Supplier<Tensor> loss) {
    UnaryOperator<Tensor> one = Compiled.of(loss(trajectory, loss));
    List<Double> losses = new ArrayList<>();
    for (Trajectory.Point point : trajectory.points()) {
      losses.add(one.apply(Tensor.of(point.values(), point.values().length)).item());
    }
    return losses.stream().mapToDouble(v -> v).toArray();
  }
}
