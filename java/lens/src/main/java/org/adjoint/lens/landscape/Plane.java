package org.adjoint.lens.landscape;

import static org.adjoint.lens.landscape.Principal.dot;

import java.util.ArrayList;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Shape;

/**
 * A plane through parameter space, through the last point of a trajectory.
 *
 * @param title what it is
 * @param origin the last point
 * @param first a direction; a step of 1 along it is one unit of the first axis
 * @param second the other direction
 * @param share what part of the squared distances of the trajectory lies in the plane
 */
record Plane(String title, double[] origin, double[] first, double[] second, double share) {
  /** A point of the plane. */
  record Spot(double x, double y) {}

  /**
   * Returns the plane of the two principal directions of the trajectory, seen from its end. If all
   * its points lie on one line, the second direction is random. Source: H. Li, Z. Xu, G. Taylor, C.
   * Studer, T. Goldstein, "Visualizing the loss landscape of neural nets", NeurIPS 2018, section 7.
   *
   * @throws IllegalStateException if the trajectory has no second point
   */
  static Plane principal(Trajectory trajectory, Key key) {
    double[] origin = trajectory.last().values();
    List<double[]> distances = distances(trajectory);
    Principal principal = Principal.of(distances, 2);
    if (principal.directions().isEmpty()) {
      throw new IllegalStateException(
          "landscape: the parameters have not moved; call record() before the first step of the"
              + " optimizer and after each");
    }
    double[] first = principal.directions().get(0);
    double[] second =
        principal.directions().size() > 1
            ? principal.directions().get(1)
            : across(normalized(trajectory, key), first);
    double share = principal.shares().stream().mapToDouble(s -> s).sum();
    return new Plane("Principal directions of the path", origin, first, second, share);
  }

  /**
   * Returns the plane of two random directions whose filters have the lengths of the filters of the
   * last point; so a unit of an axis changes each filter by its own length. A filter is a column of
   * a matrix, what belongs to the first index of a larger tensor, and all of a vector. Source: as
   * for {@link #principal}, section 4.
   */
  static Plane random(Trajectory trajectory, Key key) {
    List<Key> keys = key.split(2);
    Plane plane =
        new Plane(
            "Random directions, normalised by filter",
            trajectory.last().values(),
            normalized(trajectory, keys.get(0)),
            normalized(trajectory, keys.get(1)),
            0);
    double all = 0;
    double inside = 0;
    for (double[] distance : distances(trajectory)) {
      all += dot(distance, distance);
      inside += dot(distance, plane.along(plane.spot(distance)));
    }
    return new Plane(
        plane.title, plane.origin, plane.first, plane.second, all > 0 ? inside / all : 0);
  }

  private static List<double[]> distances(Trajectory trajectory) {
    double[] origin = trajectory.last().values();
    return trajectory.points().stream().map(point -> minus(point.values(), origin)).toList();
  }

  private static double[] minus(double[] x, double[] y) {
    double[] difference = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      difference[i] = x[i] - y[i];
    }
    return difference;
  }

  /** Returns what of x is orthogonal to a unit vector, with length 1. */
  private static double[] across(double[] x, double[] unit) {
    double along = dot(x, unit);
    double[] rest = x.clone();
    for (int i = 0; i < rest.length; i++) {
      rest[i] -= along * unit[i];
    }
    return Principal.unit(rest);
  }

  private static double[] normalized(Trajectory trajectory, Key key) {
    double[] origin = trajectory.last().values();
    double[] direction = new double[origin.length];
    int from = 0;
    List<Parameter> parameters = trajectory.parameters();
    for (int i = 0; i < parameters.size(); i++) {
      Shape shape = parameters.get(i).shape();
      double[] drawn = key.fold(i).normal(DType.F64, shape.dims()).toDoubleArray();
      System.arraycopy(drawn, 0, direction, from, drawn.length);
      int rank = shape.rank();
      int filters = rank < 2 ? 1 : Math.toIntExact(shape.dim(rank == 2 ? 1 : 0));
      for (int filter = 0; filter < filters; filter++) {
        List<Integer> own = places(from, drawn.length, filters, filter, rank == 2);
        double length = length(origin, own) / Math.max(length(direction, own), Double.MIN_NORMAL);
        own.forEach(k -> direction[k] *= length);
      }
      from += drawn.length;
    }
    return direction;
  }

  private static List<Integer> places(
      int from, int size, int filters, int filter, boolean columns) {
    List<Integer> places = new ArrayList<>();
    for (int k = 0; k < size; k++) {
      int owner = columns ? k % filters : k / (size / filters);
      if (owner == filter) {
        places.add(from + k);
      }
    }
    return places;
  }

  private static double length(double[] x, List<Integer> places) {
    return Math.sqrt(places.stream().mapToDouble(k -> x[k] * x[k]).sum());
  }

  /** Returns the point of the plane that is nearest to one at this distance from the origin. */
  private Spot spot(double[] distance) {
    double aa = dot(first, first);
    double ab = dot(first, second);
    double bb = dot(second, second);
    double a = dot(first, distance);
    double b = dot(second, distance);
    double determinant = aa * bb - ab * ab;
    return new Spot((a * bb - b * ab) / determinant, (b * aa - a * ab) / determinant);
  }

  private double[] along(Spot spot) {
    double[] sum = new double[first.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = spot.x() * first[i] + spot.y() * second[i];
    }
    return sum;
  }

  /** Returns the trajectory's points, each as the nearest point of the plane. */
  List<Spot> path(Trajectory trajectory) {
    return distances(trajectory).stream().map(this::spot).toList();
  }
}
