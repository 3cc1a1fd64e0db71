package org.adjoint.lens.landscape;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Tensor;

/**
 * The points of parameter space that an optimizer has come through. Of a long training it keeps
 * every second, every fourth, … point, so that there are never more than {@link #MOST}, and the
 * last.
 */
final class Trajectory {
  /** So many points are kept. */
  static final int MOST = 64;

  private final List<Parameter> parameters;
  private final List<Point> kept = new ArrayList<>();
  private int recorded;
  private int stride = 1;

  /**
   * Where the optimizer was.
   *
   * @param step how many points were recorded before
   * @param values all parameters' numbers, one parameter after another
   */
  record Point(int step, double[] values) {}

  Trajectory(List<Parameter> parameters) {
    this.parameters = List.copyOf(parameters);
    if (parameters.isEmpty()) {
      throw new IllegalArgumentException("landscape: there are no parameters to move");
    }
    for (Parameter parameter : parameters) {
      if (!parameter.dtype().isFloating()) {
        throw new IllegalArgumentException(
            "landscape: parameter '" + parameter.name() + "' is " + parameter.type());
      }
    }
  }

  /** Adds where the parameters are now. */
  void record() {
    // The newest is kept until another comes, whatever the stride.
    if (!kept.isEmpty() && last().step() % stride != 0) {
      kept.remove(kept.size() - 1);
    }
    kept.add(new Point(recorded++, now()));
    if (kept.size() > MOST) {
      stride *= 2;
      int newest = recorded - 1;
      kept.removeIf(point -> point.step() % stride != 0 && point.step() != newest);
    }
  }

  private double[] now() {
    int at = 0;
    double[] values = new double[size()];
    for (Parameter parameter : parameters) {
      double[] own = parameter.cast(DType.F64).toDoubleArray();
      System.arraycopy(own, 0, values, at, own.length);
      at += own.length;
    }
    return values;
  }

  /** Returns how many numbers the parameters have. */
  int size() {
    return Math.toIntExact(parameters.stream().mapToLong(Tensor::size).sum());
  }

  List<Parameter> parameters() {
    return parameters;
  }

  /** Returns the points that were kept, in order. */
  List<Point> points() {
    return List.copyOf(kept);
  }

  /** Returns the newest point. */
  Point last() {
    return kept.get(kept.size() - 1);
  }

  /** Returns what each parameter is at a point that is given as one vector, a graph or a value. */
  Map<Parameter, Tensor> at(Tensor values) {
    Map<Parameter, Tensor> all = new LinkedHashMap<>();
    long from = 0;
    for (Parameter parameter : parameters) {
      Tensor own = values.slice(0, from, from + parameter.size());
      all.put(parameter, own.reshape(parameter.shape().dims()).cast(parameter.dtype()));
      from += parameter.size();
    }
    return all;
  }
}
